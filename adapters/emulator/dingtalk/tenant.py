"""One organisation with one app, as DingTalk's servers know it: what all the played APIs share."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

from adapters.emulator.chats import Chats
from adapters.emulator.clock import Clock
from adapters.emulator.company import Company, Group
from adapters.emulator.dingtalk.switches import Switches
from adapters.emulator.wire import Wire


@dataclass(frozen=True)
class App:
    client_id: str
    client_secret: str
    robot_code: str


@dataclass(frozen=True)
class Sent:
    """One message that the bot got through. ``body`` is what it asked for, ``chats`` where it showed up."""

    api: str
    key: str  # processQueryKey, openDingId, task id …
    chats: tuple[str, ...]
    body: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True)
class RefusedCall:
    api: str
    code: str
    status: int
    at: datetime


class Calls:
    """Metered API calls and Webhook & Stream messages, by month as DingTalk bills them."""

    MESSAGES = "webhook & stream"

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, month: str, api: str) -> None:
        self._counts[month, api] += 1

    def of(self, api: str, month: str = "") -> int:
        return sum(n for (m, a), n in self._counts.items() if a == api and month in ("", m))

    def total(self, month: str = "") -> int:
        """All metered API calls; messages are another account."""
        return sum(n for (m, a), n in self._counts.items() if a != self.MESSAGES and month in ("", m))

    def by_api(self, month: str = "") -> dict[str, int]:
        apis = {a for (_, a) in self._counts}
        return {api: self.of(api, month) for api in sorted(apis)}

    def clear(self) -> None:
        self._counts.clear()


@dataclass
class Tenant:
    company: Company
    clock: Clock
    wire: Wire
    app: App
    switches: Switches = field(default_factory=Switches)
    chats: Chats = field(default_factory=Chats)
    base_url: str = ""
    scopes: set[str] | None = None  # None: every permission is granted
    visible: set[str] | None = None  # user ids in the app's range; None: everybody
    outsiders: dict[str, str] = field(default_factory=dict)  # id -> nick of people outside the company
    disbanded: set[str] = field(default_factory=set)  # conversation ids
    flow_controlled: set[str] = field(default_factory=set)  # user ids
    sent: list[Sent] = field(default_factory=list)
    refused: list[RefusedCall] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    calls: Calls = field(default_factory=Calls)
    requests: deque[str] = field(default_factory=lambda: deque(maxlen=5000))

    def now(self) -> datetime:
        return self.clock.now()

    def millis(self) -> int:
        return int(self.clock.now().astimezone(UTC).timestamp() * 1000)

    def month(self) -> str:
        zone = timezone(timedelta(hours=self.switches.month_offset_hours))
        return self.clock.now().astimezone(zone).strftime("%Y-%m")

    def knows(self, userid: str) -> bool:
        return self.company.on_dingtalk(userid) is not None

    def reaches(self, userid: str) -> bool:
        return self.knows(userid) and (self.visible is None or userid in self.visible)

    def name_of(self, userid: str) -> str:
        employee = self.company.on_dingtalk(userid)
        return employee.name if employee else self.outsiders.get(userid, userid)

    def group(self, conversation: str) -> Group | None:
        group = self.company.groups.get(conversation)
        return group if group and group.platform == "dingtalk" else None

    def userid_of(self, given: str, user_id_type: int) -> str:
        """``given`` is a userid, or with userIdType 2 a unionid."""
        if user_id_type != 2:
            return given
        found = (e.dingtalk for e in self.company.employees if e.dingtalk and e.union_id == given)
        return next(found, given)

    def count_message(self) -> None:
        self.calls.add(self.month(), Calls.MESSAGES)

    def messages_spent(self) -> bool:
        limit = self.switches.monthly_messages
        return bool(limit) and self.calls.of(Calls.MESSAGES, self.month()) > limit

    def note_sent(self, api: str, chats: tuple[str, ...], body: Mapping[str, Any]) -> Sent:
        sent = Sent(api, uuid4().hex, chats, body, self.now())
        self.sent.append(sent)
        return sent
