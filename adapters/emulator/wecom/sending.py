"""message/send and message/recall (wecom.md §2.3, §2.4; pages 90236 and 94867)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from adapters.emulator.chats import ROBOT, Bubble
from adapters.emulator.wecom.cards import calls_back
from adapters.emulator.wecom.codes import SentCard
from adapters.emulator.wecom.gateway import Answer, Call
from adapters.emulator.wecom.messages import Shown, app_readers
from adapters.emulator.wecom.recipients import Recipients, recipients_of
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.shape import Node
from adapters.emulator.wecom.state import Sent, State

_RECALL_WINDOW = timedelta(hours=24)
_ADDRESS = {"touser", "toparty", "totag"}
_NAMES = _ADDRESS | {
    "agentid",
    "msgtype",
    "safe",
    "enable_id_trans",
    "enable_duplicate_check",
    "duplicate_check_interval",
}


class Sending:
    def __init__(self, state: State) -> None:
        self._state = state
        self._readers = app_readers(state.media)
        self._lately: dict[str, Sent] = {}  # bodies under enable_duplicate_check

    def send(self, call: Call) -> Answer:
        body = call.body
        body.object(known=_NAMES | {str(body.value.get("msgtype"))})
        check_agent(body, self._state)
        who = recipients_of(body, self._state)
        shown = self._read(body)
        if self._state.switches.duplicate_check_before_task_id and (first := self._first_of(body)):
            return self._repeat(first, who)
        self._check_card(shown)
        if first := self._first_of(body):
            return self._repeat(first, who)
        self._check_day(who)
        sent = self._deliver(shown, who, body)
        self._remember(body, sent)
        return {**who.answer(), **_codes(sent)}

    def recall(self, call: Call) -> Answer:
        msgid = call.body.child("msgid").text()
        sent = next((sent for sent in self._state.sent if sent.msgid == msgid), None)
        if sent is None or self._state.clock.now() - sent.at > _RECALL_WINDOW:
            raise Refusal(40035, "invalid msgid")
        for chat in sent.chats:
            self._take_back(chat, msgid)
        self._state.recalled.append(msgid)
        return {}

    def _read(self, body: Node) -> Shown:
        kind = body.child("msgtype").text(missing=40008)
        if kind not in self._readers:
            raise Refusal(40008)
        if body.child("safe").number(0, 1, 2, default=0) and kind in ("markdown", "template_card"):
            raise body.child("safe").refuse(f"not allowed for {kind}")
        node = body.child(kind)
        if kind == "template_card":
            node = replace(node, errcode=self._state.switches.bad_card_errcode)
        return self._readers[kind](node)

    def _check_card(self, shown: Shown) -> None:
        if shown.kind != "card":
            return
        if calls_back(shown.body) and not self._state.callback_url:
            # Page 90236: no callback URL, no interactive card. With which code is not said.
            raise Refusal(self._state.switches.card_without_callback_errcode, "callback url not set")
        reused = self._state.cards.knows_task(shown.body.get("task_id", ""))
        if reused and (errcode := self._state.switches.reused_task_id_errcode):
            raise Refusal(errcode)

    def _check_day(self, who: Recipients) -> None:
        limit = self._state.switches.limits.person_messages_per_day
        if self._state.per_day.count("persons") + len(who.members) > limit:
            raise Refusal(45009)
        self._state.per_day.add("persons", len(who.members))

    def _deliver(self, shown: Shown, who: Recipients, body: Node) -> Sent:
        msgid, now = self._state.new_id(), self._state.clock.now()
        reached = tuple(member for member in who.members if self._has_room(member))
        code = self._issue_code(shown, msgid, reached)
        for member in reached:
            self._state.chats.add(member, Bubble(msgid, now, ROBOT, shown.kind, shown.text, shown.body))
        dropped = tuple(member for member in who.members if member not in reached)
        sent = Sent(now, "message/send", body.object(), reached, msgid, code, dropped)
        self._state.sent.append(sent)
        return sent

    def _has_room(self, member: str) -> bool:
        """Page 90454: what one member gets above the limit is dropped, and the call says nothing of it."""
        limits = self._state.switches.limits
        minute = self._state.per_minute.take(f"member {member}", limits.member_per_minute)
        return minute and self._state.per_hour.take(f"member {member}", limits.member_per_hour)

    def _issue_code(self, shown: Shown, msgid: str, members: tuple[str, ...]) -> str:
        if shown.kind != "card":
            return ""
        card = SentCard(msgid, shown.body.get("task_id", ""), shown.body["card_type"], members)
        self._state.cards.add(card)
        return self._state.cards.issue(card) if calls_back(shown.body) else ""

    def _first_of(self, body: Node) -> Sent | None:
        if not body.child("enable_duplicate_check").number(0, 1, default=0):
            return None
        interval = body.child("duplicate_check_interval").number(default=1800)
        if not 0 < interval <= 14_400:
            raise body.child("duplicate_check_interval").refuse("should be at most 14400")
        first = self._lately.get(self._fingerprint(body))
        fresh = first and self._state.clock.now() - first.at < timedelta(seconds=interval)
        return first if fresh else None

    def _repeat(self, first: Sent, who: Recipients) -> Answer:
        self._state.repeated.append(first)
        codes = _codes(first) if self._state.switches.duplicate_answer_repeats_codes else {}
        return {**who.answer(), **codes}

    def _remember(self, body: Node, sent: Sent) -> None:
        if body.child("enable_duplicate_check").value:
            self._lately[self._fingerprint(body)] = sent

    def _fingerprint(self, body: Node) -> str:
        whole = self._state.switches.duplicate_check_compares_recipients
        compared = {name: v for name, v in body.object().items() if whole or name not in _ADDRESS}
        return json.dumps(compared, sort_keys=True)

    def _take_back(self, chat: str, msgid: str) -> None:
        bubble = self._state.bubble(chat, msgid)
        if bubble:
            self._state.chats.swap(chat, replace(bubble, kind="system", text="消息已撤回", body={}))


def check_agent(body: Node, state: State) -> None:
    agent = body.child("agentid")
    if agent.value is None:
        raise Refusal(41011)
    if not isinstance(agent.value, int):
        raise Refusal(40056)
    if agent.value != state.agent_id:
        raise Refusal(301002)


def _codes(sent: Sent) -> Mapping[str, Any]:
    return {"msgid": sent.msgid} | ({"response_code": sent.response_code} if sent.response_code else {})
