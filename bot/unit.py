"""One transaction as reactions and notices see it: what every slice needs from it, together."""

from __future__ import annotations

from typing import Protocol

from domain.duty import ports as duty


class Unit(duty.Unit, Protocol):
    """``storage.unit.SqlUnit`` provides it."""
