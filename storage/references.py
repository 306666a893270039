"""How people name a ticket: "IT-1042", "it1042", "1042", a draft's "D-17", and "#<id>" among programs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_

from domain.base import TicketRef
from domain.tickets.ticket import Ticket
from storage.ticket_tables import tickets

_ID = re.compile(r"#([0-9]{1,18})")
_DRAFT = re.compile(r"d-([0-9]{1,18})")
_SERIAL = re.compile(r"[0-9]{1,18}")
_UNDASHED = re.compile(r"(.*[^\W\d_])([0-9]+)")


@dataclass(frozen=True)
class Reference:
    """One of the three is set, or none when no ticket can be called so. ``draft`` comes second after any of them."""

    id: int | None = None
    key: str | None = None
    serial: int | None = None
    draft: int | None = None

    def where(self) -> ColumnElement[bool]:
        if self.id is not None:
            return tickets.c.id == self.id
        by_number = tickets.c.number_key == self.key if self.key else tickets.c.serial == self.serial
        if self.draft is None:
            return by_number
        is_draft = tickets.c.id == self.draft
        if self.serial is not None:
            is_draft = and_(is_draft, tickets.c.number.is_(None))
        return or_(by_number, is_draft)

    def names(self, ticket: Ticket) -> bool:
        """Whether this is the ticket's number, and not just a draft's that happens to look like it."""
        if self.id is not None:
            return ticket.id == self.id
        if self.key is not None:
            return key_of(ticket.number) == self.key
        return ticket.number != ticket.draft and serial_of(ticket.number) == self.serial

    def names_draft(self, ticket: Ticket) -> bool:
        is_unopened = ticket.number == ticket.draft
        return self.draft == ticket.id and (self.serial is None or is_unopened)


def parse(ref: TicketRef) -> Reference:
    ref = ref.strip()
    if match := _ID.fullmatch(ref):
        return Reference(id=int(match[1]))
    if _SERIAL.fullmatch(ref):
        return Reference(serial=int(ref), draft=int(ref))
    key = key_of(ref)
    draft = _DRAFT.fullmatch(key)
    return Reference(key=key, draft=int(draft[1]) if draft else None)


def key_of(number: str) -> str:
    """As numbers are compared: without case, and with the dash that people leave out."""
    return _UNDASHED.sub(r"\1-\2", number.casefold()) if _UNDASHED.fullmatch(number) else number.casefold()


def serial_of(number: str) -> int | None:
    digits = re.search(r"[0-9]{1,18}$", number)
    return int(digits[0]) if digits else None
