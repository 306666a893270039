"""The digest: on which mornings, since when, and what it counts."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.promises import OFFICE_WEEK, calendar_of
from domain.base import PersonId, TicketId
from domain.digest.content import AtDesk, Flow, Item, Part, Unfinished, at_desk, personal
from domain.digest.morning import Hours, due_at, next_after, today_at
from domain.sla.calendar import PlainTime
from domain.sla.deadline import Deadline
from domain.sla.policy import Goal, Policy, Target
from domain.tickets.states import Priority

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = calendar_of(OFFICE_WEEK)
HOURS = Hours()
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
LI = PersonId(2)
POLICY = Policy("标准", {Priority.P3: Target(timedelta(hours=1), timedelta(hours=4))}, PlainTime())


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("moment", "goes_out"),
    [
        ("2026-03-02 08:59:59", None),
        ("2026-03-02 09:00", "in time"),
        ("2026-03-02 09:10", "in time"),
        ("2026-03-02 09:11", "late"),
        ("2026-03-02 11:59:59", "late"),
        ("2026-03-02 12:00", None),
        ("2026-03-07 09:00", None),  # Saturday
        ("2026-02-17 09:00", None),  # 春节
        ("2026-01-04 09:00", "in time"),  # a Sunday that makes up for a holiday
        ("2026-02-28 09:00", "in time"),
        ("2025-10-03 09:00", None),  # 国庆节
    ],
)
def test_it_goes_out_on_work_days_from_nine_to_noon(moment: str, goes_out: str | None) -> None:
    due = due_at(shanghai(moment).astimezone(UTC), HOURS, OFFICE)
    assert (due and ("late" if due.late else "in time")) == goes_out


@pytest.mark.parametrize(
    ("day", "since"),
    [
        ("2026-03-03", date(2026, 3, 2)),
        ("2026-03-02", date(2026, 2, 28)),  # a Monday after a Saturday that was worked
        ("2026-03-09", date(2026, 3, 6)),
        ("2026-02-24", date(2026, 2, 14)),  # after 春节
    ],
)
def test_what_happened_is_told_since_the_last_work_day(day: str, since: date) -> None:
    today = today_at(shanghai(f"{day} 09:00"), OFFICE)
    assert today.since_day == since
    assert (today.begin, today.end) == (
        shanghai(f"{day} 00:00"),
        shanghai(f"{day} 00:00") + timedelta(days=1),
    )


@pytest.mark.parametrize("seed", range(20))
def test_once_and_on_work_days_only_whatever_clocks_and_schedulers_do(seed: int) -> None:
    """Two schedulers over one set of keys; clocks step, programs are down, ticks come as they like."""
    rng = random.Random(seed)
    hours = Hours(time(rng.randrange(6, 10), rng.choice([0, 30])), time(12))
    now = shanghai("2026-01-01 00:00") + timedelta(days=rng.randrange(300))
    end, keys, sent, could = now + timedelta(days=25), set[date](), list[date](), set[date]()
    while now < end:
        for _scheduler in range(2):
            due = due_at(now, hours, OFFICE) if rng.random() < 0.9 else None
            if due is not None:
                could.add(due.today.day)
                if due.today.day not in keys:
                    keys.add(due.today.day)
                    sent.append(due.today.day)
        step = rng.choice([1, 1, 7, 30, 30, 55, -60, 60, rng.choice([200, 900])])
        now += timedelta(minutes=step)
    assert len(sent) == len(set(sent))
    assert set(sent) == could
    assert all(OFFICE.day(day).work for day in sent)
    assert sent, "otherwise nothing was tried"


@pytest.mark.parametrize(
    ("now", "at"),
    [
        ("2026-03-02 08:00", "2026-03-02 09:00"),
        ("2026-03-02 09:00", "2026-03-03 09:00"),
        ("2026-03-06 10:00", "2026-03-09 09:00"),
        ("2026-02-27 10:00", "2026-02-28 09:00"),
    ],
)
def test_the_next_one_is_on_a_work_day(now: str, at: str) -> None:
    assert next_after(shanghai(now), HOURS, OFFICE) == shanghai(at)


# ── what it says ──


def deadline(ticket: int, since: str, goal: Goal = Goal.RESOLVE) -> Deadline:
    allowed = POLICY.targets[Priority.P3].allowed(goal)
    assert allowed is not None
    start = shanghai(since)
    return Deadline(
        ticket=TicketId(ticket), goal=goal, cycle=1, allowed=allowed, started_at=start, running_since=start
    )


def item(number: int, part: Part = Part.HELD, since: str = "", *, handed: bool = False) -> Item:
    found = (deadline(number, since),) if since else ()
    return Item(LI, part, f"IT-{number}", "VPN", "it", handed, found)


def test_a_ticket_is_missed_or_due_today_or_neither() -> None:
    items = [
        item(1, since="2026-03-02 04:00"),  # was due at eight
        item(2, since="2026-03-02 06:00", handed=True),
        item(3, since="2026-03-02 21:00"),  # due after midnight
        item(4),  # promises nothing
        item(5, Part.OFFERED),
        item(6, Part.SOLVED),
    ]
    found = personal(items, {"it": POLICY}, NOW, today_at(NOW, OFFICE))
    told = {name: [i.number for i in getattr(found, name)] for name in vars(found)}
    assert told == {
        "held": ["IT-1", "IT-2", "IT-3", "IT-4"],
        "missed": ["IT-1"],
        "today": ["IT-2"],
        "waiting": ["IT-5", "IT-6"],
        "handed": ["IT-2"],
    }


def test_a_paused_clock_is_not_due_but_what_was_missed_stays_missed() -> None:
    paused, broken = deadline(1, "2026-03-02 06:00"), deadline(2, "2026-03-02 04:00")
    paused.pause(shanghai("2026-03-02 07:00"), POLICY)
    broken.pause(shanghai("2026-03-02 08:30"), POLICY)
    items = [Item(LI, Part.HELD, f"IT-{d.ticket}", "VPN", "it", deadlines=(d,)) for d in (paused, broken)]
    found = personal(items, {"it": POLICY}, NOW, today_at(NOW, OFFICE))
    assert ([i.number for i in found.missed], list(found.today)) == (["IT-2"], [])


def test_who_has_nothing_gets_nothing() -> None:
    today = today_at(NOW, OFFICE)
    assert personal([], {}, NOW, today).is_empty
    assert not personal([item(1, Part.ASKED)], {}, NOW, today).is_empty
    assert AtDesk("it").is_calm
    assert not AtDesk("it", Flow(resolved=1)).is_calm


def test_a_desk_counts_only_its_own() -> None:
    goes_on = [
        Unfinished("it", owned=False, deadlines=(deadline(1, "2026-03-02 07:59", Goal.RESPOND),)),
        Unfinished("it", owned=True, deadlines=(deadline(2, "2026-03-02 08:00"),)),
        Unfinished("it", owned=True),
        Unfinished("hr", owned=False, deadlines=(deadline(3, "2026-03-01 08:00"),)),
    ]
    found = at_desk("it", goes_on, Flow(3, 2, 1), (), {"it": POLICY}, NOW, today_at(NOW, OFFICE))
    assert found == AtDesk("it", Flow(3, 2, 1), unowned=1, working=2, missed=1, today=1)
