"""What a good passive reply does (wecom.md §1.10; page 90241): one bubble more, or one copy repainted."""

from __future__ import annotations

from adapters.emulator.chats import ROBOT, Bubble
from adapters.emulator.wecom.codes import SentCard
from adapters.emulator.wecom.passive import Context, PassiveReply
from adapters.emulator.wecom.state import State, Updated
from adapters.emulator.wecom.updating import Repaint


def perform(reply: PassiveReply, context: Context, state: State) -> None:
    if context.card and reply.kind == "update_button":
        look = Repaint(state, context.card.msgid, label=reply.body["replace_name"])
        _repaint(look, reply, context.card, context, state)
    elif context.card and reply.kind == "update_template_card":
        look = Repaint(state, context.card.msgid, card=reply.body)
        _repaint(look, reply, context.card, context, state)
    else:
        _say(reply, context, state)


def _repaint(look: Repaint, reply: PassiveReply, card: SentCard, context: Context, state: State) -> None:
    """Only the copy of the member who clicked changes."""
    look.put_on(context.member)
    now = state.clock.now()
    state.updated.append(Updated(now, "passive", card.msgid, (context.member,), reply.body))
    if state.switches.passive_reply_spends_code:
        state.cards.spend(context.code)


def _say(reply: PassiveReply, context: Context, state: State) -> None:
    text = str(reply.body.get("content", ""))
    bubble = Bubble(state.new_id(), state.clock.now(), ROBOT, reply.kind, text, reply.body)
    state.chats.add(context.member, bubble)
