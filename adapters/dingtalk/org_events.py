"""What happens in the organisation: people leaving, groups disbanded (dingtalk.md §7.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.dingtalk.desk import Desk, awaited
from adapters.dingtalk.frames import acknowledgement
from adapters.dingtalk.sdk import AckMessage, EventMessage, QuietEvents


@dataclass(frozen=True)
class OrgEvent:
    """``id`` is for recognising repeats."""

    id: str
    kind: str
    corp_id: str
    body: Mapping[str, Any]


Hear = Callable[[OrgEvent], Awaitable[None]]


class OrgEvents(QuietEvents):
    def __init__(self, desk: Desk, hear: Hear | None) -> None:
        super().__init__()
        self._desk = desk
        self._hear = hear

    async def raw_process(self, event: EventMessage) -> AckMessage:
        """The documents want a ``status``, which the SDK does not send (§1.4). LATER asks for a repeat."""
        status = "SUCCESS" if await self._heard(event) else "LATER"
        return acknowledgement(event, AckMessage.STATUS_OK, {"status": status, "message": status})

    async def _heard(self, event: EventMessage) -> bool:
        if self._hear is None or not isinstance(event.data, dict):
            return True
        hearing = self._desk.crew.spawn(awaited(self._hear(_told(event))), "dingtalk event")
        await asyncio.wait({hearing})
        return not hearing.cancelled() and hearing.exception() is None


def _told(event: EventMessage) -> OrgEvent:
    headers = event.headers
    return OrgEvent(
        str(headers.event_id or headers.message_id or ""),
        str(headers.event_type or ""),
        str(headers.event_corp_id or ""),
        event.data,
    )
