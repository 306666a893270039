"""The one place that opens a transaction: once · handler · reactions · notices · outbox · rerun on Conflict."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from bot.catalog import HANDLERS, REACTIONS
from bot.duty_notices import duty_notices
from bot.effects import Effect, queued
from bot.notices import notices
from domain.base import Actor, Command, Conversation, R
from domain.dispatch.rules import NO_RULES, Rulebook
from domain.files.file import USUAL_CAPS, Caps
from domain.sla.policy import Policy
from domain.sla.ports import Reach
from storage.database import Conflict, Database
from storage.prompts import Prompt
from storage.timers import DueTimer
from storage.unit import SqlUnit

log = structlog.get_logger()

TRIES = 6  # of one command against others that change the same ticket
DEEPEST_CHAIN = 5  # events that reactions cause; more is a loop

ASKED: Mapping[str, Any] = {"asked": True}

Answer = Callable[[Any], Iterable[Effect]]
Also = Callable[[Any], Iterable[Command[Any]]]


def asked_before(outcome: object) -> str | None:
    """The words of a question that ``execute`` met again, "" where they went out by themselves; else None."""
    return str(outcome.get("aloud", "")) if isinstance(outcome, dict) and outcome.get("asked") else None


class ReactionLoop(RuntimeError):
    """Reactions kept causing events. A bug of ours, never of a user."""


@dataclass(frozen=True)
class Asking:
    """A question in words, what its answer is for, and the earlier question that was answered badly."""

    prompt: Prompt
    until: datetime
    words: Effect | None  # None where ``aloud`` is shown on the card that was pressed
    answered: Prompt | None = None
    aloud: str = ""


class PromptSpent(Exception):
    """What the sentence was to answer has been answered meanwhile, by another sentence."""


class Bus:
    def __init__(
        self,
        database: Database,
        policies: Mapping[str, Policy],
        *,
        now: Callable[[], datetime],
        can_press: Callable[[Conversation], bool],
        wake: Callable[[], None],
        rulebook: Rulebook = NO_RULES,
        reach: Reach | None = None,
        caps: Caps = USUAL_CAPS,
        insist_at: int = 0,
        room_door: str = "",
    ) -> None:
        self._database = database
        self._policies = policies
        self._now = now
        self._can_press = can_press
        self._wake = wake
        self._rulebook = rulebook
        self._reach = reach
        self._caps = caps
        self._insist_at = insist_at
        self._room_door = room_door

    async def execute(
        self,
        command: Command[R],
        *,
        by: Actor,
        once: str | None = None,
        answer: Answer | None = None,
        prompt: Prompt | None = None,
        also: Also | None = None,
    ) -> R:
        """Run ``command`` and queue what follows from it. A repeat of ``once`` answers as the first time did.

        ``answer`` turns the result into effects for the person who asked, in the same transaction.
        ``also`` turns the result into commands for what came along with it, files: all of it happens, or nothing.
        ``prompt`` is what the command answers: spent with it, or PromptSpent. Raises DomainError when
        refused (nothing changed), Conflict when others were quicker every time.
        """

        async def work(unit: SqlUnit) -> R:
            if prompt is not None and not await unit.spend(prompt):
                raise PromptSpent
            result: R = await HANDLERS[type(command)](command, unit)
            for more in also(result) if also else ():
                await HANDLERS[type(more)](more, unit)
            await self._follow_up(unit)
            await _enqueue(unit, answer(result) if answer else ())
            return result

        return await self._rerun(work, by, once)

    async def fire(self, timer: DueTimer, command: Command[Any], *, by: Actor) -> None:
        """Run a timer's command, unless somebody else took or moved the timer meanwhile."""

        async def work(unit: SqlUnit) -> None:
            if await unit.take_timer(timer.key, timer.due_at):
                await HANDLERS[type(command)](command, unit)
                await self._follow_up(unit)

        await self._rerun(work, by, None)

    async def fire_all(
        self, timers: Sequence[DueTimer], command_for: Callable[[DueTimer], Command[Any]], *, by: Actor
    ) -> None:
        """Several in one transaction, in their order: a commit and a look at the same people for each is too dear.

        What somebody else holds at this moment is left to them. If one fails, none has been fired.
        """

        async def work(unit: SqlUnit) -> None:
            taken = await unit.take_timers(timers)
            sys.audit("paidan.timers.taken")
            for timer in timers:
                if timer.key in taken:
                    command = command_for(timer)
                    await HANDLERS[type(command)](command, unit)
                    await self._follow_up(unit)

        await self._rerun(work, by, None)

    async def tell(
        self,
        effects: Iterable[Effect],
        *,
        by: Actor,
        once: str | None = None,
        prompt: Prompt | None = None,
    ) -> None:
        """Queue answers that change nothing else, but that ``prompt`` is over with them."""
        answers = tuple(effects)

        async def work(unit: SqlUnit) -> None:
            if prompt is not None:
                await unit.spend(prompt)
            await _enqueue(unit, answers)

        await self._rerun(work, by, once)

    async def ask(self, asking: Asking, *, by: Actor, once: str) -> bool:
        """Queue a question, whose answer will be somebody's next sentence. ``asked_before`` knows its repeat.

        False when the same was asked a moment ago, by another press: then it is not said again.
        """

        async def work(unit: SqlUnit) -> Any:
            if asking.answered is not None:
                await unit.spend(asking.answered)
            is_news = await unit.ask(asking.prompt, asking.until)
            if is_news and asking.words:
                await _enqueue(unit, [asking.words])
            return {**ASKED, "aloud": asking.aloud, "news": is_news}

        return bool((await self._rerun(work, by, once)).get("news", True))

    async def _rerun(self, work: Callable[[SqlUnit], Awaitable[R]], by: Actor, once: str | None) -> R:
        for attempt in range(1, TRIES + 1):
            try:
                result = await self._in_transaction(work, by, once)
            except Conflict:
                if attempt == TRIES:
                    raise
                log.info("command runs again", attempt=attempt)
            else:
                sys.audit("paidan.transaction.committed")
                self._wake()
                return result
        raise AssertionError("unreachable")

    async def _in_transaction(
        self, work: Callable[[SqlUnit], Awaitable[R]], by: Actor, once: str | None
    ) -> R:
        async with self._database.write() as connection:
            unit = SqlUnit(
                connection,
                actor=by,
                now=self._now(),
                policies=self._policies,
                rulebook=self._rulebook,
                reach=self._reach,
                caps=self._caps,
                room_door=self._room_door,
            )
            served = await unit.served(once) if once else None
            if served is not None:
                answered: R = json.loads(served)
                return answered
            sys.audit("paidan.transaction.begun")
            result = await work(unit)
            if once:
                await unit.serve(once, json.dumps(result, ensure_ascii=False))
            await unit.flush()
            sys.audit("paidan.transaction.written")
            return result

    async def _follow_up(self, unit: SqlUnit) -> None:
        """Reactions may cause further events; notices are drawn up from all of them."""
        for _ in range(DEEPEST_CHAIN):
            fresh, of_duty = unit.fresh_events(), unit.fresh_duty_events()
            if not fresh and not of_duty:
                return
            for ticket, event in fresh:
                for react in REACTIONS.get(type(event), ()):
                    await react(ticket, unit)
            for ticket, event in fresh:
                await _enqueue(unit, await notices(ticket, event, unit, self._can_press, self._insist_at))
            for told in of_duty:
                await _enqueue(unit, await duty_notices(told, unit))
        if unit.fresh_events():
            raise ReactionLoop


async def _enqueue(unit: SqlUnit, effects: Iterable[Effect]) -> None:
    for effect in effects:
        await unit.enqueue(queued(effect))
