"""Custom group robots (自定义机器人): one-way doors into single groups, each with its own address and secret.

An optional sink for alerts. Nobody can answer such a robot, so cards become text (dingtalk.md §3.9).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import ClientSession

from adapters.billing import billed_ticket
from adapters.card import Card
from adapters.chat import (
    Capabilities,
    CardCopy,
    Edits,
    EditSpent,
    FileRef,
    Finding,
    NotReachable,
    Paced,
    Parcel,
    Profile,
    Rejected,
    Sink,
    Unfit,
    Unreachable,
)
from adapters.dingtalk.app import OAPI_BASE
from adapters.dingtalk.errors import webhook_refusal
from adapters.dingtalk.http import ask
from adapters.dingtalk.messages import mentioning, session_message
from adapters.dingtalk.payload import number_at, text_at
from adapters.dingtalk.render import Look, as_markdown, mentioned, out_track_id
from adapters.dingtalk.signature import sign
from adapters.fit import split_bytes
from adapters.ports import Ledger, Turns
from domain.base import Account, Conversation

# The 21st message of a minute is refused, and so is everything for ten minutes after it. Two are left
# for whoever else has the address.
PER_MINUTE = 18
_MINUTE = timedelta(minutes=1)
SHARED = (6, timedelta(seconds=5))  # of all replicas together: at most 18 in a minute
_TEXT_BYTES = 5000
_CAN = Capabilities(
    Edits.NEVER,
    fields=8,
    mentions=True,
    title_chars=60,
    lead_chars=600,
    field_name_chars=12,
    field_value_chars=80,
    text_bytes=_TEXT_BYTES,
)


@dataclass(frozen=True)
class CustomRobot:
    """``name`` is ours; a robot secured by keywords or addresses alone has no ``secret``."""

    name: str
    access_token: str = field(repr=False)
    secret: str = field(default="", repr=False)


class DingTalkWebhooks:
    """The conversation's key is the robot's name."""

    name = "dingtalk-webhook"

    def __init__(
        self,
        session: ClientSession,
        robots: Sequence[CustomRobot],
        ledger: Ledger,
        *,
        now: Callable[[], datetime],
        oapi_base: str = OAPI_BASE,
        turns: Turns | None = None,
    ) -> None:
        self._session = session
        self._robots = {robot.name: robot for robot in robots}
        self._ledger = ledger
        self._now = now
        self._turns = turns
        self._url = oapi_base.rstrip("/") + "/robot/send"
        self._sent: defaultdict[str, deque[datetime]] = defaultdict(lambda: deque(maxlen=PER_MINUTE))

    def capabilities(self, place: Conversation) -> Capabilities:
        return _CAN

    async def post(self, place: Conversation, card: Card, *, key: str) -> CardCopy:
        message = as_markdown(card)
        param = {"title": message.title, "text": message.text}
        people = [who for who, _ in mentioned(card)]
        await self._send(place, session_message("sampleMarkdown", param, people))
        return CardCopy(place, out_track_id(Look.TEXT, key))

    async def edit(self, copy: CardCopy, card: Card) -> CardCopy:
        raise EditSpent("a custom robot can't repaint")

    async def say(
        self,
        place: Conversation,
        text: str,
        *,
        key: str,
        mention: Sequence[Account] = (),
    ) -> None:
        for piece in split_bytes(text, _TEXT_BYTES):
            await self._send(place, session_message("sampleText", {"content": piece}, mentioning(mention)))

    async def profile(self, account: Account) -> Profile:
        raise NotReachable("webhook.profile", "自定义机器人不能查询通讯录", (account.user_id,))

    async def fetch(self, file: FileRef, into: Sink, *, limit: int) -> None:
        raise Rejected("webhook.fetch", f"自定义机器人没有文件 {file.name}")

    async def send_file(self, place: Conversation, file: Parcel, *, key: str) -> None:
        raise Unfit("webhook.file", "自定义机器人不能发文件")

    async def diagnose(self) -> list[Finding]:
        """Nothing can be asked of such a robot without everybody in the group reading it."""
        return [
            Finding(
                ok=True,
                what=f"钉钉自定义机器人「{name}」：已配置，发出消息时才能验证",
                fix="请运行 paidan doctor --send-test。",
                id=f"{self.name}.{name}",
            )
            for name in self._robots
        ]

    async def _send(self, place: Conversation, message: Mapping[str, Any]) -> None:
        robot = self._robots.get(place.key)
        if robot is None:
            raise NotReachable(
                "webhook.unknown", f"配置中没有名为 {place.key} 的钉钉自定义机器人", (place.key,)
            )
        await self._take_turn(robot)
        await self._ledger.count(self.name, "webhook.robot", self._now(), billed_ticket())
        answer = await ask(self._session, "POST", self._url, body=message, params=self._params(robot))
        if answer.status != 200 or "errcode" not in answer.body:
            raise Unreachable(f"HTTP {answer.status} without errcode")
        number = number_at(answer.body, "errcode")
        if number:
            raise webhook_refusal(number, text_at(answer.body, "errmsg"), robot.name)

    async def _take_turn(self, robot: CustomRobot) -> None:
        """Stops before the limit rather than at it."""
        if self._turns is not None:
            name = hashlib.sha256(robot.access_token.encode()).hexdigest()[:16]  # the token is a secret
            wait = await self._turns.take(f"dingtalk-webhook:{name}", [SHARED], self._now())
            if wait > timedelta():
                raise Paced(wait.total_seconds(), "turns")
            return
        sent, now = self._sent[robot.name], self._now()
        if len(sent) == PER_MINUTE and now - sent[0] < _MINUTE:
            raise Paced((_MINUTE - (now - sent[0])).total_seconds(), "18/min")
        sent.append(now)

    def _params(self, robot: CustomRobot) -> Mapping[str, str]:
        if not robot.secret:
            return {"access_token": robot.access_token}
        timestamp = str(int(self._now().timestamp() * 1000))
        signed = {"timestamp": timestamp, "sign": sign(robot.secret, timestamp)}
        return {"access_token": robot.access_token, **signed}
