"""What the cards say and which buttons they dare to show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.card import Button, Tone
from adapters.chat import Capabilities, Edits
from adapters.fit import as_text, fit
from adapters.freezing import freeze, thaw
from adapters.grammar import key_of
from bot.cards.moves import moves_card
from bot.cards.ticket import FACES, draw, own_card
from domain.people.people import Person
from domain.people.war_rooms import RoomPolicy
from domain.tickets.command import TicketCommand
from domain.tickets.looking import ShowMoves
from domain.tickets.policy import RULES, allows, standings
from domain.tickets.states import State
from domain.tickets.ticket import PendingTransfer, Ticket
from tests.bot.views import every_view, facts, named, view
from tests.domain.people import CAST, CHAT, CHEN, IT, LI, NOON, WANG, ZHANG, ZHAO


def labels(face: str, state: State, viewer: object = None) -> list[str]:
    return [b.label for b in draw(face, facts(view(state)), viewer).buttons]  # type: ignore[arg-type]


def test_the_desk_card_offers_to_accept_only_while_the_ticket_is_open() -> None:
    assert labels("desk", State.OPEN) == ["接单", "转派", "详情"]
    assert labels("desk", State.IN_PROGRESS) == ["详情"]


def test_a_group_card_shows_neither_the_text_nor_a_link_to_it() -> None:
    for face in ("desk", "escalation:respond:1"):
        for state in State:
            card = draw(face, facts(view(state)), None)
            assert "E03" not in freeze(card)
            assert card.link == ""


def test_the_assignee_works_from_the_card_and_their_successor_sees_who_has_it_now() -> None:
    assert labels("work", State.IN_PROGRESS, LI.id) == ["解决", "要信息", "转派", "更多"]
    assert labels("work", State.IN_PROGRESS, WANG.id) == []


def test_the_requester_is_asked_one_thing_at_a_time() -> None:
    assert labels("requester", State.DRAFT) == ["提交", "改一下", "撤销"]
    assert labels("requester", State.WAITING) == ["回复", "没有更多信息"]
    assert labels("requester", State.RESOLVED)[:2] == ["已解决", "没解决"]


def test_a_late_ticket_is_red_until_it_is_over() -> None:
    assert draw("desk", facts(view(State.OPEN), late=True), None).tone is Tone.LATE
    assert draw("desk", facts(view(State.CLOSED), late=True), None).tone is Tone.MUTED


def test_an_escalation_says_who_looks_after_it_and_stops_asking() -> None:
    asked = draw("escalation:respond:1", facts(view(), late=True), None)
    assert [b.label for b in asked.buttons] == ["我来跟", "为什么超时", "详情"]
    taken = draw("escalation:respond:1", facts(view(), late=True, taken_by="陈静"), None)
    assert "陈静 在跟" in taken.status
    assert "我来跟" not in [b.label for b in taken.buttons]


PRESSERS = {
    "requester": ZHANG.id,
    "desk": LI.id,
    "intake": LI.id,
    "offer": WANG.id,
    "offered": WANG.id,
    "unclaimed": CHEN.id,
}


@pytest.mark.parametrize("face", FACES)
def test_no_button_lies(face: str) -> None:
    """Every command on a card is one that the policy allows to whom the card is for, in the state it shows."""
    for seen, viewer in every_view():
        # A group's card is for the desk; the requester's and the members' own are for nobody else.
        presser = PRESSERS.get(face, viewer or LI.id)
        for button in draw(face, seen, viewer).buttons:
            if isinstance(button.command, TicketCommand):
                told = (face, seen.ticket.state, button.label)
                assert allows_to(button.command.verb, seen, presser), told


def allows_to(verb: str, seen: object, person: object) -> bool:
    ticket = ticket_of(seen)
    return allows(verb, ticket.state, standings(ticket, IT, CAST[person].actor))  # type: ignore[index]


def ticket_of(seen: object) -> Ticket:
    shown = seen.ticket  # type: ignore[attr-defined]
    offer = PendingTransfer(shown.receiver.id, LI.id, "", NOON) if shown.receiver else None
    return Ticket(
        id=shown.id,
        number=shown.number,
        draft=shown.draft,
        desk=IT.key,
        title=shown.title,
        text=shown.text,
        state=shown.state,
        since=NOON,
        requester=shown.requester.id,
        assignee=shown.assignee.id if shown.assignee else None,
        origin=CHAT,
        created_at=NOON,
        transfer=offer,
    )


@pytest.mark.parametrize("face", [*FACES, "escalation:resolve:2"])
def test_every_card_survives_freezing(face: str) -> None:
    for seen, viewer in every_view():
        card = draw(face, seen, viewer)
        assert thaw(freeze(card)) == card


POOR = Capabilities(Edits.NEVER, buttons=0, fields=2, title_chars=10, lead_chars=12, text_bytes=200)


@pytest.mark.parametrize("face", FACES)
def test_what_a_poor_chat_cannot_show_it_says_in_phrases(face: str) -> None:
    for seen, viewer in every_view():
        card = draw(face, seen, viewer)
        poor = fit(card, POOR)
        assert poor.buttons == ()
        assert poor.choice is None
        assert len(poor.fields) <= 2
        assert len(poor.title) <= 10
        assert len(poor.lead) <= 12
        for button in card.buttons:
            assert key_of(button.command).split(":")[1] in as_text(poor)


def test_the_last_buttons_give_way_first() -> None:
    card = draw("desk", facts(view()), None)
    two = fit(card, replace(POOR, buttons=2))
    assert [b.label for b in two.buttons] == ["接单", "转派"]
    assert "查 IT-1042" in two.note


def test_the_handover_card_is_for_its_receiver_alone() -> None:
    offered = facts(view(State.IN_PROGRESS, receiver=named(WANG), transfer_by=named(LI)))
    assert [b.label for b in draw("handover", offered, WANG.id).buttons] == ["接受", "退回"]
    assert [b.label for b in draw("handover", offered, LI.id).buttons] == ["解决", "要信息", "转派", "更多"]


@pytest.mark.parametrize("viewer", [ZHANG, LI, WANG, CHEN, ZHAO], ids=lambda p: p.name)
def test_main_card_and_more_hold_together_whatever_one_may_do(viewer: Person) -> None:
    elsewhere = {
        "take",
        "return",
        "confirm",
        "later",
        "answer",
        "takeover",
        "attach",
        "decline",
        "grant",
        "refuse",
        "withdraw",
    }  # on their own cards
    needless = {"unfollow", "follow", "comment", "metoo"}
    for state in set(State) - {State.DRAFT}:
        seen = facts(view(state, desk=replace(IT, war_room=RoomPolicy(is_on=True))))
        main = own_card(seen, viewer.id).buttons
        more = moves_card(seen, viewer.actor, main).buttons
        offered = {b.command.verb for b in (*main, *more) if isinstance(b.command, TicketCommand)}
        allowed = {verb for verb in RULES if allows_to(verb, seen, viewer.id)}
        assert offered <= allowed
        assert len(set(more) | set(main)) == len(more) + len(main), "nothing twice"
        if standings(ticket_of(seen), IT, viewer.actor):
            assert allowed - offered <= elsewhere | needless


@pytest.mark.parametrize("room", [2, 3, 4, 6, 20])
def test_turning_the_pages_of_more_shows_every_move_once(room: int) -> None:
    seen = facts(view(State.IN_PROGRESS))
    whole = moves_card(seen, CHEN.actor, ()).buttons
    shown: list[Button] = []
    skip: int | None = 0
    while skip is not None:
        buttons = fit(moves_card(seen, CHEN.actor, (), skip), replace(POOR, buttons=room)).buttons
        assert len(buttons) <= room
        following = next((b.command for b in buttons if isinstance(b.command, ShowMoves)), None)
        shown += [b for b in buttons if b.command != following]
        skip = following.skip if following else None
    assert shown == list(whole)
