"""The request for a link that joins two accounts. Nothing changes by it, so nothing here handles it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.base import Command


@dataclass(frozen=True)
class ShowBinding(Command[None]):
    """绑定账号."""
