"""What each door is given by whoever means no good: a clear no, no change, no 5xx, and the next message works."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from tests.stories.stage import Stage, staged

CALLBACK = "/wecom/callback"
QUERY = "?msg_signature={sig}&timestamp=1772416800&nonce=n"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(f"sqlite:///{tmp_path / 'bad.db'}", tmp_path) as made:
        yield made


def envelope(encrypt: str) -> bytes:
    return f"<xml><ToUserName>x</ToUserName><Encrypt>{encrypt}</Encrypt></xml>".encode()


BODIES: dict[str, Callable[[], bytes]] = {
    "forged signature": lambda: envelope("AAAA"),
    "no envelope": lambda: b"hello",
    "empty": lambda: b"",
    "deep XML": lambda: b"<a>" * 200_000,
    "a megabyte": lambda: envelope("A" * 1_000_000),
    "entities": lambda: b'<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>',
    "NUL": lambda: envelope("A\x00A"),
    "not UTF-8": lambda: b"\xff\xfe<xml/>",
}


async def good_message_works(stage: Stage) -> None:
    zhang = stage.player("张三", "wecom")
    await zhang.says("报修 VPN 连不上")
    zhang.sees("IT-1001", "待接单")


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_a_callback_that_is_not_tencents_is_refused_and_changes_nothing(
    stage: Stage, body: Callable[[], bytes]
) -> None:
    address = str(stage.emulator.wecom.callback_url)
    async with (
        aiohttp.ClientSession() as session,
        session.post(address + QUERY.format(sig="0" * 40), data=body()) as answer,
    ):
        assert 400 <= answer.status < 500
        assert await answer.read() == b""
    assert [line async for line in stage.app.queries.export()] == []
    await good_message_works(stage)


async def test_a_well_signed_message_for_another_company_is_refused(stage: Stage) -> None:
    stage.emulator.wecom.corp_id, ours = "wwother000000001", stage.emulator.wecom.corp_id
    delivery = await stage.emulator.wecom.says("ZhangSan", "报修 别家的")
    assert delivery.status is not None
    assert 400 <= delivery.status < 500
    stage.emulator.wecom.corp_id = ours
    assert [line async for line in stage.app.queries.export()] == []
    await good_message_works(stage)


@pytest.mark.parametrize("kind", ["hologram", "event"])
async def test_an_unknown_type_is_answered_politely(stage: Stage, kind: str) -> None:
    delivery = await stage.emulator.wecom.event(
        {"FromUserName": "ZhangSan", "MsgType": kind, "Event": "never_heard_of", "MsgId": "77"}
    )
    await stage.settle()
    assert delivery.status == 200
    assert [line async for line in stage.app.queries.export()] == []
    await good_message_works(stage)


@pytest.mark.parametrize("text", ["报修 打印机\x00坏了", "报修 \u202e反的", "报修 " + "长" * 3000])
async def test_text_that_a_database_would_choke_on_still_becomes_a_ticket(stage: Stage, text: str) -> None:
    zhang = stage.player("张三", "dingtalk")
    await zhang.says(text)
    zhang.sees("IT-1001")


@pytest.mark.parametrize(
    "frame",
    [
        "no json",
        "[]",
        json.dumps({"type": "CALLBACK", "headers": {}, "data": "{}"}),
        json.dumps({"type": "CALLBACK", "headers": {"topic": "/v1.0/im/bot/messages/get"}, "data": "NaN"}),
        json.dumps({"type": "NEW", "headers": {"topic": "/never", "messageId": "1"}, "data": "{}"}),
        json.dumps({"type": "CALLBACK", "headers": {"topic": "/v1.0/card/instances/callback"}, "data": "{}"}),
    ],
)
async def test_a_strange_frame_does_not_disturb_the_stream(stage: Stage, frame: str) -> None:
    await stage.emulator.dingtalk.frame(frame)
    zhang = stage.player("张三", "dingtalk")
    await zhang.says("报修 VPN 连不上")
    zhang.sees("IT-1001", "待接单")
