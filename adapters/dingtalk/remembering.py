"""Keeping the reply addresses that messages bring along."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta

from adapters.dingtalk.decode import Session
from adapters.dingtalk.desk import Desk, awaited
from adapters.dingtalk.downloading import trusted
from adapters.dingtalk.identity import is_outsider
from domain.base import Conversation

_PATIENCE = 0.5  # seconds; an address is worth less than the acknowledgement of its message
_OFTEN = timedelta(minutes=10)
_PLACES = 5000


class Remembering:
    """Each message brings an address that lives a little longer than the last; writing each would be dear."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: OrderedDict[Conversation, datetime] = OrderedDict()

    async def remember(self, session: Session) -> None:
        if not self._is_news(session) or not trusted(session.url, self._desk.app):
            return
        storing = self._desk.sessions.remember(session.place, session.url, session.until)
        task = self._desk.crew.spawn(awaited(storing), "dingtalk session")
        await asyncio.wait({task}, timeout=_PATIENCE)
        if task.done() and not task.cancelled() and not task.exception():
            self._note(session)

    def _is_news(self, session: Session) -> bool:
        """Who is from outside has no other way back, so theirs is always the newest."""
        known = self._kept.get(session.place)
        return known is None or session.until - known > _OFTEN or is_outsider(session.place.key)

    def _note(self, session: Session) -> None:
        self._kept[session.place] = session.until
        self._kept.move_to_end(session.place)
        while len(self._kept) > _PLACES:
            self._kept.popitem(last=False)
