"""The AI bot's long connection: subscribing, the kick, and every way in which a socket goes bad."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from adapters.emulator.clock import Clock
from adapters.emulator.wecom.aibot.connection import Health
from adapters.emulator.wecom.aibot.members import BotMembers
from tests.adapters.emulator.wecom.aibot_client import connected, subscribed


async def test_only_the_right_id_and_secret_subscribe(aibot: BotMembers) -> None:
    async with connected(aibot) as client:
        assert await client.subscribe(bot_id="aibELSE") == 93019
        assert await client.subscribe(secret="wrong") == 853000
        assert await client.push("LiSi") == 846609
        assert await client.subscribe() == 0
        assert await client.code("ping") == 0


async def test_who_subscribes_too_often_is_refused(aibot: BotMembers, clock: Clock) -> None:
    aibot.switches.limits.subscribes_per_minute = 2
    async with connected(aibot) as client:
        assert [await client.subscribe() for _ in range(3)] == [0, 0, 45009]
        clock.advance(timedelta(seconds=61))
        assert await client.subscribe() == 0


async def test_the_newest_subscriber_wins_and_the_older_one_is_told(aibot: BotMembers) -> None:
    async with subscribed(aibot) as first, subscribed(aibot):
        told = await first.callback()
        assert (told["cmd"], told["body"]["event"]) == (
            "aibot_event_callback",
            {"eventtype": "disconnected_event"},
        )
        await first.closed.wait()


async def test_who_was_kicked_may_stay_half_alive(aibot: BotMembers) -> None:
    aibot.switches.kicked_stays_open = True
    async with subscribed(aibot) as first, subscribed(aibot):
        await first.callback()
        assert await first.code("ping") == 0
        await first.write("aibot_send_msg", {"chatid": "LiSi"})
        assert await first.code("ping") == 0  # and the push has no answer at all


async def test_what_comes_in_a_gap_is_lost_or_comes_later(aibot: BotMembers) -> None:
    await aibot.says("LiSi", "有人吗", wait=0)
    async with subscribed(aibot) as client:
        assert client.callbacks.empty()
        await aibot.close_all()
    aibot.switches.redelivers_after_gap = True
    await aibot.says("LiSi", "还有人吗", wait=0)
    async with subscribed(aibot) as client:
        assert (await client.callback())["body"]["text"]["content"] == "还有人吗"


async def test_a_forgotten_subscription_is_told_at_the_next_command(aibot: BotMembers) -> None:
    async with subscribed(aibot) as client:
        aibot.rot(Health.FORGOTTEN)
        assert await client.push("LiSi") == 846609
        assert await client.code("ping") == 0


async def test_a_zombie_answers_pings_only(aibot: BotMembers) -> None:
    async with subscribed(aibot) as client:
        aibot.rot(Health.ZOMBIE)
        await aibot.says("LiSi", "在吗", wait=0)
        assert await client.code("ping") == 0
        assert client.callbacks.empty()


async def test_two_frames_of_one_req_id_at_a_time_are_a_conflict(aibot: BotMembers) -> None:
    aibot.commands.ack_delay = 0.05
    async with subscribed(aibot) as client:
        await asyncio.gather(aibot.says("LiSi", "在吗", wait=0))
        req_id = (await client.callback())["headers"]["req_id"]
        stream = {"msgtype": "stream", "stream": {"id": "s", "finish": False, "content": "…"}}
        await client.write("aibot_respond_msg", stream, req_id)
        await client.write("aibot_respond_msg", stream, req_id)
        assert sorted([(await client.ack())["errcode"], (await client.ack())["errcode"]]) == [0, 6000]
    assert aibot.state.defects == [f"two frames of {req_id} under way"]


async def test_the_callback_once_had_another_name(aibot: BotMembers) -> None:
    async with subscribed(aibot) as client:
        await aibot.says("LiSi", "在吗", wait=0)
        assert (await client.callback())["cmd"] == "aibot_msg_callback"
        aibot.switches.legacy_callback_name = True
        await aibot.says("LiSi", "在吗", wait=0)
        assert (await client.callback())["cmd"] == "aibot_callback"
