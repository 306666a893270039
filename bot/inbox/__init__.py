"""Incoming -> person -> command -> bus -> answer. The one place where refusals become words in a chat.

A message's answer goes through the outbox, in the transaction of its effect, so that a crash or a redelivery
neither loses nor doubles it. A press is answered at once with the true card.

``receiving`` opens the door · ``messages`` obeys what was said, ``attachments`` takes what came with it ·
``presses`` obeys a button · ``context`` looks at what it answers ·
``groups`` knows what belongs before everybody ·
``telling`` answers, asks and refuses.
"""

from bot.inbox.receiving import Inbox

__all__ = ["Inbox"]
