"""Opening the stream, delivering over it, and how it goes wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import ClientConnectionError, WSMsgType, WSServerHandshakeError

from adapters.emulator.clock import Clock
from adapters.emulator.dingtalk.connections import Health
from adapters.emulator.dingtalk.faults import Fault
from adapters.emulator.dingtalk.frames import CARD_TOPIC, ROBOT_TOPIC
from adapters.emulator.dingtalk.server import DingTalkServer
from tests.adapters.emulator.dingtalk.bots import (
    ALL_TOPICS,
    SECRET,
    Caller,
    StreamBot,
    card_body,
    open_stream,
    running_server,
    spawn,
    stream_bot,
)

OPEN = "/v1.0/gateway/connections/open"
OPENING = {
    "clientId": "dingabc",
    "clientSecret": SECRET,
    "subscriptions": [{"type": "EVENT", "topic": "*"}],
}


@pytest.fixture(name="second")
async def _second(caller: Caller, bot: StreamBot) -> AsyncIterator[StreamBot]:
    async with stream_bot(caller) as second:
        yield second


# ── opening ─────────────────────────────────────────────────────────────────────────────────────────


async def test_wrong_credentials_are_401_and_an_unpublished_robot_400(
    server: DingTalkServer, caller: Caller
) -> None:
    assert await caller.code(OPEN, OPENING | {"clientSecret": "x"}) == (401, "authFailed")
    server.switches.published = False
    status, _ = await caller.code(OPEN, OPENING)
    assert status == 400


@pytest.mark.parametrize(
    "subscriptions", [[], "EVENT", [{"type": "EVENT"}], [{"type": 1, "topic": "*"}], ["*"]]
)
async def test_subscriptions_must_be_well_formed(caller: Caller, subscriptions: object) -> None:
    body = OPENING | {"subscriptions": subscriptions}
    assert await caller.code(OPEN, body) == (400, "Invalidsubscriptions")


async def test_without_an_accept_header_for_json_the_gateway_speaks_xml(
    server: DingTalkServer, caller: Caller
) -> None:
    async with caller.http.post(f"{server.base_url}{OPEN}", json=OPENING) as response:
        assert response.content_type == "application/xml"
    server.switches.xml_without_accept = False
    assert "ticket" in await caller.call(OPEN, OPENING)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_ticket_opens_one_socket_within_ninety_seconds(
    server: DingTalkServer, caller: Caller, status: int
) -> None:
    server.switches.bad_ticket_status = status
    opened = await open_stream(caller)
    address = f"{opened['endpoint']}?ticket={opened['ticket']}"
    async with caller.http.ws_connect(address):
        assert await _refused(caller, address) == status
    opened = await open_stream(caller)
    server.tenant.clock.advance(timedelta(seconds=90))
    assert await _refused(caller, f"{opened['endpoint']}?ticket={opened['ticket']}") == status


async def _refused(caller: Caller, address: str) -> int:
    with pytest.raises(WSServerHandshakeError) as refusal:
        await caller.http.ws_connect(address)
    return refusal.value.status


async def test_the_upgrade_can_be_refused_reset_or_closed_at_once(
    server: DingTalkServer, caller: Caller
) -> None:
    server.faults.plan("/connect", Fault.UNAVAILABLE)
    opened = await open_stream(caller)
    address = f"{opened['endpoint']}?ticket={opened['ticket']}"
    assert await _refused(caller, address) == 503
    # Twice: aiohttp tries a GET again that died on a kept-alive connection.
    server.faults.plan("/connect", Fault.RESET_BEFORE, times=2)
    with pytest.raises(ClientConnectionError):
        await caller.http.ws_connect(address)
    server.switches.closes_after_handshake = True
    async with caller.http.ws_connect(address) as socket:
        assert (await socket.receive()).type is WSMsgType.CLOSE


async def test_a_reset_after_the_handshake_leaves_no_connection(
    server: DingTalkServer, caller: Caller
) -> None:
    server.faults.plan("/connect", Fault.RESET_AFTER)
    opened = await open_stream(caller)
    async with caller.http.ws_connect(f"{opened['endpoint']}?ticket={opened['ticket']}") as socket:
        assert (await socket.receive()).type in (WSMsgType.CLOSED, WSMsgType.ERROR)
    assert server.connections.all() == ()


# ── frames and acks ─────────────────────────────────────────────────────────────────────────────────


async def test_all_header_values_are_strings(server: DingTalkServer, bot: StreamBot) -> None:
    await server.says("zhangsan", "你好")
    await server.org_event("user_leave_org", userId=["lisi01"])
    for frame in bot.frames:
        assert all(isinstance(value, str) for value in frame["headers"].values())
    assert bot.frames[1]["headers"]["eventType"] == "user_leave_org"
    assert bot.payload()["userId"] == ["lisi01"]
    assert isinstance(bot.payload()["timeStamp"], str)


async def test_the_delivery_tells_code_answer_and_time(server: DingTalkServer, bot: StreamBot) -> None:
    bot.answer = lambda _: {"response": {"ok": True}}
    delivery = await server.says("zhangsan", "你好")
    assert (delivery.acked, delivery.code, delivery.response) == (True, 200, {"ok": True})
    assert 0 < delivery.took < 5
    assert delivery.message_id == bot.frames[0]["headers"]["messageId"]


async def test_a_ping_is_answered_with_the_same_data(server: DingTalkServer, bot: StreamBot) -> None:
    [delivery] = await server.ping()
    assert delivery.response == bot.payload()


async def test_pings_come_by_themselves(server: DingTalkServer, caller: Caller) -> None:
    server.switches.ping_seconds = 0.01
    async with stream_bot(caller) as bot:
        frames = await bot.got(2)
    assert {frame["headers"]["topic"] for frame in frames} == {"ping"}


async def test_system_frames_can_be_bare_and_the_node_greetings_can_come(
    server: DingTalkServer, caller: Caller
) -> None:
    server.switches.greets = server.switches.bare_system_frames = True
    async with stream_bot(caller) as bot:
        frames = await bot.got(2)
    assert [frame["headers"]["topic"] for frame in frames] == ["CONNECTED", "REGISTERED"]
    assert set(frames[0]) == {"type", "headers", "data"}
    assert set(frames[0]["headers"]) == {"topic", "contentType"}


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        '{"headers": {}}',
        '{"code": "200", "headers": {}}',
        '{"code": 200, "headers": {"messageId": 7}, "data": "{}"}',
        '{"code": 200, "headers": {"messageId": "m"}, "data": {"response": null}}',
        '{"code": 200, "headers": {"messageId": "m"}, "data": "no json"}',
    ],
)
async def test_a_malformed_ack_is_a_defect(server: DingTalkServer, bot: StreamBot, text: str) -> None:
    await bot.socket.send_str(text)
    await server.ping()
    assert len(server.defects) == 1


async def test_an_ack_for_nothing_is_noted(server: DingTalkServer, bot: StreamBot) -> None:
    await bot.ack({"headers": {"messageId": "m"}}, {})
    await server.ping()
    assert len(server.stream.strange) == 1


@pytest.mark.parametrize("raw", ["no json", '{"type": "CALLBACK"}', "[]", b"\x00\x01"])
async def test_any_text_can_be_sent_to_the_bot(
    server: DingTalkServer, caller: Caller, raw: str | bytes
) -> None:
    opened = await open_stream(caller)
    async with caller.http.ws_connect(f"{opened['endpoint']}?ticket={opened['ticket']}") as socket:
        delivery = await server.frame(raw)
        assert (await socket.receive()).data == raw
    assert not delivery.acked


async def test_a_hand_made_frame_can_be_acked(server: DingTalkServer, bot: StreamBot) -> None:
    headers = {"messageId": "m1", "topic": "/v1.0/unknown"}
    delivery = await server.frame(json.dumps({"type": "CALLBACK", "headers": headers, "data": "{}"}))
    assert (delivery.acked, delivery.message_id) == (True, "m1")


# ── who gets it ─────────────────────────────────────────────────────────────────────────────────────


async def test_one_connection_is_drawn_for_each_push(
    server: DingTalkServer, bot: StreamBot, second: StreamBot
) -> None:
    server.stream.random.seed(1)
    for _ in range(20):
        await server.says("zhangsan", "你好")
    assert len(bot.frames) + len(second.frames) == 20
    assert min(len(bot.frames), len(second.frames)) > 0


@pytest.mark.parametrize(("looks", "reached"), [(True, False), (False, True)])
async def test_the_draw_looks_at_subscriptions_or_not(
    server: DingTalkServer, caller: Caller, *, looks: bool, reached: bool
) -> None:
    server.switches.choice_looks_at_subscriptions = looks
    async with stream_bot(caller, [("CALLBACK", CARD_TOPIC)]):
        assert (await server.says("zhangsan", "你好")).acked is reached


async def test_nobody_listening_means_not_acked(server: DingTalkServer) -> None:
    assert not (await server.says("zhangsan", "你好")).acked
    assert len(server.stream.unacked) == 1


# ── sending again ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("keeps", [False, True])
async def test_an_unacked_message_comes_again_with_the_same_msg_id(
    server: DingTalkServer, bot: StreamBot, *, keeps: bool
) -> None:
    server.switches.redelivery_keeps_message_id = keeps
    server.switches.patience_seconds = 0.01
    bot.answer = lambda _: None
    await server.says("zhangsan", "你好")
    bot.answer = lambda _: {"response": None}
    server.switches.patience_seconds = 5
    [again] = await server.redeliver()
    assert again.acked
    assert server.stream.unacked == []
    assert bot.payload(0)["msgId"] == bot.payload(1)["msgId"]
    ids = {frame["headers"]["messageId"] for frame in bot.frames}
    assert len(ids) == (1 if keeps else 2)


async def test_redelivery_comes_by_itself_when_its_time_has_come(
    server: DingTalkServer, caller: Caller
) -> None:
    await server.org_event("org_dept_create", deptId=[2])
    async with stream_bot(caller) as bot:
        server.tenant.clock.advance(timedelta(seconds=59))
        assert bot.frames == []
        server.tenant.clock.advance(timedelta(seconds=1))
        await bot.got(1)
    assert bot.frames[0]["headers"]["eventType"] == "org_dept_create"


async def test_redelivery_ends_after_some_tries(server: DingTalkServer, bot: StreamBot) -> None:
    server.switches.patience_seconds = 0.01
    server.switches.redeliver_times = 2
    bot.answer = lambda _: None
    await server.says("zhangsan", "你好")
    for count in (2, 3):
        server.tenant.clock.advance(timedelta(seconds=60))
        await bot.got(count)
    [entry] = server.stream.unacked
    server.tenant.clock.advance(timedelta(seconds=600))
    assert (entry.tries, len(bot.frames)) == (3, 3)


@pytest.mark.parametrize(("switch", "topic"), [("redelivers", ROBOT_TOPIC), ("redelivers_cards", CARD_TOPIC)])
async def test_redelivery_is_switched_for_all_and_for_cards(
    server: DingTalkServer, caller: Caller, switch: str, topic: str
) -> None:
    setattr(server.switches, switch, False)
    await caller.call("/v1.0/card/instances/createAndDeliver", card_body())
    if topic == CARD_TOPIC:
        await server.presses("lisi01", "tkt-1", "accept")
    else:
        await server.says("zhangsan", "你好")
    async with stream_bot(caller) as bot:
        server.tenant.clock.advance(timedelta(seconds=60))
        await server.ping()
        assert [frame["headers"]["topic"] for frame in bot.frames] == ["ping"]


@pytest.mark.parametrize("repeats", [True, False])
async def test_later_and_error_codes_ask_for_redelivery(
    server: DingTalkServer, bot: StreamBot, *, repeats: bool
) -> None:
    server.switches.later_redelivers = server.switches.error_code_redelivers = repeats
    bot.answer = lambda _: {"status": "LATER", "message": "busy"}
    assert (await server.org_event("user_add_org", userId=["u"])).acked
    assert len(server.stream.unacked) == (1 if repeats else 0)
    server.stream.unacked.clear()
    bot.answer = lambda _: None
    saying = spawn(server.says("zhangsan", "你好"))
    await bot.got(2)
    await bot.ack(bot.frames[1], {}, code=500)
    assert (await saying).code == 500
    assert len(server.stream.unacked) == (1 if repeats else 0)


@pytest.mark.parametrize("together", [True, False])
async def test_one_push_can_be_delivered_several_times(
    server: DingTalkServer, bot: StreamBot, *, together: bool
) -> None:
    server.switches.deliver_times = 3
    server.switches.deliver_together = together
    await server.says("zhangsan", "你好")
    assert len({bot.payload(i)["msgId"] for i in range(3)}) == 1
    assert len({frame["headers"]["messageId"] for frame in bot.frames}) == 3


async def test_a_late_ack_still_ends_redelivery(server: DingTalkServer, bot: StreamBot) -> None:
    server.switches.patience_seconds = 0.01
    bot.answer = lambda _: None
    assert not (await server.says("zhangsan", "你好")).acked
    await bot.ack(bot.frames[0], {"response": None})
    bot.answer = lambda _: {"response": None}
    server.switches.patience_seconds = 5
    await server.says("zhangsan", "还有")
    assert server.stream.unacked == []
    assert len(server.stream.too_late) == 1


@pytest.mark.parametrize("counts", [True, False])
async def test_an_ack_on_another_socket_counts_or_not(
    server: DingTalkServer, bot: StreamBot, second: StreamBot, *, counts: bool
) -> None:
    server.switches.ack_from_any_socket = counts
    server.switches.patience_seconds = 0.2
    bot.answer = second.answer = lambda _: None
    saying = spawn(server.says("zhangsan", "你好"))
    hearing = spawn(bot.got(1)), spawn(second.got(1))
    done, waiting = await asyncio.wait(hearing, return_when=asyncio.FIRST_COMPLETED)
    other = second if hearing[0] in done else bot
    await other.ack(next(iter(done)).result()[0], {"response": None})
    assert (await saying).acked is counts
    for task in waiting:
        task.cancel()


async def test_what_was_acked_can_come_once_more(server: DingTalkServer, bot: StreamBot) -> None:
    assert not (await server.repeat()).acked
    await server.says("zhangsan", "你好")
    assert (await server.repeat()).acked
    assert bot.payload(0)["msgId"] == bot.payload(1)["msgId"]
    assert server.stream.unacked == []


# ── sockets that go ─────────────────────────────────────────────────────────────────────────────────


async def test_after_disconnect_nothing_more_comes_and_ten_seconds_later_the_socket_closes(
    server: DingTalkServer, bot: StreamBot
) -> None:
    await server.disconnect()
    assert not (await server.says("zhangsan", "你好")).acked
    await bot.got(1)
    assert bot.payload() == {"reason": "persistent connection is timeout"}
    server.tenant.clock.advance(timedelta(seconds=9))
    assert not bot.socket.closed
    server.tenant.clock.advance(timedelta(seconds=1))
    await server.connected(0)


async def test_a_replacement_opened_after_disconnect_gets_everything(
    server: DingTalkServer, caller: Caller, bot: StreamBot
) -> None:
    await server.disconnect()
    async with stream_bot(caller) as replacement:
        assert (await server.says("zhangsan", "你好")).acked
        assert len(replacement.frames) == 1


@pytest.mark.parametrize(("health", "pong"), [(Health.STALLED, True), (Health.HALF_OPEN, False)])
async def test_a_zombie_stays_open_and_delivers_nothing(
    server: DingTalkServer, caller: Caller, health: Health, *, pong: bool
) -> None:
    opened = await open_stream(caller)
    address = f"{opened['endpoint']}?ticket={opened['ticket']}"
    async with caller.http.ws_connect(address, autoping=False) as socket:
        server.stall(health)
        assert not (await server.says("zhangsan", "你好")).acked
        await socket.ping(b"alive?")
        if pong:
            assert (await socket.receive()).type is WSMsgType.PONG
        else:
            with pytest.raises(TimeoutError):
                await socket.receive(timeout=0.05)


async def test_a_clean_close_and_a_reset_end_the_wait_for_acks(
    server: DingTalkServer, caller: Caller
) -> None:
    for end in (server.close_sockets, _reset(server)):
        async with stream_bot(caller) as bot:
            bot.answer = lambda _: None
            saying = spawn(server.says("zhangsan", "你好"))
            await bot.got(1)
            await end()
            assert not (await saying).acked


def _reset(server: DingTalkServer):  # type: ignore[no-untyped-def]
    async def reset() -> None:
        server.reset_sockets()

    return reset


async def test_writing_to_nobody_or_to_a_socket_that_dies_is_no_error(
    server: DingTalkServer, caller: Caller
) -> None:
    assert not (await server.frame("x")).acked
    opened = await open_stream(caller)
    async with caller.http.ws_connect(f"{opened['endpoint']}?ticket={opened['ticket']}"):
        server.reset_sockets()
        assert not (await server.says("zhangsan", "你好")).acked
    await server.connected(0)


async def test_bubbles_and_sockets_can_be_waited_for(server: DingTalkServer, bot: StreamBot) -> None:
    waiting = spawn(server.shown("zhangsan", lambda bubble: bubble.text == "二"))
    await server.says("zhangsan", "一")
    await server.says("zhangsan", "二")
    assert (await waiting).sender == "zhangsan"
    with pytest.raises(TimeoutError):
        await server.shown("zhangsan", lambda bubble: bubble.text == "三", timeout=0.01)
    with pytest.raises(TimeoutError):
        await server.connected(2, timeout=0.01)


async def test_a_running_clock_fires_by_itself(caller: Caller) -> None:
    async with running_server(Clock()) as server:
        other = Caller(server, caller.http)
        server.switches.close_after_disconnect_seconds = 0.01
        async with stream_bot(other) as bot:
            await server.disconnect()
            await asyncio.wait_for(bot.closed.wait(), 5)


async def test_topics_and_user_agent_of_a_connection_can_be_seen(
    server: DingTalkServer, bot: StreamBot
) -> None:
    [connection] = server.connections.all()
    assert connection.topics == frozenset(ALL_TOPICS)
    assert "aiohttp" in connection.opened_by
