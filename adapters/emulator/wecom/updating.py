"""message/update_template_card (wecom.md §3.4; page 94888): repaints the copies of the named members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.emulator.wecom.cards import INTERACTIVE, Door, check_card
from adapters.emulator.wecom.codes import SentCard
from adapters.emulator.wecom.gateway import Answer, Call
from adapters.emulator.wecom.messages import card_title
from adapters.emulator.wecom.recipients import ROOT_DEPARTMENT
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.sending import check_agent
from adapters.emulator.wecom.shape import Node
from adapters.emulator.wecom.state import State, Updated

_NAMES = {
    "userids",
    "partyids",
    "tagids",
    "atall",
    "agentid",
    "response_code",
    "enable_id_trans",
    "button",
    "template_card",
}


class Updating:
    def __init__(self, state: State) -> None:
        self._state = state

    def update(self, call: Call) -> Answer:
        body = call.body
        body.object(known=_NAMES)
        check_agent(body, self._state)
        code = body.child("response_code").text()
        card = self._state.cards.of_code(code)
        try:
            members, invalid = self._members(body, card)
            look = self._look(body, card)
        except Refusal:
            if self._state.switches.refused_update_spends_code:
                self._state.cards.spend(code)
            raise
        self._state.cards.spend(code)
        for member in members:
            look.put_on(member)
        by = "message/update_template_card"
        self._state.updated.append(Updated(self._state.clock.now(), by, card.msgid, members, body.object()))
        # An array here, while message/send joins the same names with bars.
        return {"invaliduser": [name.lower() for name in invalid]} if invalid else {}

    def _members(self, body: Node, card: SentCard) -> tuple[tuple[str, ...], list[str]]:
        if body.child("atall").number(0, 1, default=0):
            return card.recipients, []
        named = [item.text() for item in body.child("userids").items(0, 1000)] if "userids" in body else []
        parties = list(body.child("partyids").items(0, 100)) if "partyids" in body else []
        if any(str(party.value) == ROOT_DEPARTMENT for party in parties):
            return card.recipients, []
        holders = {holder.casefold(): holder for holder in card.recipients}
        members = tuple(dict.fromkeys(holders[n.casefold()] for n in named if n.casefold() in holders))
        if not members:
            raise Refusal(81013)
        return members, [name for name in named if name.casefold() not in holders]

    def _look(self, body: Node, card: SentCard) -> Repaint:
        if ("button" in body) == ("template_card" in body):
            raise body.child("button").refuse("and template_card: exactly one should be there")
        if "template_card" in body:
            node = replace(body.child("template_card"), errcode=self._state.switches.bad_card_errcode)
            check_card(node, Door.UPDATE, self._state.switches.update_task_id)
            return Repaint(self._state, card.msgid, card=dict(node.object()))
        if card.card_type not in INTERACTIVE:
            raise body.child("button").refuse("needs a card with buttons")
        return Repaint(self._state, card.msgid, label=body.child("button").child("replace_name").text())


class Repaint:
    """What a copy turns into: another card, or the same with a grey ``label`` instead of its buttons."""

    def __init__(
        self, state: State, msgid: str, *, card: Mapping[str, Any] | None = None, label: str = ""
    ) -> None:
        self._state = state
        self._msgid = msgid
        self._card = card
        self._label = label

    def put_on(self, member: str) -> None:
        bubble = self._state.bubble(member, self._msgid)
        if bubble is None or bubble.kind != "card":
            return  # recalled, or the phone was wiped
        body = self._card or {**bubble.body, "replace_text": self._label}
        self._state.chats.swap(member, replace(bubble, body=body, text=card_title(body)))
