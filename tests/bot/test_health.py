"""``/metrics``: what an alarm can be hung on, and that the alarms hang on what is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from storage.inbox import PendingInbox
from tests.stories.stage import Stage, staged

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy" / "monitoring"
_NAME = re.compile(r"\b(?:paidan|process)_[a-z_]+")


async def scrape(stage: Stage) -> str:
    address = stage.app.settings.server
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{address.host}:{address.port}/metrics") as answer,
    ):
        return await answer.text()


def numbers(scraped: str) -> dict[str, float]:
    lines = (line for line in scraped.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_when_each_connection_last_spoke_can_be_watched(database_url: str, tmp_path: Path) -> None:
    async with staged(database_url, tmp_path) as stage:
        await stage.player("李四", "dingtalk").says("我的")
        at = stage.app.now().timestamp()
        told = numbers(await scrape(stage))
    assert told["paidan_stream_last_frame_seconds"] == at
    assert told["paidan_aibot_last_frame_seconds"] == at


async def test_what_came_in_went_out_and_waits_is_counted(database_url: str, tmp_path: Path) -> None:
    async with staged(database_url, tmp_path) as stage:
        before = numbers(await scrape(stage))
        await stage.player("张三", "wecom").says("报修 VPN 连不上")
        await stage.player("张三", "wecom").says("报修 打印机卡纸")
        await stage.player("李四", "dingtalk").presses("接单", group="cidIT==")
        await PendingInbox(stage.app.database).store("one", "{}", stage.app.now())
        told = numbers(await scrape(stage))
    assert 'paidan_tickets{desk="it",state="open"}' not in before
    assert told['paidan_tickets{desk="it",state="open"}'] == 1
    assert told['paidan_tickets{desk="it",state="in_progress"}'] == 1
    assert told['paidan_incoming_total{kind="said",outcome="answered",platform="wecom"}'] == 2
    assert told['paidan_incoming_total{kind="pressed",outcome="answered",platform="dingtalk"}'] == 1
    assert told['paidan_answer_seconds_count{platform="wecom"}'] == 2
    assert told["paidan_delivery_seconds_count"] >= 4
    assert (told['paidan_inbox{state="waiting"}'], told['paidan_inbox{state="dead"}']) == (1, 0)
    assert (told['paidan_outbox{state="waiting"}'], told["paidan_outbox_late_seconds"]) == (0, 0)


async def test_an_effect_that_fails_is_counted_and_its_wait_seen(database_url: str, tmp_path: Path) -> None:
    async with staged(database_url, tmp_path) as stage:
        stage.emulator.wecom.faults.bad_gateway("message/send")
        await stage.player("张三", "wecom").says("报修 VPN 连不上")
        waiting = numbers(await scrape(stage))
        await stage.later(minutes=1)
        told = numbers(await scrape(stage))
    assert waiting['paidan_outbox{state="waiting"}'] > 0
    assert told['paidan_outbox{state="waiting"}'] == 0
    assert told['paidan_effects_total{kind="show_ticket",outcome="failed"}'] == 1


def rules() -> list[dict[str, Any]]:
    told = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))
    return [rule for group in told["groups"] for rule in group["rules"]]


def asked_by_the_dashboard() -> Iterator[str]:
    board = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_alerts_and_dashboard_ask_only_for_numbers_that_exist(
    database_url: str, tmp_path: Path
) -> None:
    async with staged(database_url, tmp_path) as stage:
        await stage.player("张三", "wecom").says("报修 VPN 连不上")
        told = {name.partition("{")[0] for name in numbers(await scrape(stage))}
    asked = [*(rule["expr"] for rule in rules()), *asked_by_the_dashboard()]
    assert {name for expr in asked for name in _NAME.findall(expr)} - told == set()


def test_every_alert_is_explained_in_the_runbook_and_nothing_else() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\w+)$", runbook, re.MULTILINE) == [rule["alert"] for rule in rules()]
    assert all(rule["labels"]["severity"] in ("critical", "warning") for rule in rules())
