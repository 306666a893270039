"""gettoken and what becomes of an access_token (wecom.md §2.2; page 91039)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe

from adapters.emulator.clock import Clock
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.switches import Switches

_LIFE = timedelta(seconds=7200)


@dataclass(frozen=True)
class Token:
    value: str
    until: datetime


class Tokens:
    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._current: Token | None = None
        self._given: set[str] = set()

    @property
    def given(self) -> frozenset[str]:
        """All that were ever handed out."""
        return frozenset(self._given)

    def give(self) -> dict[str, str | int]:
        """The same token while it is good: asking again is not a refresh."""
        if self._current is None or self._current.until <= self._clock.now():
            self._current = Token(token_urlsafe(48), self._clock.now() + _LIFE)
            self._given.add(self._current.value)
        return {"access_token": self._current.value, "expires_in": self._seconds_told(self._current)}

    def check(self, value: str) -> None:
        if not value:
            raise Refusal(41001)
        if value not in self._given:
            raise Refusal(40014)
        if not self._current or value != self._current.value or self._current.until <= self._clock.now():
            raise Refusal(self._switches.expired_token.value)

    def knows(self, value: str) -> bool:
        """Whether it was given out here, at whatever time."""
        return value in self._given

    def expire(self) -> None:
        """Ends the current token before its time, as Tencent reserves the right to do."""
        self._current = None

    def _seconds_told(self, token: Token) -> int:
        counts_down = self._switches.token_life_counts_down
        left = token.until - self._clock.now() if counts_down else _LIFE
        return int(left.total_seconds())
