"""The database as the configuration wants it."""

from __future__ import annotations

from bot.settings.server import Storage
from storage.database import Database


def database_of(storage: Storage) -> Database:
    return Database(storage.url, pooled=storage.pooled)
