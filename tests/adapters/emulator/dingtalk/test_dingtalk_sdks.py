"""The vendor's own SDKs, unmodified, take the emulator for the real thing, and it looks as in their captures."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.emulator.dingtalk.connections import Connection
from adapters.emulator.dingtalk.server import DingTalkServer
from tests.adapters.emulator.dingtalk.bots import GROUP, Caller, card_body
from tests.adapters.emulator.dingtalk.sdk_processes import node_bot, python_bot

CAPTURES = json.loads((Path(__file__).parent / "sdk_captures.json").read_text("utf-8"))
BOTS = {"python-0.24.3": python_bot, "node-2.1.5": node_bot}


@pytest.fixture(params=BOTS, name="sdk")
async def _sdk(request: pytest.FixtureRequest, server: DingTalkServer) -> AsyncIterator[str]:
    async with BOTS[request.param](server):
        yield request.param


async def test_a_sentence_is_acked_and_answered_through_the_session_webhook(
    server: DingTalkServer, sdk: str
) -> None:
    delivery = await server.says("zhangsan", "打印机坏了", GROUP)
    assert (delivery.acked, delivery.code) == (True, 200)
    assert server.chats.of(GROUP)[-1].text == "收到：打印机坏了"
    assert server.defects == []


async def test_a_press_is_answered_and_repaints_the_card(
    server: DingTalkServer, caller: Caller, sdk: str
) -> None:
    await caller.call("/v1.0/card/instances/createAndDeliver", card_body())
    delivery = await server.presses("lisi01", "tkt-1", "accept")
    assert (delivery.acked, delivery.late) == (True, False)
    assert server.card_view("tkt-1", "zhangsan")["markdown"] == "lisi01 已接单"
    assert server.card_view("tkt-1", "zhangsan")["title"] == "T-1 打印机"


async def test_events_and_pings_are_acked(server: DingTalkServer, sdk: str) -> None:
    event = await server.org_event("user_leave_org", userId=["wangfang"])
    assert event.acked
    [ping] = await server.ping()
    assert ping.acked
    assert set(ping.response) == {"opaque"}


async def test_after_a_disconnect_the_sdk_comes_back(server: DingTalkServer, sdk: str) -> None:
    before = server.connections.opens
    server.switches.close_after_disconnect_seconds = 0
    await server.disconnect()
    await server.connected()
    assert server.connections.opens == before + 1
    assert (await server.says("zhangsan", "还在吗")).acked


async def test_the_python_sdk_creates_and_delivers_a_card(server: DingTalkServer) -> None:
    async with python_bot(server):
        await server.says("zhangsan", "卡片", GROUP)
        [card] = server.cards
        assert (await server.presses("lisi01", card.out_track_id, "accept")).acked
        assert server.defects == []


async def test_what_goes_over_the_wire_looks_as_in_the_captures(server: DingTalkServer, sdk: str) -> None:
    server.switches.extra_fields = False
    capture = CAPTURES[sdk]
    [connection] = server.connections.served()
    await server.says("zhangsan", "打印机坏了", GROUP)
    await server.org_event("user_leave_org", userId=["wangfang"])
    await server.ping()
    for topic, name in (
        ("/v1.0/im/bot/messages/get", "exchange /v1.0/im/bot/messages/get"),
        ("*", "exchange user_leave_org"),
        ("ping", "exchange ping"),
    ):
        _assert_alike(_frame(connection, topic), capture[name]["server_to_client"])
        ack = next(
            a for a in server.stream.acks if a.message_id == _frame(connection, topic)["headers"]["messageId"]
        )
        assert ack.message == capture[name]["client_ack"]["message"]


def _frame(connection: Connection, topic: str) -> Any:
    return next(f for f in connection.frames if f["headers"]["topic"] == topic)


def _assert_alike(ours: Any, captured: Any) -> None:
    """Same fields and types; the captured emulator was an earlier one, so order and values differ."""
    assert set(ours) == set(captured)
    assert set(ours["headers"]) == set(captured["headers"])
    assert all(isinstance(value, str) for value in ours["headers"].values())
    if ours["type"] == "CALLBACK":
        said, once = json.loads(ours["data"]), json.loads(captured["data"])
        assert set(once) <= set(said)
        assert {k: type(said[k]) for k in once} == {k: type(v) for k, v in once.items()}
