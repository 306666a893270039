"""What carries the bot's commands: the long connection, or answers to callbacks over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Wire(Protocol):
    async def ask(self, cmd: str, body: Mapping[str, Any], req_id: str = "") -> Mapping[str, Any]:
        """Raises PlatformError."""
