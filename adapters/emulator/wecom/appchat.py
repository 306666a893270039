"""Groups that the app makes and manages itself (wecom.md §2.6; pages 90245 to 90248, 98914)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from secrets import token_hex

from adapters.emulator.chats import ROBOT, Bubble
from adapters.emulator.company import Group
from adapters.emulator.wecom.gateway import Answer, Call
from adapters.emulator.wecom.mentions import mentions, names
from adapters.emulator.wecom.messages import Reader, Shown, app_readers, text
from adapters.emulator.wecom.refusal import Refusal
from adapters.emulator.wecom.shape import Node
from adapters.emulator.wecom.state import AppChat, Sent, State

_CHAT_ID = re.compile(r"[0-9A-Za-z]{1,32}")
_NAME_CHARS = 50
_AT_A_TIME = 1000  # members in one update
_FEWEST = 2


class AppChats:
    def __init__(self, state: State) -> None:
        self._state = state
        self._readers = chat_readers(state)

    def create(self, call: Call) -> Answer:
        self._check_range()
        body = call.body
        body.object(known={"name", "owner", "userlist", "chatid"})
        chat_id = body.child("chatid").text_or_nothing() or token_hex(16)
        if not _CHAT_ID.fullmatch(chat_id):
            raise Refusal(86001)
        if chat_id in self._state.app_chats:
            raise Refusal(self._state.switches.chat_id_taken_errcode)
        members = self._members(body.child("userlist"))
        owner = self._owner(body.child("owner"), members) or members[0]
        if not self._state.per_day.take("app chats", self._state.switches.limits.app_chats_per_day):
            raise Refusal(45009)
        now = self._state.clock.now()
        self._state.app_chats[chat_id] = AppChat(
            chat_id, _name(body), owner, members, self._state.agent_id, now
        )
        if not self._state.switches.chats_appear_with_first_message:
            self._show(self._state.app_chats[chat_id])
        return {"chatid": chat_id}

    def update(self, call: Call) -> Answer:
        self._check_range()
        body = call.body
        body.object(known={"chatid", "name", "owner", "add_user_list", "del_user_list"})
        chat = self._own(body.child("chatid").text_or_nothing())
        added = self._known(names(body.child("add_user_list"), _AT_A_TIME))
        gone = {name.casefold() for name in names(body.child("del_user_list"), _AT_A_TIME)}
        members = [m for m in dict.fromkeys([*chat.members, *added]) if m.casefold() not in gone]
        self._check_size(members)
        owner = self._owner(body.child("owner"), members) or chat.owner
        chat.owner = owner if owner in members else members[0]
        chat.name = _name(body) or chat.name
        chat.members[:] = members
        if chat.is_shown:
            self._show(chat)
        return {}

    def get(self, call: Call) -> Answer:
        self._check_range()
        chat = self._own(call.query.get("chatid", ""))
        told = {"chatid": chat.id, "name": chat.name, "owner": chat.owner}
        return {"chat_info": told | {"userlist": list(chat.members), "chat_type": 0}}

    def send(self, call: Call) -> Answer:
        """Nothing comes back that names the message: it can't be recalled, and a repeat is a second one."""
        body = call.body
        kind = body.child("msgtype").text(missing=40008)
        body.object(known={"chatid", "msgtype", "safe", kind})
        chat = self._own(body.child("chatid").text_or_nothing())
        if kind not in self._readers:
            raise Refusal(40008)
        body.child("safe").number(0, 1, default=0)
        shown = self._readers[kind](body.child(kind))
        self._check_company(len(chat.members))
        self._post(chat, shown, mentions(self._state, kind, shown, body.child(kind)), body)
        return {}

    # ── members ──

    def _members(self, node: Node) -> list[str]:
        if not isinstance(node.value, list):
            raise Refusal(86006)
        members = self._known(names(node, 10_000))
        self._check_size(members)
        return members

    def _known(self, users: list[str]) -> list[str]:
        found = {user: self._state.visible(user) for user in users}
        errcode = self._state.switches.bad_chat_member_errcode
        if errcode and not all(found.values()):
            raise Refusal(errcode)
        return list(dict.fromkeys(employee.wecom for employee in found.values() if employee))

    def _check_size(self, members: list[str]) -> None:
        if not _FEWEST <= len(members) <= self._state.switches.limits.app_chat_members:
            raise Refusal(86006)

    def _owner(self, node: Node, members: list[str]) -> str:
        wanted = node.text_or_nothing()
        if not wanted:
            return ""
        found = next((member for member in members if member.casefold() == wanted.casefold()), "")
        if not found and self._state.switches.chat_owner_must_be_listed:
            raise Refusal(86005)
        return found

    # ── rights and limits ──

    def _check_range(self) -> None:
        """Page 90245: only for an app that may see the whole company. Reported to be refused with 60011."""
        if not self._state.switches.app_sees_root:
            raise Refusal(60011)

    def _own(self, chat_id: str) -> AppChat:
        chat = self._state.app_chats.get(chat_id)
        if chat is None:
            raise Refusal(86003 if _CHAT_ID.fullmatch(chat_id) else 86001)
        if chat.agent != self._state.agent_id:
            raise Refusal(86008)
        return chat

    def _check_company(self, persons: int) -> None:
        limits, key = self._state.switches.limits, "app chat persons"
        minute, hour = self._state.per_minute, self._state.per_hour
        if minute.count(key) + persons > limits.app_chat_persons_per_minute:
            raise Refusal(45009)
        if hour.count(key) + persons > limits.app_chat_persons_per_hour:
            raise Refusal(45009)
        minute.add(key, persons)
        hour.add(key, persons)

    def _has_room(self, member: str) -> bool:
        limits, key = self._state.switches.limits, f"app chat {member}"
        minute = self._state.per_minute.take(key, limits.app_chat_member_per_minute)
        return minute and self._state.per_day.take(key, limits.app_chat_member_per_day)

    # ── showing ──

    def _post(self, chat: AppChat, shown: Shown, called: tuple[str, ...], body: Node) -> None:
        now, msgid = self._state.clock.now(), self._state.new_id()
        dropped = tuple(member for member in chat.members if not self._has_room(member))
        if len(dropped) < len(chat.members):
            self._show(chat)
            bubble = Bubble(msgid, now, ROBOT, shown.kind, shown.text, shown.body, called)
            self._state.chats.add(chat.id, bubble)
        sent = Sent(now, "appchat/send", body.object(), (chat.id,), msgid, dropped=dropped)
        self._state.sent.append(sent)

    def _show(self, chat: AppChat) -> None:
        chat.is_shown = True
        name = chat.name or "群聊"
        self._state.company.groups[chat.id] = Group(chat.id, "wecom", name, list(chat.members))


def chat_readers(state: State) -> Mapping[str, Reader]:
    """No template cards: such a group has no callbacks that could bring a press."""
    readers = {kind: reader for kind, reader in app_readers(state.media).items() if kind != "template_card"}
    return readers | {"text": _text}


def _text(node: Node) -> Shown:
    node.object(known={"content", "mentioned_list"})
    return text(Node({"content": node.child("content").value}, node.path, node.errcode))


def _name(body: Node) -> str:
    return body.child("name").text_or_nothing()[:_NAME_CHARS]  # what is longer is cut without a word
