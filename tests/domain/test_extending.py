"""延期: asked for, granted, refused and taken back; and pauses that have an end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.chat import Said
from adapters.durations import split_more
from adapters.grammar import command_of, key_of, phrase_of, understand, with_text
from domain.base import CLOCK, Account
from domain.sla.deadline import Deadline, Run
from domain.sla.escalating import RaiseAlarm
from domain.sla.events import DueExtended, ExtensionAsked, ExtensionRefused, PauseEnded
from domain.sla.extending import (
    ExtendDue,
    ExtensionPending,
    GrantExtension,
    More,
    NoExtensionAsked,
    NothingPromised,
    RefuseExtension,
    UnfitExtension,
    WithdrawExtension,
)
from domain.sla.policy import Goal, Pausing, Policy
from domain.tickets.assigning import AcceptTicket
from domain.tickets.conversing import AnswerQuestion, AskRequester
from domain.tickets.errors import NotAllowed, TextMissing
from domain.tickets.reminding import RemindRequester
from domain.tickets.resolving import LapseResolution, ResolveTicket
from domain.tickets.states import Priority, State
from domain.tickets.steering import SetPriority
from tests.bot.lives import HOUR, POLICIES, Told, at, opened
from tests.domain.people import CHAT, CHEN, LI, WANG, ZHANG, ZHAO, Policies


async def worked_on(when: str = "2026-03-06T09:00", pausing: Pausing = Pausing()) -> Told:  # noqa: B008 - frozen
    told = await opened(when)
    told.unit.policies = Policies({**POLICIES, "standard": replace(POLICIES["standard"], pausing=pausing)})
    told.promises = {**told.promises, "it": replace(POLICIES["standard"], pausing=pausing)}
    return await told.at(when, AcceptTicket("1001"), LI)


def resolve(told: Told) -> Deadline:
    return told.unit.deadlines.kept[told.ticket.id, Goal.RESOLVE]


def policy(told: Told) -> Policy:
    return told.promises["it"]


def due(told: Told) -> datetime | None:
    return resolve(told).due(policy(told))


def wish(hours: float = 2, reason: str = "等备件") -> ExtendDue:
    return ExtendDue("1001", More(timedelta(hours=hours)), reason)


# ── more time ──


async def test_the_lead_consents_and_the_due_time_moves_and_is_explained() -> None:
    told = await worked_on()
    await told.at("2026-03-06T10:00", wish(), LI)
    assert due(told) == at("2026-03-09T09:30")
    asked = told.unit.past.kept[told.ticket.id][-1]
    assert isinstance(asked, ExtensionAsked)
    assert (asked.extra, asked.reason) == (2 * HOUR, "等备件")
    await told.at("2026-03-06T11:00", GrantExtension("1001"), CHEN)
    assert due(told) == at("2026-03-09T11:30")
    assert told.lines("2026-03-06T11:00")[2:4] == [
        "· 解决（限 10 小时，含延期 2 小时）：3月6日 09:00 开始，按「office」日历计时",
        "  3月6日 11:00 陈静同意延期 2 小时（李四：等备件）",
    ]
    assert all(one.agrees for one in told.now())


async def test_a_day_is_a_day_of_work() -> None:
    told = await worked_on()  # on a Friday, due on Monday at 9:30
    await told.at("2026-03-06T10:00", ExtendDue("1001", More(days=1), "等"), CHEN)
    assert due(told) == at("2026-03-10T09:30")


async def test_a_lead_or_administrator_needs_nobody_s_consent() -> None:
    for boss in (CHEN, ZHAO):
        told = await worked_on()
        await told.at("2026-03-06T10:00", wish(1), boss)
        assert due(told) == at("2026-03-09T10:30")


async def test_what_is_late_already_gets_its_time_from_now_on() -> None:
    told = await worked_on()
    await told.at("2026-03-09T15:00", wish(), LI)
    await told.at("2026-03-09T15:30", GrantExtension("1001"), CHEN)
    assert due(told) == at("2026-03-09T17:30")
    event = told.unit.past.kept[told.ticket.id][-1]
    assert isinstance(event, DueExtended)
    assert event.wanted == 2 * HOUR
    assert event.extra > event.wanted
    assert all(one.agrees for one in told.now())


async def test_a_refusal_needs_a_reason_and_leaves_all_as_it_was() -> None:
    told = await worked_on()
    await told.at("2026-03-06T10:00", wish(), LI)
    with pytest.raises(TextMissing):
        await told.do(RefuseExtension("1001"), CHEN)
    await told.do(RefuseExtension("1001", "备件有库存"), CHEN)
    assert isinstance(told.unit.past.kept[told.ticket.id][-1], ExtensionRefused)
    assert due(told) == at("2026-03-09T09:30")
    with pytest.raises(NoExtensionAsked):
        await told.do(GrantExtension("1001"), CHEN)
    await told.do(wish(1), LI)  # may be asked again


async def test_one_wish_at_a_time_and_only_by_whom_it_concerns() -> None:
    told = await worked_on()
    with pytest.raises(NotAllowed):
        await told.do(wish(), WANG)
    await told.do(wish(), LI)
    with pytest.raises(ExtensionPending):
        await told.do(wish(), CHEN)
    with pytest.raises(NotAllowed):
        await told.do(GrantExtension("1001"), LI)
    with pytest.raises(NoExtensionAsked):
        await told.do(WithdrawExtension("1001"), CHEN)
    await told.do(WithdrawExtension("1001"), LI)
    with pytest.raises(NoExtensionAsked):
        await told.do(GrantExtension("1001"), CHEN)


@pytest.mark.parametrize("more", [More(), More(days=91), More(timedelta(days=91))])
async def test_an_extension_of_nothing_or_of_a_quarter_is_refused(more: More) -> None:
    told = await worked_on()
    with pytest.raises(UnfitExtension):
        await told.do(ExtendDue("1001", more, "等"), LI)


async def test_another_priority_forgets_what_was_granted_and_wished_for() -> None:
    told = await worked_on()
    await told.do(wish(), CHEN)
    await told.do(wish(), LI)
    await told.do(SetPriority("1001", Priority.P1), CHEN)
    assert (resolve(told).allowed, resolve(told).extra, resolve(told).asked) == (4 * HOUR, timedelta(), None)


async def test_what_is_solved_has_no_wish_left() -> None:
    told = await worked_on()
    await told.do(wish(), LI)
    await told.do(ResolveTicket("1001", "好"), LI)
    assert resolve(told).asked is None


async def test_nothing_promised_is_nothing_to_put_off() -> None:
    told = await worked_on()
    told.unit.deadlines.kept.clear()
    with pytest.raises(NothingPromised):
        await told.do(wish(), LI)


# ── pauses ──


async def test_a_pause_ends_at_its_limit_and_the_clock_runs_on() -> None:
    told = await worked_on(pausing=Pausing(limit=3 * HOUR))
    await told.at("2026-03-06T10:00", AskRequester("1001", "型号？"), LI)
    assert told.unit.timers.set_for["alarm:1:resolve"] == at("2026-03-06T14:30")  # lunch does not count
    told.unit.now = at("2026-03-06T16:00")  # the timer comes late
    await told.do(RaiseAlarm("#1", Goal.RESOLVE), CLOCK)
    event = told.unit.past.kept[told.ticket.id][-1]
    assert isinstance(event, PauseEnded)
    assert (event.since, event.due) == (at("2026-03-06T14:30"), at("2026-03-09T14:00"))
    assert all(one.agrees for one in told.now())
    assert "暂停 3月6日 10:00 – 3月6日 14:30：李四问「型号？」，到暂停上限计时继续" in "\n".join(
        told.lines("2026-03-06T16:00")
    )
    # Used up: another question does not stop the clock any more.
    await told.do(AskRequester("1001", "在哪？"), LI)
    assert resolve(told).run is Run.RUNNING


async def test_an_answer_that_comes_before_the_late_timer_finds_the_clock_running_since_the_limit() -> None:
    told = await worked_on(pausing=Pausing(limit=3 * HOUR))
    await told.at("2026-03-06T10:00", AskRequester("1001", "型号？"), LI)
    await told.at("2026-03-06T16:00", AnswerQuestion("1001", "M203"), ZHANG)
    assert due(told) == at("2026-03-09T14:00")
    assert all(one.agrees for one in told.now())


async def test_the_limit_is_one_for_all_pauses_together() -> None:
    told = await worked_on(pausing=Pausing(limit=3 * HOUR))
    await told.at("2026-03-06T10:00", AskRequester("1001", "型号？"), LI)
    await told.at("2026-03-06T11:00", AnswerQuestion("1001", "M203"), ZHANG)
    await told.at("2026-03-06T14:00", AskRequester("1001", "在哪？"), LI)
    assert told.unit.timers.set_for["alarm:1:resolve"] == at("2026-03-06T16:00")


async def test_where_no_pause_is_allowed_a_question_stops_nothing() -> None:
    told = await worked_on(pausing=Pausing(waiting=False))
    await told.at("2026-03-06T10:00", AskRequester("1001", "型号？"), LI)
    assert (resolve(told).run, due(told)) == (Run.RUNNING, at("2026-03-09T09:30"))
    assert "sla_paused" not in {row.kind for row in told.rows}
    await told.at("2026-03-06T11:00", AnswerQuestion("1001", "M203"), ZHANG)
    assert all(one.agrees for one in told.now())


# ── as it is typed ──


@pytest.mark.parametrize(
    ("text", "more", "reason"),
    [
        ("2h 等备件", More(2 * HOUR), "等备件"),
        ("2小时，等备件", More(2 * HOUR), "等备件"),
        ("1.5个小时 等", More(1.5 * HOUR), "等"),
        ("半小时等货", More(HOUR / 2), "等货"),
        ("1天2小时 厂家明天来", More(2 * HOUR, 1), "厂家明天来"),
        ("3个工作日", More(days=3), ""),
        ("2h30m 等", More(2.5 * HOUR), "等"),
        ("90分钟 等", More(1.5 * HOUR), "等"),
        ("半天 等", None, "半天 等"),
        ("等备件", None, "等备件"),
        ("2 等备件", None, "2 等备件"),
        ("2hours", None, "2hours"),
    ],
)
def test_lengths_are_read_as_people_say_them(text: str, more: More | None, reason: str) -> None:
    assert split_more(text, text) == (more, reason)


def test_the_command_is_understood_and_asked_for_piece_by_piece() -> None:
    whole = understand(Said("x", Account("p", "u"), CHAT, "延期 1001 2h 等备件"))
    assert whole == ExtendDue("1001", More(2 * HOUR), "等备件")
    half = understand(Said("x", Account("p", "u"), CHAT, "延期 1001 1天2h"))
    assert isinstance(half, ExtendDue)
    assert command_of(key_of(half)) == half  # what was said already is not asked for again
    assert with_text(command_of(key_of(half)), "reason", "等") == ExtendDue("1001", More(2 * HOUR, 1), "等")
    assert with_text(ExtendDue("1001"), "more", "2h 等") == ExtendDue("1001", More(2 * HOUR), "等")
    assert phrase_of(half) == "延期 1001 1d2h"
    for words, command in (
        ("同意延期", GrantExtension),
        ("不同意延期", RefuseExtension),
        ("撤回延期", WithdrawExtension),
    ):
        assert isinstance(understand(Said("x", Account("p", "u"), CHAT, f"{words} 1001")), command)


# ── silence ──


async def test_silence_is_waited_for_on_days_of_work() -> None:
    told = await worked_on()  # a Friday
    await told.at("2026-03-06T15:00", AskRequester("1001", "型号？"), LI)
    assert told.unit.timers.set_for["nudge:1"] == at("2026-03-09T15:00")
    await told.at("2026-03-06T16:00", ResolveTicket("1001", "好"), LI)
    assert told.unit.timers.set_for["lapse:1"] == at("2026-03-11T16:00")
    told.unit.now = at("2026-03-10T16:00")
    await told.do(LapseResolution("#1"), CLOCK)  # rung by mistake
    assert (told.ticket.state, told.unit.timers.set_for["lapse:1"]) == (
        State.RESOLVED,
        at("2026-03-11T16:00"),
    )
    told.unit.now = at("2026-03-11T16:00")
    await told.do(LapseResolution("#1"), CLOCK)
    assert told.ticket.state is State.CLOSED


async def test_a_question_is_asked_again_on_days_of_work_and_then_given_up() -> None:
    told = await worked_on()
    await told.at("2026-03-06T15:00", AskRequester("1001", "型号？"), LI)
    for day in ("09", "10", "11"):
        assert told.unit.timers.set_for["nudge:1"] == at(f"2026-03-{day}T15:00")
        told.unit.now = at(f"2026-03-{day}T15:00")
        await told.do(RemindRequester("#1"), CLOCK)
    assert told.ticket.state is State.RESOLVED
