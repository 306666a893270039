"""Leave, deputies, return, swaps, cover and leavers: whose the tickets are at every step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.base import DomainError
from domain.duty import errors
from domain.duty import events as happened
from domain.duty.covering import CoverShift, cover_shift
from domain.duty.deputizing import AcceptDeputy, DeclineDeputy, accept_deputy, decline_deputy
from domain.duty.disabling import DisablePerson, EnablePerson, disable_person, enable_person
from domain.duty.leave import Phase
from domain.duty.requesting import (
    CancelLeave,
    ConfirmLeave,
    RequestLeave,
    cancel_leave,
    confirm_leave,
    request_leave,
)
from domain.duty.returning import EndLeave, TakeBack, end_leave, take_back
from domain.duty.swapping import (
    AcceptSwap,
    DeclineSwap,
    SwapShift,
    accept_swap,
    decline_swap,
    swap_shift,
)
from domain.people.people import Person, UnknownPerson
from domain.people.presence import PersonAway, YouAreAway
from domain.sla.escalating import TakeOver, take_over
from domain.sla.keeping import start_clock
from domain.tickets.assigning import AcceptTicket, AssignTicket, accept_ticket, assign_ticket
from domain.tickets.errors import TextMissing
from domain.tickets.resolving import ReopenTicket, ResolveTicket, reopen_ticket, resolve_ticket
from domain.tickets.states import State
from domain.tickets.transferring import TransferTicket, transfer_ticket
from tests.domain.duty import DutyMemory, memory
from tests.domain.people import CHEN, LI, SUN, WANG, ZHANG, ZHAO


def march(day: int, hour: int, minute: int = 0) -> datetime:
    """On the wall in Shanghai. It is Monday the 2nd, noon."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


async def asks(unit: DutyMemory, words: str, person: Person = LI) -> int:
    leave = await request_leave(RequestLeave(words), unit.by(person))
    await confirm_leave(ConfirmLeave(leave), unit)
    return leave


async def goes(unit: DutyMemory, words: str = "今天 王强代", person: Person = LI) -> int:
    """On leave, with the deputy's word."""
    leave = await asks(unit, words, person)
    await accept_deputy(AcceptDeputy(leave), unit.by(WANG))
    return leave


# ── asking ──


async def test_a_preview_changes_nothing() -> None:
    unit = memory()
    ticket = await unit.works_on(LI)
    await request_leave(RequestLeave("今天 王强代"), unit.by(LI))
    await unit.tick(minutes=40)
    assert ticket.assignee == LI.id
    assert await unit.duty.is_here(LI.id)


async def test_with_the_deputys_word_the_tickets_are_theirs() -> None:
    unit = memory()
    ticket = await unit.works_on(LI)
    await goes(unit)
    assert (ticket.assignee, ticket.state) == (WANG.id, State.IN_PROGRESS)
    assert unit.told(happened.LeaveBegan)[0].given == 1


async def test_until_the_deputy_has_answered_nothing_moves_and_then_the_lead_decides() -> None:
    unit = memory()
    ticket = await unit.works_on(LI)
    leave = await asks(unit, "今天 王强代")
    await unit.tick(minutes=29)
    assert ticket.assignee == LI.id
    await unit.tick(minutes=1)
    assert unit.told(happened.DeputyLost)[0].silent
    assert ticket.state is State.OPEN
    await accept_deputy(AcceptDeputy(leave), unit.by(CHEN))
    assert ticket.assignee == CHEN.id, "the lead steps in and gets what nobody has taken"


async def test_who_declines_is_no_deputy() -> None:
    unit = memory()
    leave = await asks(unit, "明天 王强代")
    await decline_deputy(DeclineDeputy(), unit.by(WANG))
    assert unit.told(happened.DeputyLost)[0].silent is False
    with pytest.raises(errors.NotYours):
        await accept_deputy(AcceptDeputy(leave), unit.by(WANG))


async def test_only_one_accepts_and_the_second_learns_it() -> None:
    unit = memory()
    leave = await goes(unit, "明天 王强代")
    for person in (WANG, CHEN):
        with pytest.raises(errors.AlreadySettled):
            await accept_deputy(AcceptDeputy(leave), unit.by(person))


async def test_without_a_deputy_whoever_is_on_duty_gets_them_and_else_the_desk() -> None:
    unit = memory()
    first, second = await unit.works_on(LI), await unit.works_on(LI)
    unit.rota(CHEN)
    await asks(unit, "今天")
    assert {first.assignee, second.assignee} == {CHEN.id}
    unit.rosters.kept.clear()
    await asks(unit, "今天", CHEN)
    assert {first.state, second.state} == {State.OPEN}


async def test_a_leave_to_come_begins_and_ends_by_itself() -> None:
    unit = memory()
    ticket = await unit.works_on(LI)
    leave = await goes(unit, "3/5-3/6 王强代")
    await unit.until(march(4, 23, 59))
    assert ticket.assignee == LI.id
    await unit.until(march(5, 0))
    assert ticket.assignee == WANG.id
    await unit.until(march(7, 0))
    assert await unit.duty.is_here(LI.id)
    assert not unit.told(happened.LeaveWelcomed), "nobody is woken at midnight"
    await unit.until(march(7, 9))
    assert unit.told(happened.LeaveWelcomed)
    await take_back(TakeBack(leave), unit.by(LI))
    assert ticket.assignee == LI.id


async def test_who_comes_back_early_takes_back_what_the_deputy_still_has() -> None:
    unit = memory()
    kept, done, passed = [await unit.works_on(LI) for _ in range(3)]
    leave = await goes(unit, "3天 王强代")
    await resolve_ticket(ResolveTicket(done.number, "好了"), unit.by(WANG))
    await assign_ticket(AssignTicket(passed.number, CHEN.name), unit.by(CHEN))
    await end_leave(EndLeave(), unit.by(LI))
    assert await take_back(TakeBack(leave), unit) == 1
    assert (kept.assignee, done.assignee, passed.assignee) == (LI.id, WANG.id, CHEN.id)
    with pytest.raises(errors.AlreadySettled):
        await take_back(TakeBack(leave), unit)


async def test_a_leave_that_has_not_begun_is_cancelled_by_coming_back() -> None:
    unit = memory()
    leave = await goes(unit, "明天 王强代")
    await end_leave(EndLeave(), unit.by(LI))
    assert unit.leaves.kept[leave - 1].phase is Phase.CANCELLED
    assert unit.told(happened.LeaveCancelled)[0].deputy == WANG.id
    with pytest.raises(errors.NoSuchLeave):
        await end_leave(EndLeave(), unit)


async def test_the_lead_may_cancel_it_and_a_colleague_may_not() -> None:
    unit = memory()
    leave = await goes(unit, "明天 王强代")
    with pytest.raises(errors.NotYours):
        await cancel_leave(CancelLeave(leave), unit.by(WANG))
    await cancel_leave(CancelLeave(leave), unit.by(CHEN))


async def test_duty_that_falls_into_a_leave_is_told_three_days_before() -> None:
    unit = memory()
    unit.rota(LI, WANG)
    await goes(unit, "3/10-3/12 王强代")
    await unit.until(march(6, 23, 59))
    assert not unit.told(happened.LeaveHitsDuty)
    await unit.until(march(7, 0))
    assert unit.told(happened.LeaveHitsDuty)[0].shifts > 0


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("3/1", errors.BadDays),
        ("3/5-3/4", errors.BadDays),
        ("系统打不开", errors.BadDays),
        ("", TextMissing),
        ("明天 王小二代", UnknownPerson),
        ("明天 李四代", errors.UnfitDeputy),
        ("3/10 王强代", errors.UnfitDeputy),  # who is on leave then
        ("3/20-3/22", errors.LeaveOverlaps),
    ],
)
async def test_a_leave_that_can_not_be_is_refused_and_nothing_changes(
    words: str, refusal: type[DomainError]
) -> None:
    unit = memory()
    await asks(unit, "3/9-3/11", WANG)
    await asks(unit, "3/22-3/24", LI)
    before = len(unit.leaves.kept), len(unit.journal.kept)
    with pytest.raises(refusal):
        await request_leave(RequestLeave(words), unit.by(LI))
    assert (len(unit.leaves.kept), len(unit.journal.kept)) == before


# ── being away ──


async def test_nothing_is_given_to_somebody_on_leave_and_the_deputy_is_named() -> None:
    unit = memory()
    ticket = await unit.works_on(WANG)
    await asks(unit, "今天 王强代", LI)
    await accept_deputy(AcceptDeputy(), unit.by(WANG))
    for give in (transfer_ticket(TransferTicket(ticket.number, LI.name), unit.by(WANG)),
                 assign_ticket(AssignTicket(ticket.number, LI.name), unit.by(CHEN))):  # fmt: skip
        with pytest.raises(PersonAway) as refused:
            await give
        assert refused.value.deputy == WANG.name
    other = await unit.opened()
    with pytest.raises(YouAreAway):
        await accept_ticket(AcceptTicket(other.number), unit.by(LI))


async def test_an_offer_to_somebody_who_leaves_goes_on_to_the_deputy() -> None:
    unit = memory()
    ticket = await unit.works_on(CHEN)
    await transfer_ticket(TransferTicket(ticket.number, LI.name), unit.by(CHEN))
    await goes(unit)
    assert ticket.transfer is not None
    assert (ticket.transfer.to, ticket.transfer.by, ticket.assignee) == (WANG.id, CHEN.id, CHEN.id)


async def test_an_offer_comes_back_when_nobody_stands_in() -> None:
    unit = memory()
    ticket = await unit.works_on(CHEN)
    await transfer_ticket(TransferTicket(ticket.number, LI.name), unit.by(CHEN))
    await asks(unit, "今天")
    assert ticket.transfer is None
    assert f"transfer:{ticket.id}" not in unit.timers.set_for


async def test_an_offer_from_somebody_who_leaves_stays_open() -> None:
    unit = memory()
    ticket = await unit.works_on(LI)
    await transfer_ticket(TransferTicket(ticket.number, CHEN.name), unit.by(LI))
    await goes(unit)
    assert ticket.transfer is not None
    assert (ticket.assignee, ticket.transfer.to) == (WANG.id, CHEN.id)


async def test_the_deputys_deputy_stands_in_and_a_circle_ends() -> None:
    unit = memory()
    ticket = await unit.works_on(LI)
    await goes(unit)
    leave = await asks(unit, "今天 陈静代", WANG)
    await accept_deputy(AcceptDeputy(leave), unit.by(CHEN))
    assert ticket.assignee == CHEN.id
    assert await unit.duty.stand_in(LI.id) == CHEN.id
    await asks(unit, "今天", CHEN)
    assert await unit.duty.stand_in(LI.id) is None


async def test_who_watched_a_ladder_hands_that_over_too() -> None:
    unit = memory()
    ticket = await unit.opened()
    await start_clock(ticket, unit)
    await take_over(TakeOver(ticket.number), unit.by(LI))
    await goes(unit)
    assert {d.taken_by for d in await unit.deadlines.of(ticket.id)} == {WANG.id}
    await asks(unit, "今天", WANG)
    assert {d.taken_by for d in await unit.deadlines.of(ticket.id)} == {None}, "so it rings again"


async def test_what_is_reopened_does_not_go_to_somebody_who_is_away() -> None:
    unit = memory()
    ticket = await unit.works_on(LI)
    await resolve_ticket(ResolveTicket(ticket.number, "好了"), unit.by(LI))
    await goes(unit)
    await reopen_ticket(ReopenTicket(ticket.number), unit.by(ZHANG))
    await unit.reopened(ticket)
    assert ticket.assignee == WANG.id


# ── leavers ──


async def test_a_closed_account_has_nothing_left_in_the_same_moment() -> None:
    unit = memory()
    ticket, offered = await unit.works_on(LI), await unit.works_on(CHEN)
    await transfer_ticket(TransferTicket(offered.number, LI.name), unit.by(CHEN))
    unit.rota(WANG)
    await disable_person(DisablePerson(LI.name), unit.by(ZHAO))
    assert (ticket.assignee, offered.transfer) == (WANG.id, None)
    assert unit.told(happened.PersonDisabled)[0].given == 1
    with pytest.raises(errors.AlreadySettled):
        await enable_person(EnablePerson(WANG.name), unit)
    await enable_person(EnablePerson(LI.name), unit)
    assert await unit.duty.is_here(LI.id)


async def test_only_an_administrator_closes_accounts_and_never_the_own_one() -> None:
    unit = memory()
    for person, who in ((CHEN, LI), (ZHAO, ZHAO)):
        with pytest.raises(errors.NotYours):
            await disable_person(DisablePerson(who.name), unit.by(person))


async def test_a_deputy_who_leaves_the_company_is_lost() -> None:
    unit = memory()
    await goes(unit, "明天 王强代")
    await disable_person(DisablePerson(WANG.name), unit.by(ZHAO))
    assert unit.told(happened.DeputyLost)[0].deputy == WANG.id


async def test_the_check_repairs_what_slipped_through() -> None:
    unit = memory()
    ticket = await unit.works_on(LI)
    await unit.people.set_active(LI.id, active=False)
    await unit.tick(seconds=30)
    assert ticket.assignee is None
    assert unit.told(happened.OwnerRestored)[0].person == LI.id


async def test_a_desk_at_which_nobody_is_left_is_told_once() -> None:
    unit = memory()
    await unit.opened()
    for person in (LI, WANG, CHEN):
        await unit.people.set_active(person.id, active=False)
    await unit.tick(seconds=30)
    await unit.tick(seconds=30)
    assert len(unit.told(happened.NobodyThere)) == 1
    await unit.people.set_active(LI.id, active=True)
    await unit.tick(seconds=30)
    await unit.people.set_active(LI.id, active=False)
    await unit.tick(seconds=30)
    assert len(unit.told(happened.NobodyThere)) == 2


# ── swaps and cover ──


async def test_a_swap_counts_only_when_it_is_accepted() -> None:
    unit = memory()
    roster = unit.rota(LI, WANG)  # LI on Wednesday
    await swap_shift(SwapShift("周三 给 王强"), unit.by(LI))
    assert roster.on_duty(march(4, 12)).person == LI.id  # type: ignore[union-attr]
    await accept_swap(AcceptSwap(), unit.by(WANG))
    assert roster.on_duty(march(4, 12)).person == WANG.id  # type: ignore[union-attr]
    assert roster.on_duty(march(5, 8)).person == WANG.id  # type: ignore[union-attr]
    with pytest.raises(errors.AlreadySettled):
        await accept_swap(AcceptSwap(1), unit)


async def test_a_swap_is_declined_withdrawn_or_lapses() -> None:
    unit = memory()
    unit.rota(LI, WANG)
    await swap_shift(SwapShift("周三给王强"), unit.by(LI))
    await decline_swap(DeclineSwap(), unit.by(WANG))
    await swap_shift(SwapShift("周三给王强"), unit.by(LI))
    await decline_swap(DeclineSwap(), unit.by(LI))
    await swap_shift(SwapShift("周三给王强"), unit.by(LI))
    await unit.until(march(4, 9))
    kinds = [type(e).__name__ for e in unit.journal.kept if isinstance(e, happened.SwapEvent)]
    assert kinds[1::2] == ["SwapDeclined", "SwapWithdrawn", "SwapLapsed"]


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("周三 给 孙悦", errors.SwapLeavesGap),  # serves another desk
        ("周三 给 陈静", errors.SwapLeavesGap),  # on leave
        ("周三 给 李四", errors.SwapLeavesGap),
        ("周四 给 王强", errors.NoShift),
        ("3/1 给 王强", errors.BadDays),
        ("周三 给 王小二", UnknownPerson),
        ("周三", TextMissing),
        ("", TextMissing),
    ],
)
async def test_a_swap_that_leaves_a_gap_is_refused(words: str, refusal: type[DomainError]) -> None:
    unit = memory()
    unit.rota(LI, WANG)
    await asks(unit, "周三", CHEN)
    with pytest.raises(refusal):
        await swap_shift(SwapShift(words), unit.by(LI))
    assert not unit.rosters.swaps


async def test_a_swap_is_checked_again_when_it_is_accepted() -> None:
    unit = memory()
    unit.rota(LI, WANG)
    await swap_shift(SwapShift("周三 给 王强"), unit.by(LI))
    await asks(unit, "周三", WANG)
    with pytest.raises(errors.SwapLeavesGap):
        await accept_swap(AcceptSwap(), unit.by(WANG))


async def test_cover_begins_at_once_and_ends_when_it_was_said_to() -> None:
    unit = memory()
    roster = unit.rota(LI, WANG)
    await cover_shift(CoverShift("到 18:00"), unit.by(CHEN))
    assert await unit.duty.on_duty("it", unit.now) == CHEN.id
    assert roster.on_duty(march(2, 18)).person == LI.id  # type: ignore[union-attr]
    assert unit.told(happened.DutyCovered)[0].instead_of == LI.id
    with pytest.raises(errors.AlreadySettled):
        await cover_shift(CoverShift(), unit)
    with pytest.raises(errors.NothingToCover):
        await cover_shift(CoverShift(), unit.by(SUN))


async def test_on_duty_but_on_leave_the_deputy_is_on_duty_or_the_lead_hears_of_it() -> None:
    unit = memory()
    unit.rota(LI, WANG)
    await goes(unit)
    assert await unit.duty.on_duty("it", unit.now) == WANG.id
    await asks(unit, "今天", WANG)
    await unit.tick(seconds=30)
    await unit.tick(seconds=30)
    assert [e.planned for e in unit.told(happened.DutyUncovered)] == [LI.id]


async def test_before_a_shift_ends_both_get_the_list_once() -> None:
    unit = memory()
    unit.rota(LI, WANG)
    await unit.until(march(3, 8, 45))
    await unit.tick(minutes=5)
    assert [(e.goes, e.comes) for e in unit.told(happened.ShiftEnding)] == [(LI.id, WANG.id)]
