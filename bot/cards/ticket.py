"""One ticket, many faces: the requester's, the desk's, the assignee's, the receiver's. ``face`` chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from adapters.card import Button, Card, Field, Tone, Weight
from adapters.grammar import NOTHING_MORE
from bot.cards.draft import draft_card
from bot.cards.escalation import escalation_card
from bot.cards.extension import extension_card
from bot.cards.facts import Facts
from bot.cards.offered import offered
from bot.cards.room import staff_room_card
from bot.cards.unclaimed import unclaimed
from bot.wording import state_tone, state_word
from domain.base import PersonId
from domain.tickets.assigning import AcceptTicket, DeclineTicket
from domain.tickets.conversing import AnswerQuestion, AskRequester
from domain.tickets.joining import MeToo
from domain.tickets.looking import LookAt, ShowMoves
from domain.tickets.reminding import PostponeConfirmation
from domain.tickets.resolving import CancelTicket, ConfirmResolution, ReopenTicket, ResolveTicket
from domain.tickets.states import UNFINISHED, State
from domain.tickets.steering import UrgeTicket
from domain.tickets.transferring import ReturnTransfer, TakeTransfer, TransferTicket


def draw(face: str, facts: Facts, viewer: PersonId | None) -> Card:
    """The card for one copy. ``viewer`` is the person whose direct chat it is in, None in a group."""
    name, _, rest = face.partition(":")
    if name == "escalation":
        return escalation_card(facts, rest, viewer)
    return FACES[name](facts, viewer)


def retired(card: Card) -> Card:
    """The last look of a copy that has a successor: true when it was painted, and asking for nothing."""
    return replace(card, buttons=(), choice=None, note="已更新，见下方最新的一张卡片。")


# ── the requester's ──


def requester_card(facts: Facts, viewer: PersonId | None) -> Card:
    drawer = _REQUESTER_BY_STATE.get(facts.ticket.state, _receipt)
    return drawer(facts)


def _receipt(facts: Facts) -> Card:
    ticket = facts.ticket
    buttons: tuple[Button, ...] = ()
    if ticket.state in UNFINISHED:
        buttons = (
            Button("催办", UrgeTicket(ticket.number)),
            Button("撤销", CancelTicket(ticket.number), Weight.DANGER),
            _more(facts),
        )
    if ticket.state is State.CLOSED:
        buttons = (Button("重开", ReopenTicket(ticket.number)),)
    fields = (*facts.due(), facts.priority(), *facts.affected())
    # How late it is, is between the desk and its clock: the requester sees what was promised.
    lead = "\n".join(filter(None, (facts.body, facts.files())))
    return _card(on_time(facts), lead=lead, buttons=buttons, fields=fields)


def on_time(facts: Facts) -> Facts:
    return replace(facts, dues={goal: replace(due, breached=False) for goal, due in facts.dues.items()})


def _question(facts: Facts) -> Card:
    ticket = facts.ticket
    asker = ticket.assignee.name if ticket.assignee else "服务台"
    return _card(
        facts,
        lead=f"{asker} 想确认：{ticket.question}",
        fields=facts.due(),
        buttons=(
            Button("回复", AnswerQuestion(ticket.number), Weight.PRIMARY),
            Button(NOTHING_MORE, AnswerQuestion(ticket.number, NOTHING_MORE)),
        ),
        note="直接发一句话就是回复。",
    )


def _solution(facts: Facts) -> Card:
    ticket = facts.ticket
    return _card(
        facts,
        lead=f"处理结果：{ticket.resolution}",
        buttons=(
            Button("已解决", ConfirmResolution(ticket.number), Weight.PRIMARY),
            Button("没解决", ReopenTicket(ticket.number)),
            Button("稍后", PostponeConfirmation(ticket.number)),
        ),
        note="3 个工作日内没有答复会自动关闭，关闭后 7 天内仍可重开。",
    )


_REQUESTER_BY_STATE: Mapping[State, Callable[[Facts], Card]] = {
    State.DRAFT: draft_card,
    State.WAITING: _question,
    State.RESOLVED: _solution,
}


def room_card(facts: Facts, viewer: PersonId | None) -> Card:
    """Of a war room with the requester in it."""
    return staff_room_card(on_time(facts), viewer)


# ── the desk's ──


def desk_card(facts: Facts, viewer: PersonId | None) -> Card:
    """In a group: number, title, priority, state, owner and clock, nothing that was said in private.

    No link either: its page tells the whole talk to whoever opens it. 详情 answers each presser in private.
    """
    ticket = facts.ticket
    buttons: tuple[Button, ...] = () if viewer else (Button("详情", LookAt(ticket.number)),)
    if ticket.state is State.OPEN:
        buttons = (
            Button("接单", AcceptTicket(ticket.number), Weight.PRIMARY),
            Button("转派", TransferTicket(ticket.number)),
            *buttons,
        )
    fields = (
        *facts.place(),
        facts.priority(),
        Field("提单人", ticket.requester.name),
        *facts.due(),
        *facts.affected(),
    )
    card = _card(facts, fields=fields, buttons=buttons)
    return card if viewer else replace(card, link="")


def intake_card(facts: Facts, viewer: PersonId | None) -> Card:
    """The desk's card in the very group where the trouble was told: others there may have it too."""
    card = desk_card(facts, viewer)
    return replace(card, buttons=(*card.buttons, *_me_too(facts)))


def origin_card(facts: Facts, viewer: PersonId | None) -> Card:
    """In the group where it was told, for people who don't work at the desk (flow E)."""
    card = _card(
        on_time(facts),
        lead=f"已为 {facts.ticket.requester.name} 建单 {facts.ticket.number}，详情已私聊。",
        fields=(*facts.due(), *facts.affected()),
        buttons=_me_too(facts),
    )
    return replace(card, link="")


def joined_card(facts: Facts) -> Card:
    """For somebody with the same trouble: how it goes, and nothing that others said."""
    fields = (*facts.due(), *facts.affected())
    card = _card(on_time(facts), fields=fields, note="您登记了「我也遇到」，有进展会告诉您。")
    return replace(card, link="")


def _me_too(facts: Facts) -> tuple[Button, ...]:
    is_on = facts.ticket.state in UNFINISHED
    return (Button("我也遇到 +1", MeToo(facts.ticket.number)),) if is_on else ()


def offer_card(facts: Facts, viewer: PersonId | None) -> Card:
    """The desk's card in a member's own chat, where the text may be read."""
    card = desk_card(facts, viewer)
    if facts.ticket.state is State.OPEN:
        decline = Button("拒单", DeclineTicket(facts.ticket.number))
        return replace(card, lead=_told(facts), buttons=(*card.buttons, decline, _more(facts)))
    return replace(card, lead=_told(facts))


def _told(facts: Facts) -> str:
    """To members of the desk."""
    return "\n".join(filter(None, (facts.body, facts.files(internal=True))))


def offered_card(facts: Facts, viewer: PersonId | None) -> Card:
    return offered(facts, viewer, offer_card(facts, viewer))


def unclaimed_card(facts: Facts, viewer: PersonId | None) -> Card:
    return unclaimed(facts, offer_card(facts, viewer))


# ── the assignee's ──


def work_card(facts: Facts, viewer: PersonId | None) -> Card:
    ticket = facts.ticket
    fields = (
        *facts.place(),
        Field("提单人", ticket.requester.name),
        facts.priority(),
        *facts.due(),
        *facts.affected(),
    )
    return _card(facts, lead=_talk(facts), fields=fields, buttons=_work_buttons(facts, viewer))


def _work_buttons(facts: Facts, viewer: PersonId | None) -> tuple[Button, ...]:
    ticket = facts.ticket
    if not facts.is_assignee(viewer) or ticket.state not in UNFINISHED:
        return ()
    return (
        Button("解决", ResolveTicket(ticket.number), Weight.PRIMARY),
        Button("要信息", AskRequester(ticket.number)),
        Button("转派", TransferTicket(ticket.number)),
        _more(facts),
    )


def handover_card(facts: Facts, viewer: PersonId | None) -> Card:
    """For the person to whom the ticket was offered; afterwards it is their work card, or says what became."""
    ticket = facts.ticket
    if ticket.receiver is None or ticket.receiver.id != viewer:
        return work_card(facts, viewer)
    giver = ticket.transfer_by.name if ticket.transfer_by else "同事"
    reason = f"，原因：{ticket.transfer_reason}" if ticket.transfer_reason else ""
    return replace(
        work_card(facts, viewer),
        status="待您接手",
        tone=Tone.WAITING,
        lead=f"{giver} 想请您接手{reason}\n{_talk(facts)}".strip(),
        buttons=(
            Button("接受", TakeTransfer(ticket.number), Weight.PRIMARY),
            Button("退回", ReturnTransfer(ticket.number)),
        ),
        note="10 分钟内没有接受会退回，并提示组长。",
    )


def detail_card(facts: Facts, viewer: PersonId) -> Card:
    """「查 N」: for whoever may see it, with the moves that are theirs."""
    card = own_card(facts, viewer)
    more = _more(facts)
    if facts.ticket.state is State.DRAFT or more in card.buttons:
        return card
    return replace(card, buttons=(*card.buttons, more))


def own_card(facts: Facts, viewer: PersonId) -> Card:
    ticket = facts.ticket
    if ticket.requester.id == viewer and not facts.is_assignee(viewer):
        return requester_card(facts, viewer)
    if facts.is_assignee(viewer):
        return work_card(facts, viewer)
    serves = ticket.desk is not None and ticket.desk.serves(viewer)
    lead = "\n".join(filter(None, (facts.body, facts.files())))
    return offer_card(facts, viewer) if serves else _card(facts, lead=lead, fields=facts.due())


FACES: Mapping[str, Callable[[Facts, PersonId | None], Card]] = {
    "requester": requester_card,
    "desk": desk_card,
    "intake": intake_card,
    "origin": origin_card,
    "offer": offer_card,
    "offered": offered_card,
    "unclaimed": unclaimed_card,
    "work": work_card,
    "handover": handover_card,
    "extension": extension_card,
    "staff_room": staff_room_card,
    "room": room_card,
}


# ── parts ──


def _card(
    facts: Facts,
    *,
    lead: str = "",
    fields: tuple[Field, ...] = (),
    buttons: tuple[Button, ...] = (),
    note: str = "",
) -> Card:
    ticket = facts.ticket
    late = facts.is_late and ticket.state in UNFINISHED
    return Card(
        title=f"{ticket.number} {ticket.title}",
        status=state_word(ticket.state) + ("·已超时" if late else ""),
        tone=Tone.LATE if late else state_tone(ticket.state),
        lead=lead,
        fields=(facts.owner(), *fields),
        buttons=buttons,
        link=facts.link,
        note=note,
        source=ticket.desk.name if ticket.desk else "派单",
    )


def _more(facts: Facts) -> Button:
    return Button("更多", ShowMoves(facts.ticket.number))


def _talk(facts: Facts) -> str:
    ticket = facts.ticket
    asked = f"已问：{ticket.question}" if ticket.question else ""
    result = f"处理结果：{ticket.resolution}" if ticket.resolution else ""
    reopened = f"第 {ticket.reopens} 次重开" if ticket.reopens else ""
    return "\n".join(filter(None, (facts.body, asked, result, reopened, facts.files(internal=True))))
