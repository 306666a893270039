"""The request for the allowance. Nothing changes by it, so nothing here handles it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.base import Command


@dataclass(frozen=True)
class ShowQuota(Command[None]):
    """Answered to administrators only."""
