"""Everything the emulated Tencent remembers about one company and its one self-built app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from secrets import token_hex
from typing import Any

from adapters.emulator.chats import Bubble, Chats
from adapters.emulator.clock import Clock
from adapters.emulator.company import Company, Employee
from adapters.emulator.wecom.codes import CardBook
from adapters.emulator.wecom.faults import Faults
from adapters.emulator.wecom.media import Media
from adapters.emulator.wecom.rate import Rate
from adapters.emulator.wecom.switches import Switches
from adapters.emulator.wecom.tokens import Tokens
from adapters.emulator.wire import Wire

Hook = Callable[[str, bytes], Awaitable[None]]


class NoSuchMember(LookupError):
    pass


@dataclass
class AppChat:
    """A group that an app made (wecom.md §2.6). ``agent`` may manage it and nobody else's app."""

    id: str
    name: str
    owner: str
    members: list[str]
    agent: int
    made_at: datetime
    is_shown: bool = False  # clients hide a group in which nothing was said yet


@dataclass(frozen=True)
class Sent:
    """A message that was accepted. ``dropped`` are members who silently got nothing (wecom.md §2.8)."""

    at: datetime
    path: str  # message/send or webhook/send
    body: Mapping[str, Any]
    chats: tuple[str, ...]
    msgid: str = ""
    response_code: str = ""
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Updated:
    """A repaint that was carried out: over the API, or as the answer to a click ("passive")."""

    at: datetime
    by: str
    msgid: str
    members: tuple[str, ...]
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Refused:
    at: datetime
    path: str
    errcode: int
    errmsg: str
    body: Any


class State:
    def __init__(
        self,
        company: Company,
        clock: Clock,
        wire: Wire,
        *,
        corp_id: str,
        agent_id: int,
        secret: str,
        token: str,
        encoding_aes_key: str,
        callback_url: str = "",
        bot_id: str = "",
        bot_secret: str = "",
    ) -> None:
        self.company, self.clock, self.wire = company, clock, wire
        self.corp_id, self.agent_id, self.secret = corp_id, agent_id, secret
        self.token, self.encoding_aes_key, self.callback_url = token, encoding_aes_key, callback_url
        self.bot_id, self.bot_secret = bot_id, bot_secret
        self.base_url = ""  # where this server is reached; the login pages and PicUrl need it
        self.chats = Chats()
        self.switches = Switches()
        self.faults = Faults()
        self.tokens = Tokens(clock, self.switches)
        self.media = Media(clock)
        self.cards = CardBook(clock, self.switches)
        self.webhooks: dict[str, str] = {}  # key -> group id
        self.app_chats: dict[str, AppChat] = {}
        self.login_codes: dict[str, tuple[str, datetime]] = {}  # code -> member, until
        self.per_minute = Rate(clock, timedelta(minutes=1))
        self.per_hour = Rate(clock, timedelta(hours=1))
        self.per_day = Rate(clock, timedelta(days=1))
        self.on_call: Hook | None = None
        self.after_call: Hook | None = None
        self.sent: list[Sent] = []
        self.repeated: list[Sent] = []  # accepted, but dropped by enable_duplicate_check
        self.updated: list[Updated] = []
        self.recalled: list[str] = []
        self.refused: list[Refused] = []
        self.defects: list[str] = []  # what Tencent would pass over in silence although it is wrong
        self._ids = count(1)

    def add_webhook(self, key: str, group_id: str) -> None:
        self.webhooks[key] = group_id

    def members(self) -> list[Employee]:
        return [employee for employee in self.company.employees if employee.wecom]

    def member(self, userid: str) -> Employee:
        found = self.company.on_wecom(userid)
        if found is None:
            raise NoSuchMember(userid)
        return found

    def visible(self, userid: str) -> Employee | None:
        found = self.company.on_wecom(userid)
        return None if found is None or found.wecom in self.switches.hidden_users else found

    def new_id(self) -> str:
        return f"{token_hex(16)}-{next(self._ids)}"

    def bubble(self, chat: str, bubble_id: str) -> Bubble | None:
        return next((bubble for bubble in self.chats.of(chat) if bubble.id == bubble_id), None)

    def defect(self, text: str) -> None:
        self.defects.append(text)
