"""The bell that replicas ring for each other."""

from __future__ import annotations

from collections.abc import Callable

from bot.settings.server import Storage
from storage.bell import Bell


def bell_of(storage: Storage, heard: Callable[[], None]) -> Bell | None:
    """None where there is one process, or no way to a session that stays."""
    direct = storage.direct_url if storage.pooled else storage.url
    return Bell(direct, heard) if direct.startswith("postgresql") else None
