"""Who is on duty when: rotations, exceptions, and rosters that claim more than they hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from domain.duty.roster import Roster, Rotation, Shift, Turn
from tests.domain.people import CHEN, LI, WANG, ZHAO

MONDAY = date(2026, 3, 2)
DAILY = Rotation(Turn.DAILY, (LI.id, WANG.id), MONDAY, time(9))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In March, on the wall in Shanghai."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def roster(*rotations: Rotation, full: bool = True) -> Roster:
    return Roster(desk="it", rotations=rotations or (DAILY,), full=full)


def on(made: Roster, moment: datetime) -> int | None:
    shift = made.on_duty(moment)
    return shift.person if shift else None


def test_people_take_turns_at_the_hour_of_hand_over() -> None:
    made = roster()
    assert [on(made, at(2, 8, 59)), on(made, at(2, 9)), on(made, at(3, 8, 59)), on(made, at(3, 9))] == [
        None, LI.id, LI.id, WANG.id
    ]  # fmt: skip


def test_a_weekly_turn_is_one_shift() -> None:
    made = roster(replace(DAILY, turn=Turn.WEEKLY))
    shift = made.on_duty(at(4, 12))
    assert shift == Shift("it", LI.id, at(2, 9), at(9, 9))
    assert on(made, at(9, 9)) == WANG.id


def test_a_night_shift_reaches_over_midnight() -> None:
    day = replace(DAILY, people=(LI.id,), until=time(18))
    night = Rotation(Turn.DAILY, (WANG.id,), MONDAY, time(18), time(9))
    made = roster(day, night)
    assert [on(made, at(3, 10)), on(made, at(3, 23)), on(made, at(4, 3))] == [LI.id, WANG.id, WANG.id]
    assert list(made.problems()) == []


def test_an_exception_is_right_until_it_ends_and_the_newest_one_wins() -> None:
    made = roster()
    made.put(Shift("it", CHEN.id, at(3, 10), at(3, 18)))
    made.put(Shift("it", ZHAO.id, at(3, 12), at(3, 13)))
    assert [on(made, at(3, h)) for h in (9, 10, 12, 13, 18)] == [
        WANG.id, CHEN.id, ZHAO.id, CHEN.id, WANG.id
    ]  # fmt: skip


def test_the_list_is_due_a_quarter_of_an_hour_before_the_shift_changes_and_once() -> None:
    made = roster()
    assert made.due_at(at(2, 12)) == at(3, 8, 45)
    assert made.due_at(at(3, 8, 50)) == at(3, 8, 45)
    made.listed_until = at(3, 9)
    assert made.due_at(at(3, 8, 50)) == at(4, 8, 45)


def test_somebody_alone_on_the_roster_hands_over_to_nobody() -> None:
    assert roster(replace(DAILY, people=(LI.id,))).due_at(at(3, 12)) is None


def test_what_is_wrong_with_a_roster_is_said() -> None:
    office = replace(DAILY, until=time(18))
    assert list(roster(office).problems()) == ["18:00–09:00 没有人，但班表声明全天有人（full = true）"]
    assert list(roster(office, full=False).problems()) == []
    late = Rotation(Turn.DAILY, (LI.id,), MONDAY, time(17), time(9))
    assert list(roster(office, late).problems()) == ["两个班表在 17:00 重叠"]
    assert list(roster(replace(DAILY, people=())).problems()) == ["没有任何人"]
