"""All tables in one collection: what migrations are compared with."""

from __future__ import annotations

from storage import (
    cards,
    chain_table,
    company_days,
    deadlines,
    doors,
    duty_tables,
    fitting,
    gathering,
    inbox,
    joins,
    leases,
    lost_groups,
    once,
    outbox_table,
    people_tables,
    prompts,
    quota,
    rooms,
    rounds,
    sessions,
    ticket_tables,
    timers,
    tokens,
    turns,
)
from storage.schema import metadata

__all__ = ["PARTS", "metadata"]

PARTS = (
    cards,
    chain_table,
    company_days,
    deadlines,
    doors,
    duty_tables,
    fitting,
    gathering,
    inbox,
    joins,
    leases,
    lost_groups,
    quota,
    once,
    outbox_table,
    people_tables,
    prompts,
    rooms,
    rounds,
    sessions,
    ticket_tables,
    timers,
    tokens,
    turns,
)
