"""One transaction as reactions and notices see it: what every slice needs from it, together."""

from __future__ import annotations

from typing import Protocol

from domain.dispatch import ports as dispatch
from domain.duty import ports as duty
from domain.files import ports as files
from domain.rooms import ports as rooms


class Unit(rooms.Unit, duty.Unit, dispatch.Unit, files.Unit, Protocol):
    """``storage.unit.SqlUnit`` provides it."""
