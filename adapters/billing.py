"""About which ticket a call is made, for the ledger: known to who sends, not to who speaks the protocol."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from domain.base import TicketId

_ABOUT: ContextVar[TicketId | None] = ContextVar("billed_to", default=None)


@contextmanager
def billed_to(ticket: TicketId | None) -> Iterator[None]:
    """What is called within, by this task, is about ``ticket``."""
    before = _ABOUT.set(ticket)
    try:
        yield
    finally:
        _ABOUT.reset(before)


def billed_ticket() -> TicketId | None:
    return _ABOUT.get()
