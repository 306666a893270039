"""Tencent as the caller: envelopes, patience, repetitions, and what bad input is answered with."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from adapters.emulator.clock import Clock
from adapters.emulator.wecom.loopback import NotLoopback
from adapters.emulator.wecom.server import WeComServer
from tests.adapters.emulator.wecom.cards import accept_card
from tests.adapters.emulator.wecom.tiny_bot import TinyBot


async def test_the_envelope_names_company_and_app(server: WeComServer, bot: TinyBot, clock: Clock) -> None:
    await server.says("LiSi", "x")

    received = bot.received[0]
    assert received.outer["ToUserName"] == server.corp_id
    assert received.outer["AgentID"] == "1000002"
    assert received.query["timestamp"] == str(int(clock.now().timestamp()))
    assert received.fields["ToUserName"] == server.corp_id
    assert received.fields["CreateTime"] == received.query["timestamp"]


@pytest.mark.parametrize("deliveries", [3, 4])
async def test_bad_statuses_are_repeated(server: WeComServer, bot: TinyBot, deliveries: int) -> None:
    server.switches.deliveries = deliveries
    bot.statuses(500)

    delivery = await server.says("LiSi", "x")

    assert (delivery.attempts, delivery.status, delivery.reply) == (deliveries, 500, None)
    assert len({received.plain for received in bot.received}) == 1
    assert len({received.query["nonce"] for received in bot.received}) == deliveries


async def test_repetitions_end_with_the_first_200(server: WeComServer, bot: TinyBot) -> None:
    bot.statuses(503, 204, 200)

    delivery = await server.says("LiSi", "x")

    assert (delivery.attempts, delivery.status) == (3, 200)


async def test_a_repetition_may_use_the_same_envelope(server: WeComServer, bot: TinyBot) -> None:
    server.switches.fresh_envelope_on_retry = False
    bot.statuses(500, 200)

    await server.says("LiSi", "x")

    first, second = bot.received
    assert (first.query, first.outer) == (second.query, second.outer)


@pytest.mark.parametrize("fresh", [False, True])
async def test_the_repetition_of_a_click_may_bring_a_fresh_code(
    server: WeComServer, bot: TinyBot, fresh: bool
) -> None:
    server.switches.fresh_response_code_on_retry = fresh
    await bot.send_card("LiSi", accept_card())
    bot.statuses(500, 200)

    await server.presses("LiSi", "tk42-r1", "v1:42:accept")

    codes = [received.fields["ResponseCode"] for received in bot.received]
    assert len(codes) == 2
    assert (codes[0] != codes[1]) == fresh
    assert (await bot.update(codes[1], atall=1, button={"replace_name": "x"}))["errcode"] == 0


async def test_who_is_silent_for_too_long_is_asked_again(server: WeComServer, bot: TinyBot) -> None:
    server.switches.callback_timeout = 0.05
    server.switches.deliveries = 3
    never = asyncio.Event()

    async def answer(fields: dict[str, str]) -> web.Response:
        await never.wait()
        return web.Response()

    bot.answer = answer
    delivery = await server.says("LiSi", "x")

    assert (delivery.attempts, delivery.status) == (3, 0)
    assert len(bot.received) == 3
    never.set()


async def test_a_bot_that_is_down(server: WeComServer, bot: TinyBot) -> None:
    await bot.stop()

    delivery = await server.says("LiSi", "x")

    assert (delivery.attempts, delivery.status) == (4, 0)


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_delivery_may_come_several_times_although_it_was_answered(
    server: WeComServer, bot: TinyBot, at_once: bool
) -> None:
    server.switches.duplicates = 3
    server.switches.duplicates_at_once = at_once
    together = asyncio.Barrier(3)

    async def answer(fields: dict[str, str]) -> web.Response:
        if at_once:
            await together.wait()
        return web.Response()

    bot.answer = answer
    delivery = await server.says("LiSi", "x")

    assert (delivery.attempts, delivery.status) == (3, 200)
    assert len({received.fields["MsgId"] for received in bot.received}) == 1
    assert [bubble.text for bubble in server.chats.of("LiSi")] == ["x"]


async def test_only_one_answer_to_all_the_deliveries_of_a_message_counts(
    server: WeComServer, bot: TinyBot
) -> None:
    server.switches.duplicates = 3
    bot.replies("text", {"Content": "好"})
    delivery = await server.says("LiSi", "x")
    await server.redeliver()

    assert delivery.reply
    assert len(bot.received) == 6
    assert [bubble.text for bubble in server.chats.of("LiSi")] == ["x", "好"]


async def test_raw_bodies_go_out_as_they_are(server: WeComServer, bot: TinyBot) -> None:
    query = {"msg_signature": "forged", "timestamp": "1", "nonce": "+&"}

    delivery = await server.deliver(b"<xml><Encrypt>x</Encrypt></xml>", query)

    assert (delivery.attempts, delivery.status) == (1, 500)
    assert bot.received == []


async def test_the_address_is_verified(server: WeComServer, bot: TinyBot) -> None:
    verified = await server.verify_url()

    assert (verified.ok, verified.status) == (True, 200)
    assert verified.body.isdigit()


@pytest.mark.parametrize("path", ["newline", "missing"])
async def test_an_address_that_does_not_echo_exactly(server: WeComServer, bot: TinyBot, path: str) -> None:
    server.callback_url = server.callback_url.replace("callback", path)

    assert not (await server.verify_url()).ok


@pytest.mark.parametrize("url", ["", "https://example.com/callback", "http://10.0.0.1/", "http://[::2]/"])
async def test_calls_stay_on_this_machine(server: WeComServer, url: str) -> None:
    server.callback_url = url

    for call in (server.says("LiSi", "x"), server.deliver(b"", {}), server.verify_url()):
        with pytest.raises(NotLoopback):
            await call


async def test_callbacks_are_noted_in_the_wire_without_their_code(server: WeComServer, bot: TinyBot) -> None:
    await bot.send_card("LiSi", accept_card())
    bot.replies("text", {"Content": "好"})
    await server.presses("LiSi", "tk42-r1", "v1:42:accept")

    passed = list(server.wire)[-1]
    code = bot.received[0].fields["ResponseCode"]
    assert (passed.what, passed.to_bot) == ("CALLBACK template_card_event", True)
    assert f"<ResponseCode><![CDATA[****{code[-4:]}]]>" in passed.body
    assert code not in passed.body
    assert passed.answer["status"] == 200
    assert "<![CDATA[好]]>" in passed.answer["reply"]
