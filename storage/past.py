"""What happened on a ticket, as events again: for the clock, which may have to count anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import Event, PersonId, TicketId
from domain.sla.history import HEARD
from domain.sla.recounting import TOLD
from storage.events import UnreadableEvent, event_of
from storage.ticket_tables import events

Written = tuple[str, datetime, PersonId, Mapping[str, Any]]  # kind, at, by, payload
KINDS = frozenset(event.kind for event in HEARD | TOLD)


class SqlPast:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, ticket: TicketId) -> Sequence[Event]:
        return (await load(self._connection, [ticket])).get(ticket, ())


async def load(
    connection: AsyncConnection, tickets: Iterable[TicketId]
) -> Mapping[TicketId, Sequence[Event]]:
    """Without those of which nothing is known."""
    wanted = select(events).where(events.c.ticket.in_(list(tickets)), events.c.kind.in_(KINDS))
    found: dict[TicketId, list[Row[Any]]] = {}
    for row in await connection.execute(wanted.order_by(events.c.ticket, events.c.seq)):
        found.setdefault(TicketId(row.ticket), []).append(row)
    return {
        ticket: readable((row.kind, row.at, row.actor, row.payload) for row in rows)
        for ticket, rows in found.items()
    }


def readable(rows: Iterable[Written]) -> Sequence[Event]:
    """Those of ``KINDS`` in ``rows``. A timeline with a row of somebody else's making counts as not known at all."""
    try:
        return [event_of(*row) for row in rows if row[0] in KINDS]
    except UnreadableEvent:
        return ()
