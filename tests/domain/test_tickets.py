"""The life of a ticket, command by command, without a database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.catalog import HANDLERS
from domain.base import CLOCK
from domain.tickets import assigning, conversing, opening, reminding, resolving, steering, transferring
from domain.tickets import errors as refused
from domain.tickets.command import TicketCommand
from domain.tickets.policy import RULES, Standing, allows, standings
from domain.tickets.states import Priority, State
from domain.tickets.ticket import Ticket
from tests.domain.people import CHAT, CHEN, IT, LI, NOON, STRANGER, SUN, WANG, ZHANG, ZHAO, Memory


async def opened(text: str = "3楼打印机卡纸") -> tuple[Memory, Ticket]:
    unit = Memory()
    number = await opening.open_ticket(opening.OpenTicket(text, CHAT), unit)
    return unit, await unit.tickets.find(number)


async def accepted() -> tuple[Memory, Ticket]:
    unit, ticket = await opened()
    await assigning.accept_ticket(assigning.AcceptTicket(ticket.number), unit.by(LI))
    return unit, ticket


async def test_a_sentence_becomes_a_draft_with_guesses() -> None:
    unit = Memory()
    draft = await unit.tickets.find(
        await opening.start_draft(opening.StartDraft("3楼打印机卡纸", CHAT), unit)
    )
    assert (draft.state, draft.desk, draft.place, draft.title) == (State.DRAFT, "it", "3楼", "3楼打印机卡纸")
    assert unit.timers.set_for == {"draft:1": NOON + opening.DRAFT_REMINDER}


async def test_sentences_within_a_minute_are_one_draft() -> None:
    unit = Memory()
    first = await opening.start_draft(opening.StartDraft("打印机坏了", CHAT), unit)
    second = await opening.start_draft(opening.StartDraft("在3楼东侧", CHAT), unit.later(seconds=59))
    third = await opening.start_draft(opening.StartDraft("空调也坏了", CHAT), unit.later(seconds=61))
    assert first == second != third
    assert (await unit.tickets.find(first)).text == "打印机坏了\n在3楼东侧"
    assert (await unit.tickets.find(first)).place == "3楼"


async def test_a_submitted_draft_is_found_under_both_numbers_and_opens_once() -> None:
    unit = Memory()
    draft = await opening.start_draft(opening.StartDraft("VPN 连不上", CHAT), unit)
    submit = opening.SubmitDraft(draft, priority=Priority.P2)
    assert await opening.submit_draft(submit, unit) == "IT-1001"
    with pytest.raises(refused.AlreadySubmitted) as again:
        await opening.submit_draft(submit, unit)
    assert again.value.number == "IT-1001"
    assert (await unit.tickets.find("IT-1001")).priority is Priority.P2
    assert unit.timers.set_for == {}


async def test_nobody_else_may_know_of_a_draft() -> None:
    unit = Memory()
    draft = await opening.start_draft(opening.StartDraft("VPN 连不上", CHAT), unit)
    for other in (LI, CHEN, ZHAO, STRANGER):
        with pytest.raises(refused.TicketNotFound):
            await opening.submit_draft(opening.SubmitDraft(draft), unit.by(other))


async def test_the_second_person_is_told_who_was_first_and_the_first_that_it_is_theirs() -> None:
    unit, ticket = await accepted()
    with pytest.raises(refused.AlreadyAccepted) as other:
        await assigning.accept_ticket(assigning.AcceptTicket(ticket.number), unit.by(WANG))
    assert (other.value.by, other.value.mine) == (LI.id, False)
    with pytest.raises(refused.AlreadyAccepted) as same:
        await assigning.accept_ticket(assigning.AcceptTicket(ticket.number), unit.by(LI))
    assert same.value.mine
    assert [type(e).__name__ for e in ticket.events].count("TicketAccepted") == 1


async def test_until_the_receiver_accepts_the_giver_answers_for_the_ticket() -> None:
    unit, ticket = await accepted()
    give = transferring.TransferTicket(ticket.number, to="王强", reason="要换硬盘")
    await transferring.transfer_ticket(give, unit)
    assert (ticket.assignee, ticket.transfer and ticket.transfer.to) == (LI.id, WANG.id)
    await transferring.take_transfer(transferring.TakeTransfer(ticket.number), unit.by(WANG))
    assert (ticket.assignee, ticket.transfer, ticket.transfers) == (WANG.id, None, 1)
    assert "transfer:1" not in unit.timers.set_for


async def test_an_unanswered_offer_goes_back_after_ten_minutes_but_not_before() -> None:
    unit, ticket = await accepted()
    await transferring.transfer_ticket(transferring.TransferTicket(ticket.number, to="王强"), unit)
    expire = transferring.ExpireTransfer(ticket.number)
    await transferring.expire_transfer(expire, unit.later(minutes=9).by(CLOCK))
    assert ticket.transfer is not None
    await transferring.expire_transfer(expire, unit.later(minutes=1).by(CLOCK))
    assert (await unit.tickets.find(ticket.number)).transfer is None
    assert ticket.assignee == LI.id


async def test_a_ticket_moved_to_another_desk_waits_there_for_anybody() -> None:
    unit, ticket = await accepted()
    await transferring.transfer_ticket(transferring.TransferTicket(ticket.number, to="行政"), unit)
    assert (ticket.desk, ticket.assignee, ticket.state) == ("office", None, State.OPEN)
    with pytest.raises(refused.PointlessTransfer):
        await transferring.transfer_ticket(
            transferring.TransferTicket(ticket.number, to="office"), unit.by(SUN)
        )


async def test_question_and_answer_move_the_ticket_to_waiting_and_back() -> None:
    unit, ticket = await accepted()
    await conversing.ask_requester(conversing.AskRequester(ticket.number, "什么型号？"), unit)
    assert (ticket.state, ticket.question) == (State.WAITING, "什么型号？")
    # The requester's 回复 is the answer; anybody else's is only a comment.
    await conversing.add_comment(conversing.AddComment(ticket.number, "我看看"), unit.by(CHEN))
    assert ticket.state is State.WAITING
    await conversing.add_comment(conversing.AddComment(ticket.number, "M203"), unit.by(ZHANG))
    assert (ticket.state, ticket.question) == (State.IN_PROGRESS, "")


async def test_resolution_is_confirmed_or_reopened_to_whoever_did_it() -> None:
    unit, ticket = await accepted()
    await resolving.resolve_ticket(resolving.ResolveTicket(ticket.number, "换硒鼓"), unit)
    await resolving.reopen_ticket(resolving.ReopenTicket(ticket.number, "还卡"), unit.by(ZHANG))
    assert (ticket.state, ticket.assignee, ticket.reopens) == (State.IN_PROGRESS, LI.id, 1)
    await resolving.resolve_ticket(resolving.ResolveTicket(ticket.number, "换搓纸轮"), unit.by(LI))
    await resolving.confirm_resolution(resolving.ConfirmResolution(ticket.number), unit.by(ZHANG))
    assert ticket.state is State.CLOSED
    with pytest.raises(refused.AlreadyDone):
        await resolving.confirm_resolution(resolving.ConfirmResolution(ticket.number), unit)


async def test_silence_closes_after_three_days_unless_it_was_resolved_anew() -> None:
    unit, ticket = await accepted()
    await resolving.resolve_ticket(resolving.ResolveTicket(ticket.number, "好了"), unit)
    lapse = resolving.LapseResolution(f"#{ticket.id}")
    states = []
    for span in (2.9, 0.1):
        await resolving.lapse_resolution(lapse, unit.later(days=span).by(CLOCK))
        states.append(ticket.state)
    assert states == [State.RESOLVED, State.CLOSED]


async def test_commands_without_their_words_ask_for_them_but_only_when_they_could_be_used() -> None:
    unit, ticket = await opened()
    with pytest.raises(refused.NotNow):
        await resolving.resolve_ticket(resolving.ResolveTicket(ticket.number), unit.by(CHEN))
    await assigning.accept_ticket(assigning.AcceptTicket(ticket.number), unit.by(LI))
    with pytest.raises(refused.TextMissing) as missing:
        await resolving.resolve_ticket(resolving.ResolveTicket(ticket.number), unit.by(LI))
    assert missing.value.field == "result"


async def test_a_question_is_repeated_twice_and_then_held_to_be_solved() -> None:
    unit, ticket = await accepted()
    await conversing.ask_requester(conversing.AskRequester(ticket.number, "型号？"), unit)
    remind = reminding.RemindRequester(f"#{ticket.id}")
    for _ in range(3):
        await reminding.remind_requester(remind, unit.later(hours=24).by(CLOCK))
    kinds = [event.kind for event in ticket.events]
    assert (kinds.count("reminded"), kinds[-1], ticket.state) == (2, "resolved", State.RESOLVED)
    assert "lapse:1" in unit.timers.set_for


async def test_a_reminder_whose_question_was_answered_says_nothing() -> None:
    unit, ticket = await accepted()
    await conversing.ask_requester(conversing.AskRequester(ticket.number, "型号？"), unit)
    await conversing.answer_question(conversing.AnswerQuestion(ticket.number, "M203"), unit.by(ZHANG))
    await reminding.remind_requester(reminding.RemindRequester("#1"), unit.later(hours=24).by(CLOCK))
    assert ticket.state is State.IN_PROGRESS
    assert "reminded" not in [event.kind for event in ticket.events]


async def test_later_is_not_yes_and_the_question_comes_again_tomorrow() -> None:
    unit, ticket = await accepted()
    await resolving.resolve_ticket(resolving.ResolveTicket(ticket.number, "好了"), unit)
    await reminding.postpone_confirmation(reminding.PostponeConfirmation(ticket.number), unit.by(ZHANG))
    assert unit.timers.set_for["nudge:1"] == unit.now + timedelta(days=1)
    await reminding.remind_requester(reminding.RemindRequester("#1"), unit.later(hours=24).by(CLOCK))
    assert (ticket.state, ticket.events[-1].kind) == (State.RESOLVED, "reminded")


async def test_urging_is_once_in_ten_minutes() -> None:
    unit, ticket = await opened()
    urge = steering.UrgeTicket(ticket.number)
    await steering.urge_ticket(urge, unit)
    with pytest.raises(refused.UrgedTooSoon) as soon:
        await steering.urge_ticket(urge, unit.later(minutes=9))
    assert (soon.value.again_at - unit.now).total_seconds() == 60
    await steering.urge_ticket(urge, unit.later(minutes=1))
    assert ticket.urges == 2


async def test_internal_notes_are_for_the_desk_only() -> None:
    unit, ticket = await accepted()
    with pytest.raises(refused.NotAllowed):
        await conversing.add_note(conversing.AddNote(ticket.number, "偷看"), unit.by(ZHANG))
    await conversing.add_note(conversing.AddNote(ticket.number, "备件没货"), unit.by(LI))
    assert ticket.events[-1].internal  # type: ignore[attr-defined]


VERBS: dict[str, Callable[[str], TicketCommand[Any]]] = {
    "accept": assigning.AcceptTicket,
    "decline": lambda n: assigning.DeclineTicket(n, "忙"),
    "assign": lambda n: assigning.AssignTicket(n, "王强"),
    "release": assigning.ReleaseTicket,
    "transfer": lambda n: transferring.TransferTicket(n, "王强"),
    "ask": lambda n: conversing.AskRequester(n, "？"),
    "resolve": lambda n: resolving.ResolveTicket(n, "好"),
    "confirm": resolving.ConfirmResolution,
    "later": reminding.PostponeConfirmation,
    "reopen": lambda n: resolving.ReopenTicket(n, "没好"),
    "cancel": lambda n: resolving.CancelTicket(n, ""),
    "close": lambda n: resolving.CloseTicket(n, ""),
    "priority": lambda n: steering.SetPriority(n, Priority.P1),
    "urge": steering.UrgeTicket,
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("who", [ZHANG, LI, WANG, CHEN, ZHAO, SUN, STRANGER], ids=lambda p: p.name)
async def test_the_policy_table_is_what_the_handlers_do(verb: str, who: Any) -> None:
    """For everybody and every verb, on a ticket that 李四 works on: allowed, forbidden, or unheard of."""
    unit, ticket = await accepted()
    command = VERBS[verb](ticket.number)
    standing = standings(ticket, IT, who.actor)
    before = (ticket.state, ticket.assignee, len(ticket.events))
    try:
        await HANDLERS[type(command)](command, unit.by(who))
    except refused.TicketNotFound:
        assert not standing
    except refused.NotAllowed:
        assert standing
        assert not standing & RULES[verb].who
    except (refused.NotNow, refused.AlreadyAccepted, refused.PointlessTransfer):
        assert standing & RULES[verb].who
    else:
        assert allows(verb, before[0], standing)
        return
    assert before == (ticket.state, ticket.assignee, len(ticket.events))


def test_every_standing_is_used_in_the_table() -> None:
    used = frozenset().union(*(rule.who for rule in RULES.values()))
    assert used == frozenset(Standing)
