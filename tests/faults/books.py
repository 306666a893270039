"""What the database says, for comparison with what people were told and with what it said before."""

from __future__ import annotations

from collections import Counter
from typing import Any

from bot.app import App

Line = dict[str, Any]


async def export(app: App) -> list[Line]:
    """Every ticket with all its events, as ``paidan export`` prints them."""
    return [line async for line in app.queries.export()]


async def kinds(app: App) -> list[Counter[str]]:
    """For each ticket, how often what happened to it."""
    return [Counter(event["kind"] for event in line["events"]) for line in await export(app)]
