"""Every message that crossed the wire, for the playground's strip and for tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True)
class Passed:
    """One request, answer or frame. ``to_bot`` is the direction; ``body`` is JSON or the decrypted text."""

    at: datetime
    platform: Literal["wecom", "dingtalk"]
    to_bot: bool
    what: str  # "POST /cgi-bin/message/send", "CALLBACK /v1.0/im/bot/messages/get"
    body: Any
    answer: Any = None


class Wire:
    def __init__(self, keep: int = 2000) -> None:
        self._passed: deque[Passed] = deque(maxlen=keep)
        self._listeners: list[Callable[[Passed], None]] = []

    def note(self, passed: Passed) -> None:
        self._passed.append(passed)
        for listener in self._listeners:
            listener(passed)

    def __iter__(self) -> Iterator[Passed]:
        return iter(tuple(self._passed))

    def on_pass(self, listener: Callable[[Passed], None]) -> None:
        self._listeners.append(listener)
