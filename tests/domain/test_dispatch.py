"""Who is asked first, who next, and when nobody is: without a database, the clock moved by hand."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.base import Role
from domain.dispatch.choosing import Candidate, choose, in_turn
from domain.dispatch.conditions import Subject
from domain.dispatch.reading import BadCondition, read_condition
from domain.dispatch.rules import Rule, Rulebook
from domain.people.people import Category, Strategy
from domain.tickets.assigning import AcceptTicket, AssignTicket, DeclineTicket, ReleaseTicket
from domain.tickets.errors import TextMissing
from domain.tickets.states import Priority, State
from domain.tickets.transferring import ReturnTransfer, TransferTicket
from tests.domain.dispatching import Office
from tests.domain.people import CHEN, LI, STRANGER, SUN, WANG


async def test_a_desk_that_says_nothing_asks_nobody() -> None:
    office = Office(Strategy.MANUAL)
    ticket = await office.opens()
    assert (ticket.state, office.offers(ticket), await office.unit.rounds.of(ticket.id)) == (
        State.OPEN,
        [],
        None,
    )


async def test_an_unanswered_offer_moves_on_and_the_last_one_ends_in_the_pool() -> None:
    office = Office()
    ticket = await office.opens()
    assert await office.asked(ticket) == LI.id
    await office.later(minutes=4, seconds=59)
    assert await office.asked(ticket) == LI.id
    await office.later(seconds=1)
    assert await office.asked(ticket) == WANG.id
    await office.later(minutes=5)
    assert (await office.asked(ticket), ticket.state) == (None, State.OPEN)
    dispatch = [kind for kind in office.kinds(ticket) if kind.startswith(("offer", "nobody"))]
    assert dispatch == ["offered", "offer_lapsed", "offered", "offer_lapsed", "nobody_to_ask"]
    assert "offer:1" not in office.unit.timers.set_for


async def test_the_span_is_the_desks() -> None:
    office = Office(offer_for=timedelta(minutes=1))
    ticket = await office.opens()
    await office.later(minutes=1)
    assert await office.asked(ticket) == WANG.id


async def test_who_is_asked_declines_with_a_reason_and_the_next_one_is_asked() -> None:
    office = Office()
    ticket = await office.opens()
    with pytest.raises(TextMissing):
        await office.does(DeclineTicket(ticket.number), LI)
    assert await office.asked(ticket) == LI.id
    await office.does(DeclineTicket(ticket.number, "在外面"), LI)
    assert (await office.asked(ticket), ticket.declines) == (WANG.id, 1)


async def test_who_declined_before_being_asked_is_not_asked() -> None:
    office = Office()
    ticket = await office.opens()
    await office.does(DeclineTicket(ticket.number, "不会修"), WANG)
    assert await office.asked(ticket) == LI.id, "the offer that is out stays"
    await office.later(minutes=5)
    assert office.offers(ticket) == [LI.id]
    assert "nobody_to_ask" in office.kinds(ticket)


async def test_anybody_may_accept_while_another_is_asked_and_the_clock_stays_silent() -> None:
    office = Office()
    ticket = await office.opens()
    await office.does(AcceptTicket(ticket.number), WANG)
    assert (ticket.assignee, await office.asked(ticket)) == (WANG.id, None)
    await office.later(minutes=30)
    assert (office.offers(ticket), ticket.assignee) == ([LI.id], WANG.id)


async def test_late_is_not_too_late() -> None:
    office = Office()
    ticket = await office.opens()
    await office.later(minutes=6)
    await office.does(AcceptTicket(ticket.number), LI)
    assert (ticket.assignee, await office.asked(ticket)) == (LI.id, None)


async def test_released_work_goes_to_somebody_who_was_not_asked_yet() -> None:
    office = Office()
    ticket = await office.opens()
    await office.does(AcceptTicket(ticket.number), LI)
    await office.does(ReleaseTicket(ticket.number, "下班了"), LI)
    assert await office.asked(ticket) == WANG.id


async def test_a_colleague_who_is_asked_to_take_over_is_the_only_one_asked() -> None:
    office = Office()
    ticket = await office.opens()
    await office.does(TransferTicket(ticket.number, "陈静", "找组长"), WANG)
    assert await office.asked(ticket) is None
    await office.does(ReturnTransfer(ticket.number, "没空"), CHEN)
    assert await office.asked(ticket) == WANG.id


async def test_another_desk_begins_anew_by_its_own_rules() -> None:
    office = Office()
    ticket = await office.opens()
    await office.does(TransferTicket(ticket.number, "行政", "不归我们"), LI)
    assert (ticket.desk, await office.asked(ticket)) == ("office", None)
    await office.later(hours=1)
    assert "nobody_to_ask" not in office.kinds(ticket)
    await office.does(TransferTicket(ticket.number, "it", "也不归我们"), SUN)
    assert await office.asked(ticket) is not None


@pytest.mark.parametrize("away", [{LI.id}, {LI.id, WANG.id}])
async def test_who_is_away_is_never_asked(away: set[int]) -> None:
    office = Office()
    office.unit.duty.away = away  # type: ignore[assignment]
    ticket = await office.opens()
    await office.later(minutes=5)
    await office.later(minutes=5)
    assert not away & set(office.offers(ticket))
    assert office.kinds(ticket).count("nobody_to_ask") == 1


async def test_nobody_is_asked_to_solve_their_own_problem() -> None:
    office = Office()
    assert await office.asked(await office.opens(by=LI)) == WANG.id


async def test_a_lead_who_sets_work_free_may_still_be_asked_for_it() -> None:
    office = Office(members=(LI.id, CHEN.id))
    ticket = await office.opens()
    await office.does(AcceptTicket(ticket.number), LI)
    await office.does(ReleaseTicket(ticket.number, "李四先忙别的"), CHEN)
    assert await office.asked(ticket) == CHEN.id


async def test_the_least_busy_is_asked_and_a_pending_question_counts_as_work() -> None:
    office = Office(Strategy.LEAST_LOADED)
    first = await office.opens()
    await office.does(AcceptTicket(first.number), LI)
    second, third = await office.opens(), await office.opens()
    assert await office.asked(second) == WANG.id
    assert await office.asked(third) == LI.id, "one each, and it is 李四's turn"


async def test_only_who_knows_it_is_asked() -> None:
    categories = (Category("打印机", ("打印机",), skill="硬件"), Category("网络", ("VPN",)))
    office = Office(Strategy.SKILL, categories=categories)
    office.unit.people.teach(WANG, "硬件")
    printer, network = await office.opens("打印机卡纸"), await office.opens("VPN 连不上")
    assert (printer.category, network.category) == ("打印机", "网络")
    assert await office.asked(printer) == WANG.id
    await office.later(minutes=5)
    assert office.offers(printer) == [WANG.id]
    assert "nobody_to_ask" in office.kinds(network)


async def test_whoever_is_on_duty_is_asked_even_a_lead() -> None:
    office = Office(Strategy.ON_DUTY)
    office.unit.duty.now_on["it"] = CHEN.id
    ticket = await office.opens()
    assert await office.asked(ticket) == CHEN.id
    office.unit.duty.now_on["it"] = STRANGER.id  # a roster that names somebody who may not accept
    assert await office.asked(await office.opens()) is None


async def test_the_lead_decides_and_nobody_is_asked_any_more() -> None:
    office = Office()
    ticket = await office.opens()
    await office.does(AssignTicket(ticket.number, "王强"), CHEN)
    assert (ticket.assignee, await office.asked(ticket)) == (WANG.id, None)


# ── rules ──


def when(field: str, op: str, value: object) -> dict[str, object]:
    return {"field": field, "op": op, "value": value}


async def test_the_first_rule_that_fits_decides() -> None:
    urgent = read_condition({"all": [when("priority", "in", "P2"), when("place", "contains", ["3楼"])]})
    rules = Rulebook(
        (Rule("三楼急事", urgent, desk="office", strategy=Strategy.ROUND_ROBIN), Rule("其余", desk="it"))
    )
    office = Office(Strategy.MANUAL, rules=rules)
    moved, stayed = await office.opens("3楼漏水"), await office.opens("漏水")
    assert (moved.desk, await office.asked(moved), moved.transfers) == ("office", SUN.id, 0)
    assert (stayed.desk, await office.asked(stayed)) == ("it", None)
    reasons = [getattr(event, "reason", "") for event in moved.events]
    assert "派单规则「三楼急事」" in reasons


async def test_by_region_and_then_by_who_has_least_to_do() -> None:
    """A place chooses who may be asked at all; people have their regions among their skills."""
    east = Rule(
        "华东", read_condition(when("place", "contains", "3楼")), strategy=Strategy.LEAST_LOADED, skill="华东"
    )
    office = Office(rules=Rulebook((east,)), members=(LI.id, WANG.id, CHEN.id))
    for person in (WANG, CHEN):
        office.unit.people.teach(person, "华东")
    first, second, third = [await office.opens(text) for text in ("3楼漏水", "3楼断电", "3楼门坏了")]
    assert [await office.asked(ticket) for ticket in (first, second, third)] == [WANG.id, CHEN.id, WANG.id]
    await office.does(AcceptTicket(second.number), CHEN)
    await office.does(DeclineTicket(first.number, "忙"), WANG)
    assert await office.asked(first) == CHEN.id
    await office.does(DeclineTicket(first.number, "忙"), CHEN)
    assert (await office.asked(first), office.kinds(first)[-1]) == (None, "nobody_to_ask"), (
        "李四 is elsewhere"
    )
    assert await office.asked(await office.opens("漏水")) == LI.id, "in turn among all, where no rule speaks"


async def test_a_desk_that_only_the_file_knows_gets_nothing() -> None:
    office = Office(rules=Rulebook((Rule("全部", desk="branch", strategy=Strategy.LEAST_LOADED),)))
    ticket = await office.opens()
    assert (ticket.desk, await office.asked(ticket)) == ("it", LI.id)


async def test_what_people_move_no_rule_moves_back() -> None:
    rules = Rulebook((Rule("全部", read_condition({}), desk="office"),))
    office = Office(rules=rules)
    ticket = await office.opens()
    await office.does(TransferTicket(ticket.number, "it", "是打印机"), SUN)
    assert (ticket.desk, await office.asked(ticket)) == ("it", LI.id)


SUBJECT = Subject(
    "it", "打印机", Priority.P1, "wecom", "3楼", frozenset({Role.REQUESTER, Role.LEAD}), "VPN 连不上", 23
)


@pytest.mark.parametrize(
    ("tree", "holds"),
    [
        ({}, True),
        (when("desk", "in", ["it", "hr"]), True),
        (when("desk", "in", "hr"), False),
        (when("category", "in", ["打印机"]), True),
        (when("source", "in", "wecom"), True),
        (when("role", "in", ["lead"]), True),
        (when("role", "in", ["admin"]), False),
        (when("text", "contains", ["邮箱", "vpn"]), True),
        (when("place", "contains", "4楼"), False),
        (when("hour", "between", [22, 6]), True),
        (when("hour", "between", [9, 18]), False),
        ({"not": when("hour", "between", [9, 18])}, True),
        ({"any": [when("priority", "in", "P4"), when("priority", "in", "P1")]}, True),
        ({"all": [when("priority", "in", "P1"), {"not": when("desk", "in", "it")}]}, False),
    ],
)
def test_what_conditions_say(tree: dict[str, object], holds: bool) -> None:
    assert read_condition(tree).holds(SUBJECT) is holds


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        ([], ""),
        ({"all": []}, ".all"),
        ({"all": [{}]}, ".all[0]"),
        ({"xor": [when("desk", "in", "it")]}, ""),
        ({"all": [when("desk", "in", "it"), when("colour", "in", "red")]}, ".all[1].field"),
        ({"any": [{"not": when("desk", "contains", "it")}]}, ".any[0].not.op"),
        (when("priority", "in", ["P1", "P9"]), ".value"),
        (when("role", "in", "boss"), ".value"),
        (when("hour", "between", [18, 25]), ".value"),
        (when("hour", "between", [8, 8]), ".value"),
        (when("hour", "between", ["18", "8"]), ".value"),
        (when("text", "contains", ""), ".value"),
        (when("text", "contains", []), ".value"),
        ({"field": "desk", "op": "in"}, ""),
        ({"field": "desk", "op": "in", "value": "it", "all": []}, ""),
    ],
)
def test_bad_conditions_are_refused_with_their_place(tree: object, path: str) -> None:
    with pytest.raises(BadCondition) as bad:
        read_condition(tree)
    assert [mistake.path for mistake in bad.value.mistakes] == [path]


def test_a_tree_without_end_is_refused() -> None:
    tree: dict[str, object] = when("desk", "in", "it")
    for _ in range(50):
        tree = {"not": tree}
    with pytest.raises(BadCondition, match="套得太深"):
        read_condition(tree)


# ── what always holds ──


seats = some.lists(some.integers(1, 9), min_size=1, max_size=6, unique=True)


@given(seats, some.integers(1, 40))
def test_taking_turns_is_fair(people: list[int], count: int) -> None:
    last, asked = None, Counter[int]()
    for _ in range(count):
        last = choose(Strategy.ROUND_ROBIN, [Candidate(p) for p in in_turn(people, last)])  # type: ignore[arg-type]
        asked[last] += 1  # type: ignore[index]
    assert max(asked.values()) - min(asked[p] for p in people) <= 1


@given(
    some.lists(some.tuples(some.integers(1, 9), some.integers(0, 5)), max_size=8, unique_by=lambda t: t[0])
)
def test_nobody_with_less_to_do_is_passed_over(loads: list[tuple[int, int]]) -> None:
    chosen = choose(Strategy.LEAST_LOADED, [Candidate(p, load) for p, load in loads])  # type: ignore[arg-type]
    assert dict(loads).get(chosen or 0) == (min(load for _, load in loads) if loads else None)
