"""Performs effects after the commit: reads, draws, fits, sends, remembers. One lane at a time, at least once.

A kill between "sent" and "marked" repeats the send with the same bytes and key, which the platforms drop
(WeCom's duplicate check, DingTalk's outTrackId). Plain text to a DingTalk chat has no such key: there a crash
in that instant may repeat a line, and nothing can be done about it from outside.

``claiming`` takes rows and gives them up · ``sending`` chooses a place · ``showing`` posts what is drawn ·
``refreshing`` decides which copies are painted again · ``painting`` edits one · ``failing`` says when next.
"""

from bot.courier.claiming import Courier

__all__ = ["Courier"]
