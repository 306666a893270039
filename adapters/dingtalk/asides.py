"""Who has been told something privately on which card.

A private variable hides the public one of the same name until it is overwritten (dingtalk.md §4.1), so a
note like 「已由王芳接单」 would stay on one reader's copy for ever. The next edit gives these readers the
public text back. Kept in memory: after a restart an old note may linger, which misleads nobody much.
"""

from __future__ import annotations

from collections import OrderedDict

_CARDS = 2000


class Asides:
    def __init__(self, cards: int = _CARDS) -> None:
        self._cards = cards
        self._readers: OrderedDict[str, set[str]] = OrderedDict()

    def remember(self, handle: str, user_id: str) -> None:
        self._readers.setdefault(handle, set()).add(user_id)
        self._readers.move_to_end(handle)
        while len(self._readers) > self._cards:
            self._readers.popitem(last=False)

    def on(self, handle: str) -> frozenset[str]:
        return frozenset(self._readers.get(handle, ()))
