"""Several applications of one company know people by the same accounts: who speaks to one is answered there."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from domain.base import Account, Conversation
from storage.doors import DoorBook


class Doorways:
    def __init__(self, book: DoorBook, doors: AbstractSet[str]) -> None:
        """``doors`` are the platforms that share accounts; empty where none do, and then nothing is kept."""
        self._book = book
        self._doors = doors

    async def entered(self, account: Account, place: Conversation | None) -> None:
        if place is not None and place.platform in self._doors:
            await self._book.note(account, place.platform)

    async def of(self, account: Account) -> Sequence[str]:
        """Where to meet ``account``: the door that they used last, and the account's own platform after it."""
        last = await self._book.last(account) if account.platform in self._doors else None
        return tuple(dict.fromkeys(filter(None, (last, account.platform))))
