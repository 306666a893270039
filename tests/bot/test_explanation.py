"""「为什么 N」: the words, and that what they tell is what is kept and what rings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from bot.cards.explanation import explain
from bot.histories import as_json, tell
from bot.promises import calendar_of
from bot.settings import CalendarSection
from domain.base import DomainError, TicketId
from domain.tickets.assigning import AcceptTicket
from domain.tickets.conversing import AnswerQuestion, AskRequester
from domain.tickets.states import Priority
from domain.tickets.steering import SetPriority
from domain.tickets.transferring import TransferTicket
from tests.bot.lives import MOVES, POLICIES, PROMISES, WEEK, at, opened
from tests.bot.views import view
from tests.domain.people import LI, SUN, ZHANG


async def test_a_running_promise_is_explained_from_start_to_due_time() -> None:
    told = await opened("2026-03-06T16:00")
    await told.at("2026-03-06T16:20", AcceptTicket("1001"), LI)
    assert told.lines("2026-03-09T10:00") == [
        "IT-1001「VPN 断了」的时限：",
        "· 响应（限 30 分钟）：3月6日 16:20 完成，用了 20 分钟",
        "· 解决（限 8 小时）：3月6日 16:00 开始，按「office」日历计时",
        "  已计 3 小时：3月6日 16:00–18:00；3月9日 09:00–10:00",
        "  不计：班间休息、下班时间、3月7日–8日（周末）",
        "  → 还有 5 小时：3月9日 10:00–12:00、13:30–16:30，3月9日 16:30 到期",
    ]


async def test_a_pause_is_told_with_who_and_why() -> None:
    told = await opened("2026-03-06T16:00")
    await told.at("2026-03-06T16:20", AcceptTicket("1001"), LI)
    await told.at("2026-03-06T17:00", AskRequester("1001", "电脑是什么型号的？"), LI)
    assert told.lines("2026-03-06T17:30")[3:] == [
        "  已计 1 小时：3月6日 16:00–17:00",
        "  暂停 3月6日 17:00 – 现在：李四问「电脑是什么型号的？」，等提单人回复",
        "  → 等提单人回复，计时暂停；回复后还有 7 小时",
    ]
    await told.at("2026-03-09T14:30", AnswerQuestion("1001", "X1"), ZHANG)
    assert told.lines("2026-03-09T15:00")[3:] == [
        "  已计 1 小时 30 分钟：3月6日 16:00–17:00；3月9日 14:30–15:00",
        "  暂停 3月6日 17:00 – 3月9日 14:30：李四问「电脑是什么型号的？」，等提单人回复",
        "  不计：班间休息、下班时间",
        "  → 还有 6 小时 30 分钟：3月9日 15:00–18:00；3月10日 09:00–12:00、13:30–14:00，3月10日 14:00 到期",
    ]


async def test_holidays_are_told_in_a_row_and_make_up_days_by_name() -> None:
    told = await opened("2026-02-13T17:00", Priority.P3)
    await told.at("2026-02-13T17:10", AcceptTicket("1001"), LI)
    assert told.lines("2026-02-13T17:30")[2:] == [
        "· 解决（限 24 小时）：2月13日 17:00 开始，按「office」日历计时",
        "  已计 30 分钟：2月13日 17:00–17:30",
        "  不计：班间休息、下班时间、2月15日–23日（周末、农历除夕、春节、调休）",
        "  补班照计：2月14日",
        "  → 还有 23 小时 30 分钟：2月13日 17:30 起 5 天，2月26日 09:30 到期",
    ]


async def test_what_is_missed_says_since_when() -> None:
    told = await opened("2026-03-06T16:00")
    lines = told.lines("2026-03-06T16:45")
    assert lines[1:5] == [
        "· 响应（限 30 分钟）：3月6日 16:00 开始，按「office」日历计时",
        "  已计 45 分钟：3月6日 16:00–16:45",
        "  → 应于 3月6日 16:30 前，已超时 15 分钟",
        "· 解决（限 8 小时）：3月6日 16:00 开始，按「office」日历计时",
    ]
    await told.at("2026-03-06T17:00", AcceptTicket("1001"), LI)
    done = "· 响应（限 30 分钟）：3月6日 17:00 完成，用了 1 小时，但应于 3月6日 16:30 前，超时了"
    assert told.lines("2026-03-06T17:00")[1] == done


async def test_another_priority_is_told_with_who_changed_it() -> None:
    told = await opened("2026-03-06T14:00", Priority.P3)
    await told.at("2026-03-06T14:10", AcceptTicket("1001"), LI)
    await told.at("2026-03-06T15:00", SetPriority("1001", Priority.P1), LI)
    lines = told.lines("2026-03-06T15:30")
    assert lines[2:4] == [
        "· 解决（限 4 小时）：3月6日 14:00 开始，按「office」日历计时",
        "  3月6日 15:00 李四把优先级改为 P1 紧急",
    ]


async def test_around_the_clock_nothing_is_skipped() -> None:
    told = await opened("2026-03-06T14:00")
    await told.at("2026-03-06T14:10", TransferTicket("1001", "行政"), LI)
    await told.at("2026-03-06T14:20", AcceptTicket("1001"), SUN)
    assert told.lines("2026-03-06T15:00")[2:] == [
        "· 解决（限 8 小时）：3月6日 14:00 开始，昼夜连续计时",
        "  3月6日 14:10 李四转到本服务台，时限改按本服务台",
        "  已计 1 小时：3月6日 14:00–15:00",
        "  → 还有 7 小时：3月6日 15:00–22:00，3月6日 22:00 到期",
    ]


async def test_a_year_that_nobody_has_published_is_named() -> None:
    told = await opened("2080-03-06T14:00", Priority.P4)
    assert any("2080 年的放假和调休安排还没有公布" in line for line in told.lines("2080-03-06T15:00"))


async def test_a_changed_configuration_is_admitted() -> None:
    told = await opened("2026-03-06T16:00")
    await told.at("2026-03-06T16:20", AcceptTicket("1001"), LI)
    await told.at("2026-03-06T17:00", AskRequester("1001", "？"), LI)
    sundays = calendar_of(CalendarSection(name="x", spans={"sun": ("09:00-12:00",)}))
    other = {"it": replace(POLICIES["standard"], calendar=sundays)}
    lines = explain(told.view, told.rows, other, at("2026-03-06T17:30")).splitlines()
    assert "  规则在途中改过，改之前的照旧，实际已计 1 小时" in lines
    assert lines[-1] == "  → 等提单人回复，计时暂停；回复后还有 7 小时"


def test_a_desk_without_promises_says_so() -> None:
    assert "没有设置 SLA" in explain(view(deadlines=()), [], {}, at("2026-03-06T17:30"))


# ── any life ──


@pytest.mark.parametrize("seed", range(120))
async def test_what_is_explained_is_what_is_kept(seed: int) -> None:
    """Commands as people give them, allowed or not: the timeline alone leads to the deadlines that storage has."""
    rng = Random(seed)
    told = await opened("2026-02-12T08:00", rng.choice(list(Priority)))
    for _ in range(rng.randrange(14)):
        told.unit.now += timedelta(minutes=rng.choice([0, 1, 20, 200, rng.randrange(3000)]))
        command, by = rng.choice(MOVES)
        try:
            await told.do(command, by)
        except DomainError:
            continue
    now = told.unit.now + timedelta(minutes=rng.randrange(3000))
    for one in tell(told.view, told.rows, PROMISES, now):
        assert one.agrees
        assert one.kept.run is one.reckoning.run
        assert one.kept.allowed == one.reckoning.allowed
        assert one.kept.late == (one.reckoning.missed and one.kept.run.value == "met")
        written = as_json(one, now)
        counted = sum(s["seconds"] for s in written["segments"] if s["counted"])
        assert counted == written["spent"]
        if written["ahead"]:
            rest = sum(s["seconds"] for s in written["ahead"] if s["counted"])
            assert counted + rest == max(written["allowed"], written["spent"])
    assert len(explain(told.view, told.rows, PROMISES, now).splitlines()) <= 14
    assert TicketId(1) in {one.ticket for one in told.view.deadlines} or not told.view.deadlines


async def test_times_are_told_as_they_are_shown_where_the_work_is_done() -> None:
    told = await opened("2026-03-06T16:00")  # nine in the morning in Berlin
    await told.at("2026-03-06T16:20", AcceptTicket("1001"), LI)
    berlin = calendar_of(CalendarSection(name="berlin", zone="Europe/Berlin", holidays="none", spans=WEEK))
    told.promises = {"it": replace(POLICIES["standard"], calendar=berlin)}
    lines = told.lines("2026-03-06T18:00")
    assert lines[2] == "· 解决（限 8 小时）：3月6日 09:00 开始，按「berlin」日历（Europe/Berlin 时间）计时"
    written = as_json(told.now()[1], told.unit.now)
    assert (written["zone"], written["started_at"]) == ("Europe/Berlin", "2026-03-06T09:00:00+01:00")
