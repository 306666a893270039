"""The request for the digest. Nothing changes by it, so nothing here handles it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.base import Command


@dataclass(frozen=True)
class ShowDigest(Command[None]):
    """Whose it is follows from who asks. ``late`` marks one that comes long after its hour."""

    late: bool = False
