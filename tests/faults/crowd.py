"""A stage with a crowd at the service desk: everybody on one platform, all of them allowed to accept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.emulator.chats import Bubble
from adapters.emulator.company import Employee
from tests.stories.stage import EMPLOYEES, GROUP, Platform, Player, Stage, staged

Answer = str  # what the vendor got back for one press, as text


@dataclass(frozen=True)
class Told:
    """One presser and the answer to that press."""

    player: Player
    answer: Answer


def crowd(count: int, on: Platform) -> tuple[Employee, ...]:
    """Names that no other name contains: ``众01`` is not in ``众011``, for there are never so many."""
    if on == "wecom":
        return tuple(Employee(f"微{n:02}", wecom=f"Wei{n:02}") for n in range(count))
    return tuple(Employee(f"钉{n:02}", dingtalk=f"ding{n:02}") for n in range(count))


def everybody(stage: Stage, employees: Iterable[Employee]) -> list[Player]:
    return [Player(stage, who, "wecom" if who.wecom else "dingtalk") for who in employees]


@asynccontextmanager
async def crowded(
    database_url: str, folder: Path, employees: tuple[Employee, ...], channels: list[str]
) -> AsyncIterator[Stage]:
    """The IT desk has ``employees`` for members, and 陈静 for its lead as ever."""
    async with staged(
        database_url, folder, people=_people(employees), desks=_desks(employees, channels)
    ) as stage:
        stage.emulator.company.employees.extend(employees)
        inside = stage.emulator.company.groups[GROUP].members
        inside.extend(who.dingtalk for who in employees if who.dingtalk)
        # Time stands still here, and with it every second in which a vendor counts.
        stage.emulator.dingtalk.switches.qps = 0
        yield stage
        stage.assert_clean()


def _people(employees: Iterable[Employee]) -> list[dict[str, Any]]:
    known = [who for who in EMPLOYEES if who.name in {"张三", "陈静"}]
    return [
        {"name": who.name, "wecom": who.wecom, "dingtalk": who.dingtalk, "roles": ["agent"]}
        for who in (*known, *employees)
    ]


def _desks(employees: Iterable[Employee], channels: list[str]) -> list[dict[str, Any]]:
    members = [who.name for who in employees]
    desk = {"key": "it", "name": "IT 服务台", "prefix": "IT", "lead": "陈静", "members": members}
    return [{**desk, "channels": channels, "sla": "standard", "keywords": ["打印机", "VPN"]}]


# ── pressing ──


async def press_at_once(players: list[Player], label: str, group: str | None = None) -> list[Told]:
    """All of them press ``label`` before any of them can see what the others did."""
    aims = [aim(player, label, group) for player in players]
    answers = await asyncio.gather(*(press(p, b, key) for p, (b, key) in zip(players, aims, strict=True)))
    return [Told(player, answer) for player, answer in zip(players, answers, strict=True)]


def aim(player: Player, label: str, group: str | None = None) -> tuple[Bubble, str]:
    """The newest card with a button of that name, and what the button sends."""
    for bubble in reversed(player.stage.chat(player.on, group or player.id)):
        for text, key in player.stage.buttons_on(bubble, player):
            if text == label:
                return bubble, key
    raise AssertionError(f"{player.employee.name} has no button 「{label}」")


async def press(player: Player, bubble: Bubble, key: str) -> Answer:
    """Without waiting for what follows from it."""
    if player.on == "wecom":
        delivery = await player.stage.emulator.wecom.presses_stale(player.id, bubble.id, key)
        assert delivery.status == 200
        return delivery.reply.plain if delivery.reply else ""
    pressed = await player.stage.emulator.dingtalk.presses_stale(player.id, bubble.body["outTrackId"], key)
    assert pressed.acked
    assert pressed.code == 200
    return json.dumps(pressed.response, ensure_ascii=False)
