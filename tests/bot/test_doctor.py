"""``paidan doctor`` over both platforms, beside a running program."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

import bot
from adapters.chat import Finding
from bot.app import build
from bot.doctor import diagnose
from bot.settings import Settings
from tests.stories.stage import GROUP, TEAM, Stage, free_port, staged

# What says nothing about storage is tried once.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GUIDE = (Path(bot.__file__).parent.parent / "docs" / "go-live.md").read_text(encoding="utf-8")
ROOM = f"wecom-aibot:{TEAM}"


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    channels = [f"dingtalk:{GROUP}", "wecom-webhook:it-alerts", ROOM]
    async with staged(database_url, tmp_path, channels=channels) as made:
        await made.settle()
        yield made


async def _found(stage: Stage, *, send_test: bool = False, **settings: Any) -> dict[str, Finding]:
    changed = stage.app.settings.model_copy(update=settings)
    found = await diagnose(changed, send_test=send_test, now=stage.emulator.clock.now)
    assert len({finding.id for finding in found}) == len(found), "ids are for machines"
    return {finding.id: finding for finding in found}


def _bad(found: dict[str, Finding]) -> dict[str, Finding]:
    return {key: finding for key, finding in found.items() if not finding.ok}


def _row(key: str) -> str:
    """How the guide names it: robots, people and groups by a word that stands for all."""
    head = key.partition(".")[0]
    return f"`{head}." if head in {"wecom-webhook", "dingtalk-webhook", "people"} else f"`{key}`"


async def _until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - it happens on the other side of a socket
            await asyncio.sleep(0.002)


async def test_all_is_well_and_nobody_is_disturbed(stage: Stage) -> None:
    found = await _found(stage)
    assert _bad(found) == {}
    assert {"database", "wecom.agent", "dingtalk.stream", "wecom-aibot.line", "serve", "people.wecom"} <= {
        *found
    }
    assert "一切就绪" in found["serve"].what
    assert [key for key in found if _row(key) not in GUIDE] == []
    assert stage.chat("wecom", "ZhaoMin") == stage.chat("dingtalk", "zhaomin01") == ()


async def test_who_is_not_in_the_visible_range_is_named(stage: Stage) -> None:
    stage.emulator.wecom.switches.hidden_users = {"LiSi"}
    everybody = {employee.dingtalk for employee in stage.emulator.company.employees}
    stage.emulator.dingtalk.tenant.visible = everybody - {"chenjing01"}
    bad = _bad(await _found(stage))
    assert "李四（LiSi）" in bad["people.wecom"].what
    assert "陈静（chenjing01）" in bad["people.dingtalk"].what
    assert "可见范围" in bad["people.dingtalk"].fix


async def test_what_the_running_program_says_of_its_connections_is_told(stage: Stage) -> None:
    stage.emulator.dingtalk.switches.published = False
    await stage.emulator.dingtalk.close_sockets()
    await stage.emulator.wecom.aibot.kick()
    assert stage.app.aibot is not None
    assert stage.app.stream is not None
    aibot, stream = stage.app.aibot, stage.app.stream
    await _until(lambda: aibot.trouble() and stream.health().misconfigured)
    bad = _bad(await _found(stage))
    assert "发布" in bad["serve.stream"].what
    assert "顶替" in bad["serve.aibot"].what
    assert "别处" in bad["serve.aibot"].fix


async def test_what_is_not_there_is_not_judged(stage: Stage) -> None:
    """No program runs here, and people have accounts on a platform that is not set up."""
    server = stage.app.settings.server.model_copy(update={"port": free_port()})
    found = await _found(stage, send_test=True, server=server, dingtalk=None)
    assert not any("dingtalk" in key for key in found)
    assert found["send.wecom.ZhaoMin"].ok
    assert found["serve"].ok
    assert "paidan serve" in found["serve"].what
    assert "再运行一次" in found["serve"].fix


async def test_a_trial_reaches_administrators_and_groups(stage: Stage) -> None:
    found = await _found(stage, send_test=True)
    assert _bad(found) == {}
    for platform in ("wecom", "dingtalk"):
        zhao = stage.player("赵敏", platform)
        zhao.sees("派单自检", "请重新导入并发布")
        await zhao.presses("帮助")
        zhao.sees("不是由本系统发出")
    stage.group.sees("派单自检")
    stage.alerts.sees("派单自检")
    assert "请在群里 @机器人" in found[f"send.wecom-aibot.{TEAM}"].fix
    stage.assert_clean()


async def test_a_trial_names_what_keeps_it_from_arriving(stage: Stage) -> None:
    stage.emulator.wecom.webhooks.clear()
    stage.emulator.wecom.faults.fail("message/send", 81013)
    stage.emulator.company.groups[GROUP].robot_inside = False
    bad = _bad(await _found(stage, send_test=True))
    assert "群机器人地址无效" in bad["send.wecom-webhook.it-alerts"].fix
    assert "可见范围" in bad["send.wecom.ZhaoMin"].fix
    assert "81013" in bad["send.wecom.ZhaoMin"].fix
    assert "机器人在群里" in bad[f"send.dingtalk.{GROUP}"].fix


async def test_ipv6_can_be_avoided(database_url: str) -> None:
    for only, family in ((True, socket.AF_INET), (False, socket.AF_UNSPEC)):
        settings = {"server": {"ipv4_only": only}, "storage": {"url": database_url}}
        app = build(Settings.model_validate(settings))
        assert getattr(app.session.connector, "family", None) == family
        await app.stop()


@pytest.mark.parametrize(
    ("public_url", "login", "ok"),
    [
        ("https://tickets.example.com", "optional", True),
        ("http://127.0.0.1:8080", "required", True),
        ("http://tickets.example.com", "optional", False),
        ("", "optional", True),
        ("", "required", False),
    ],
)
async def test_where_people_come_back_after_logging_in(
    stage: Stage, public_url: str, login: str, ok: bool
) -> None:
    server = stage.app.settings.server.model_copy(update={"public_url": public_url, "login": login})
    found = await _found(stage, server=server)
    assert found["login"].ok is ok
    assert (public_url != "" and ok) or 'login = "off"' in found["login"].fix


async def test_without_a_login_there_is_nothing_to_set_up(stage: Stage) -> None:
    server = stage.app.settings.server.model_copy(update={"public_url": "", "login": "off"})
    assert "login" not in await _found(stage, server=server)
