"""A stage for whole conversations: both vendors' emulated servers, the real program, and players who speak.

``li.says("报修 打印机卡纸")`` goes over the wire; so does everything that ``li.sees``. Time stands still until the
stage moves it.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from adapters.emulator.chats import Bubble
from adapters.emulator.clock import Clock
from adapters.emulator.company import Company, Employee, Group
from adapters.emulator.server import Emulator
from bot.app import App, running
from bot.settings import Settings

Platform = Literal["wecom", "dingtalk"]
MORNING = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # Monday, 10:00 in Shanghai
GROUP = "cidIT=="
ALERTS = "it-alerts"
TEAM = "wrITTeam01"  # a WeCom group with the AI bot in it
WEBHOOK_KEY = "stage-webhook-key"

EMPLOYEES = (
    Employee("张三", "ZhangSan", "zhangsan01"),
    Employee("李四", "LiSi", "lisi01"),
    Employee("王强", "WangQiang", "wangqiang01"),
    Employee("陈静", "ChenJing", "chenjing01"),
    Employee("赵敏", "ZhaoMin", "zhaomin01"),
    Employee("路人", "LuRen", "luren01"),
)


_SPEAKING = re.compile(r"\[([^\]]+)\]\(dtmd://dingtalkclient/sendMessage\?content=([^)]*)\)")


class NotSeen(AssertionError):
    """What a player should see is not on their screen."""


@dataclass
class Player:
    """Somebody with a phone. ``on`` is the platform in their hand."""

    stage: Stage
    employee: Employee
    on: Platform

    @property
    def id(self) -> str:
        return self.employee.wecom if self.on == "wecom" else self.employee.dingtalk

    async def says(self, text: str, group: str | None = None) -> Any:
        if self.on == "wecom" and group:
            delivery: Any = await self.stage.emulator.wecom.aibot.says(self.id, text, group)
        elif self.on == "wecom":
            delivery = await self.stage.emulator.wecom.says(self.id, text)
        else:
            delivery = await self.stage.emulator.dingtalk.says(self.id, text, group)
        await self.stage.settle()
        return delivery

    async def presses(self, label: str, *, group: str | None = None, **chosen: str) -> Any:
        """Presses the newest button called so in the direct chat, or in ``group``. A link that speaks is one."""
        bubble, key = self._button(label, group)
        if bubble.kind != "card":
            return await self.says(key, group)
        return await self.presses_key(bubble, key, **chosen)

    async def presses_key(self, bubble: Bubble, key: str, **chosen: str) -> Any:
        picked = {question: [option] for question, option in chosen.items()}
        wecom = self.stage.emulator.wecom
        if self.on == "wecom" and wecom.aibot.book.card(bubble.id):
            delivery: Any = await wecom.aibot.presses(self.id, bubble.id, key, picked)
        elif self.on == "wecom":
            delivery = await wecom.presses(self.id, bubble.id, key, picked)
        else:
            delivery = await self.stage.emulator.dingtalk.presses(self.id, bubble.body["outTrackId"], key)
        await self.stage.settle()
        return delivery

    def sees(self, *words: str) -> Bubble:
        """The newest message in the direct chat that holds all ``words``."""
        return self.stage.find(self.on, self.id, words, reader=self.id)

    def sees_no(self, *words: str) -> None:
        try:
            found = self.sees(*words)
        except NotSeen:
            return
        raise AssertionError(f"{self.employee.name} sees {words} in {shown(found)}")

    def buttons(self, group: str | None = None) -> list[str]:
        """Labels on the newest card, or on words that have links instead."""
        for bubble in reversed(self.stage.chat(self.on, group or self.id)):
            if bubble.kind == "card" or _SPEAKING.search(bubble.text):
                return [label for label, _ in self.stage.buttons_on(bubble, self)]
        return []

    def _button(self, label: str, group: str | None) -> tuple[Bubble, str]:
        for bubble in reversed(self.stage.chat(self.on, group or self.id)):
            for text, key in self.stage.buttons_on(bubble, self):
                if text == label:
                    return bubble, key
        raise NotSeen(
            f"{self.employee.name} has no button 「{label}」:\n{self.stage.screen(self.on, group or self.id)}"
        )


@dataclass
class Room:
    """A group chat and what everybody in it sees."""

    stage: Stage
    platform: Platform
    id: str

    def sees(self, *words: str) -> Bubble:
        return self.stage.find(self.platform, self.id, words, reader="")

    def sees_no(self, *words: str) -> None:
        try:
            found = self.sees(*words)
        except NotSeen:
            return
        raise AssertionError(f"the group sees {words} in {shown(found)}")

    def count(self, *words: str) -> int:
        texts = [shown(bubble) for bubble in self.stage.chat(self.platform, self.id)]
        return sum(all(word in text for word in words) for text in texts)


class Stage:
    def __init__(self, emulator: Emulator, app: App) -> None:
        self.emulator = emulator
        self.app = app
        self.group = Room(self, "dingtalk", GROUP)
        self.alerts = Room(self, "wecom", ALERTS)
        self.team = Room(self, "wecom", TEAM)

    def player(self, name: str, on: Platform) -> Player:
        return Player(self, next(e for e in EMPLOYEES if e.name == name), on)

    async def settle(self) -> None:
        await self.app.settle()

    async def later(self, **span: float) -> None:
        """Moves the clock and lets everything happen that is due by then."""
        self.emulator.clock.advance(timedelta(**span))
        await self.settle()

    # ── screens ──

    def chat(self, platform: Platform, key: str) -> tuple[Bubble, ...]:
        server = self.emulator.wecom if platform == "wecom" else self.emulator.dingtalk
        return server.chats.of(key)

    def find(self, platform: Platform, key: str, words: tuple[str, ...], reader: str) -> Bubble:
        for bubble in reversed(self.chat(platform, key)):
            if all(word in shown(bubble) for word in words):
                return bubble
        raise NotSeen(f"{words} is not in {platform} {key}:\n{self.screen(platform, key)}")

    def screen(self, platform: Platform, key: str) -> str:
        return "\n".join(f"  {b.sender}: {shown(b)}" for b in self.chat(platform, key)) or "  (empty)"

    def buttons_on(self, bubble: Bubble, player: Player) -> Iterator[tuple[str, str]]:
        if bubble.kind != "card":
            for label, phrase in _SPEAKING.findall(bubble.text):
                yield label, unquote(phrase)
            return
        if player.on == "wecom":
            body = self.emulator.wecom.aibot.view(bubble.id, player.id) or bubble.body
            for button in body.get("button_list", ()):
                if "replace_text" not in body:
                    yield button["text"], button["key"]
        else:
            for button in self.emulator.dingtalk.buttons(bubble.body["outTrackId"], player.id):
                yield button.text, button.action

    def assert_clean(self) -> None:
        """Nothing that the bot sent was wrong in a way that real servers or clients would only swallow."""
        assert self.emulator.wecom.defects == []
        assert self.emulator.dingtalk.defects == []


def shown(bubble: Bubble) -> str:
    body = json.dumps(bubble.body, ensure_ascii=False) if bubble.body else ""
    return f"{bubble.text} {body} @{','.join(bubble.mentions)}".replace("\\n", "\n")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def company() -> Company:
    made = Company(corp_id="wwstage000000001", name="舞台", employees=list(EMPLOYEES))
    inside = ["lisi01", "wangqiang01", "chenjing01", "zhaomin01", "zhangsan01", "luren01"]
    made.groups[GROUP] = Group(GROUP, "dingtalk", "IT 支持群", inside)
    made.groups[ALERTS] = Group(ALERTS, "wecom", "IT 告警群", ["LiSi", "WangQiang", "ChenJing", "ZhaoMin"])
    team = [e.wecom for e in EMPLOYEES]
    made.groups[TEAM] = Group(TEAM, "wecom", "IT 互助群", team)
    return made


def settings_for(
    emulator: Emulator, database_url: str, folder: Path, port: int, channels: list[str], **changes: Any
) -> Settings:
    storage, it_desk = changes.pop("storage", {}), changes.pop("it_desk", {})
    wecom, _dingtalk = emulator.wecom, emulator.dingtalk
    roles = {"李四": ["agent"], "王强": ["agent"], "陈静": ["agent", "lead"], "赵敏": ["admin"]}
    return Settings.model_validate(
        {
            "server": {
                "host": "127.0.0.1",
                "port": port,
                "public_url": f"http://127.0.0.1:{port}",
                "drain": "1s",
            },
            "storage": {
                "url": database_url,
                "spool": str(folder / "spool"),
                "files": str(folder / "files"),
                "backups": "",
                **storage,
            },
            "wecom": {
                "corp_id": wecom.corp_id,
                "api_base": emulator.base_url,
                "oauth_base": emulator.base_url,
                "login_base": emulator.base_url,
                "apps": changes.pop("further_apps", []),
                "app": {
                    "agent_id": wecom.agent_id,
                    "secret": wecom.secret,
                    "token": wecom.token,
                    "encoding_aes_key": wecom.encoding_aes_key,
                },
                "aibot": {
                    "bot_id": wecom.aibot.bot_id,
                    "secret": wecom.aibot.secret,
                    "name": wecom.aibot.name,
                    "ws_url": wecom.aibot.ws_url,
                },
                "webhooks": [{"name": "it-alerts", "key": WEBHOOK_KEY, "base": emulator.base_url}],
            },
            "dingtalk": {
                "client_id": emulator.credentials.dingtalk_client_id,
                "client_secret": emulator.credentials.dingtalk_client_secret,
                "robot_code": emulator.credentials.dingtalk_robot_code,
                "api_base": emulator.base_url,
                "oapi_base": emulator.base_url,
                "login_base": emulator.base_url,
                **changes.pop("dingtalk_changes", {}),
            },
            "people": [
                {"name": e.name, "wecom": e.wecom, "dingtalk": e.dingtalk, "roles": roles.get(e.name, [])}
                for e in EMPLOYEES
                if e.name != "路人"
            ],
            "desks": [
                {
                    "key": "it",
                    "name": "IT 服务台",
                    "prefix": "IT",
                    "lead": "陈静",
                    "members": ["李四", "王强"],
                    "channels": channels,
                    "sla": "standard",
                    "keywords": ["打印机", "VPN"],
                    **it_desk,
                },
                {
                    "key": "office",
                    "name": "行政服务台",
                    "prefix": "XZ",
                    "members": ["赵敏"],
                    "sla": "standard",
                    "keywords": ["空调"],
                },
            ],
            "sla": [
                {
                    "name": "standard",
                    "P1": {"respond": "15m", "resolve": "4h"},
                    "P2": {"respond": "30m", "resolve": "8h"},
                    "P3": {"respond": "2h", "resolve": "24h"},
                    "P4": {"respond": "8h", "resolve": "72h"},
                    "ladder": ["0s", "30m", "60m"],
                }
            ],
            "digest": {"to": []},  # of its own story; elsewhere it would only be in the way
            **changes,
        }
    )


BOTH_GROUPS = [f"dingtalk:{GROUP}", "wecom-webhook:it-alerts"]


@asynccontextmanager
async def staged(
    database_url: str, folder: Path, *, channels: list[str] | None = None, **changes: Any
) -> AsyncIterator[Stage]:
    async with vendors() as (emulator, port):
        groups = BOTH_GROUPS if channels is None else channels
        settings = settings_for(emulator, database_url, folder, port, groups, **changes)
        async with on_stage(emulator, settings) as stage:
            yield stage


@asynccontextmanager
async def vendors() -> AsyncIterator[tuple[Emulator, int]]:
    """Both vendors' servers, and the port on which they look for the program."""
    emulator = Emulator(company(), Clock(MORNING))
    emulator.wecom.add_webhook(WEBHOOK_KEY, ALERTS)
    emulator.wecom.aibot.groups.add(TEAM)
    await emulator.start(0)
    port = free_port()
    emulator.wecom.callback_url = f"http://127.0.0.1:{port}/wecom/callback"
    try:
        yield emulator, port
    finally:
        await emulator.stop()


@asynccontextmanager
async def on_stage(emulator: Emulator, settings: Settings) -> AsyncIterator[Stage]:
    async with running(settings, now=emulator.clock.now) as app:
        await emulator.dingtalk.connected()
        await emulator.wecom.aibot.connected()
        yield Stage(emulator, app)
