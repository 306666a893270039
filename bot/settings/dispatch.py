"""[[dispatch]]: who gets what. ``bot.dispatching`` reads and checks the rules."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from bot.settings.values import Section
from domain.people.people import Strategy


class DispatchSection(Section):
    """The first rule that fits a new ticket decides; ``when`` is a tree for ``domain.dispatch.reading``."""

    name: str = ""
    when: dict[str, Any] = Field(default_factory=dict)
    to_desk: str = ""
    strategy: Strategy | None = None
    skill: str = ""
