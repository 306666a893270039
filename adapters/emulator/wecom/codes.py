"""Cards that were sent, and the single-use codes that may repaint them (wecom.md §3.4; page 94888)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe

from adapters.emulator.clock import Clock
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.switches import Switches

_LIFE = timedelta(hours=72)


@dataclass(frozen=True)
class SentCard:
    """One send; every recipient holds a copy, which is the bubble ``msgid`` in their chat."""

    msgid: str
    task_id: str
    card_type: str
    recipients: tuple[str, ...]


@dataclass
class Code:
    card: SentCard
    until: datetime
    used: bool = False


class CardBook:
    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._by_msgid: dict[str, SentCard] = {}
        self._by_task: dict[str, SentCard] = {}
        self._codes: dict[str, Code] = {}

    def add(self, card: SentCard) -> None:
        self._by_msgid[card.msgid] = card
        if card.task_id:
            self._by_task[card.task_id] = card

    def find(self, msgid_or_task_id: str) -> SentCard | None:
        return self._by_msgid.get(msgid_or_task_id) or self._by_task.get(msgid_or_task_id)

    def knows_task(self, task_id: str) -> bool:
        return task_id in self._by_task

    def issue(self, card: SentCard) -> str:
        code = token_urlsafe(32)
        self._codes[code] = Code(card, self._clock.now() + _LIFE)
        return code

    def of_code(self, code: str) -> SentCard:
        """The card that a live code belongs to. Which errcode a dead one meets is on no page."""
        known = self._codes.get(code)
        if known is None:
            raise Refusal(self._switches.unknown_code_errcode, "invalid response_code")
        if known.used:
            raise Refusal(self._switches.used_code_errcode, "response_code has been used")
        if known.until <= self._clock.now():
            raise Refusal(self._switches.expired_code_errcode, "response_code expired")
        return known.card

    def spend(self, code: str) -> None:
        self._codes[code].used = True

    def expire(self) -> None:
        for code in self._codes.values():
            code.until = self._clock.now()
