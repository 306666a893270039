"""逐单选: each ticket goes to whom it was promised, unless they are away by then."""

from __future__ import annotations

import pytest

from domain.base import DomainError
from domain.duty import errors
from domain.duty.choosing import ChooseHeir, choose_heir
from domain.duty.disabling import DisablePerson, disable_person
from domain.duty.requesting import ConfirmLeave, RequestLeave, confirm_leave, request_leave
from domain.people.people import UnknownPerson
from domain.tickets.states import State
from tests.domain.duty import DutyMemory, memory
from tests.domain.people import CHEN, LI, WANG, ZHAO


async def previews(unit: DutyMemory, words: str = "明天 王强代") -> int:
    return await request_leave(RequestLeave(words), unit.by(LI))


async def test_each_ticket_goes_where_it_was_chosen_to_and_the_rest_the_usual_way() -> None:
    unit = memory()
    unit.rota(WANG)
    chosen, pooled, rest = [await unit.works_on(LI) for _ in range(3)]
    leave = await previews(unit, "明天")
    await choose_heir(ChooseHeir(chosen.number, "王强"), unit)
    await choose_heir(ChooseHeir(chosen.number, "陈静", leave), unit)
    await choose_heir(ChooseHeir(pooled.number, ""), unit)
    await confirm_leave(ConfirmLeave(leave), unit)
    assert chosen.assignee == LI.id
    await unit.tick(hours=13)
    assert (chosen.assignee, rest.assignee) == (CHEN.id, WANG.id)
    assert (pooled.state, pooled.assignee) == (State.OPEN, None)
    assert {handed.to for handed in await unit.leaves.handed(leave)} == {CHEN.id, WANG.id, None}


async def test_who_is_away_by_then_gets_nothing() -> None:
    unit = memory()
    unit.rota(WANG)
    ticket = await unit.works_on(LI)
    leave = await previews(unit, "明天")
    await choose_heir(ChooseHeir(ticket.number, "陈静"), unit)
    await confirm_leave(ConfirmLeave(leave), unit)
    await disable_person(DisablePerson("陈静"), unit.by(ZHAO))
    await unit.tick(hours=13)
    assert ticket.assignee == WANG.id


@pytest.mark.parametrize(
    ("to", "refusal"),
    [
        ("李四", errors.UnfitHeir),
        ("孙悦", errors.UnfitHeir),  # serves another desk
        ("没有此人", UnknownPerson),
    ],
)
async def test_who_can_not_have_it_is_refused(to: str, refusal: type[DomainError]) -> None:
    unit = memory()
    ticket = await unit.works_on(LI)
    leave = await previews(unit)
    with pytest.raises(refusal):
        await choose_heir(ChooseHeir(ticket.number, to), unit)
    assert list(await unit.leaves.chosen(leave)) == []


async def test_only_ones_own_tickets_in_ones_own_leave_before_it_begins() -> None:
    unit = memory()
    mine, other = await unit.works_on(LI), await unit.works_on(WANG)
    leave = await previews(unit, "今天")
    for number in (other.number, "IT-9999"):
        with pytest.raises(errors.NotInYourHands):
            await choose_heir(ChooseHeir(number, "王强"), unit.by(LI))
    with pytest.raises(errors.NoSuchLeave):
        await choose_heir(ChooseHeir(other.number, "李四", leave), unit.by(WANG))
    await confirm_leave(ConfirmLeave(leave), unit.by(LI))
    await unit.tick()
    with pytest.raises(errors.AlreadySettled):
        await choose_heir(ChooseHeir(mine.number, "王强", leave), unit.by(LI))
