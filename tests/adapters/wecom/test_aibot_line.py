"""The AI bot's long connection: whose it is, when it is opened again, and what it does with a bad one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.chat import Elsewhere, Unreachable
from adapters.emulator.wecom.aibot.connection import Health
from adapters.wecom.aibot.line import Patience
from domain.base import Conversation
from tests.adapters.wecom.aibot_house import Street, settle, street, until

LI = Conversation("wecom-aibot", "direct", "LiSi")


@pytest.fixture(name="street")
async def _street() -> AsyncIterator[Street]:
    async with street() as made:
        yield made


async def test_it_subscribes_and_says_how_it_is(street: Street) -> None:
    house = await street.connected_house()
    health = house.line.health()
    assert (health.leading, health.connected, health.kicked, health.opens) == (True, True, False, 1)
    assert health.last_frame_at == street.emulator.clock.now()


async def test_a_clean_close_is_followed_by_a_new_connection_with_back_off(street: Street) -> None:
    house = await street.connected_house()
    for _ in range(4):
        await street.vendor.close_all(code=1000)
        await until(lambda: not house.line.health().connected)
        await settle()
        await house.move(seconds=30)
        await until(lambda: house.line.health().connected)
    waits = [wait for wait in house.pauses.asked if wait not in {5.0, 30.0}]
    assert len(waits) == 4
    assert all(
        low <= wait <= high for wait, low, high in zip(waits, (0.5, 1, 2, 4), (1, 2, 4, 8), strict=True)
    )


async def test_two_hundred_clean_closes_are_at_most_twelve_openings_in_ten_minutes(street: Street) -> None:
    house = await street.connected_house()
    opened = [street.emulator.clock.now()]
    for _ in range(200):
        await street.vendor.close_all(code=1000)
        before = house.line.health().opens
        while house.line.health().opens == before:
            street.emulator.clock.advance(timedelta(seconds=30))
            await settle(2)
        opened.append(street.emulator.clock.now())
        await until(lambda: house.line.health().connected)
    ten = timedelta(minutes=10)
    most = max(sum(at <= other < at + ten for other in opened) for at in opened)
    assert most <= 12


async def test_who_is_kicked_closes_stands_by_and_comes_back_slowly(street: Street) -> None:
    street.vendor.switches.kicked_stays_open = True  # then the closing is ours to do
    house = await street.connected_house()
    for standby in (60, 120, 240, 480, 900, 900):
        opens = house.line.health().opens
        await street.vendor.kick()
        await until(lambda: house.line.health().kicked)
        await until(lambda: not street.vendor.connections)
        await settle()
        await house.move(seconds=standby - 1)
        assert house.line.health().opens == opens
        await house.move(seconds=2)
        await until(lambda: house.line.health().connected)


async def test_a_socket_that_answers_no_ping_is_closed_and_replaced(street: Street) -> None:
    house = await street.connected_house()
    street.vendor.rot(Health.SILENT)
    for _ in range(3):
        await house.move(seconds=30)
    await until(lambda: not house.line.health().connected)
    await house.move(seconds=2)
    await until(lambda: house.line.health().connected)
    assert street.vendor.subscribes == 2


async def test_a_forgotten_subscription_is_renewed_and_the_words_arrive_once(street: Street) -> None:
    house = await street.connected_house()
    await street.vendor.says("LiSi", "在吗")
    street.vendor.rot(Health.FORGOTTEN)
    saying = asyncio.get_running_loop().create_task(house.bot.say(LI, "好了", key="k"))
    await settle()
    await house.move(seconds=2)
    await saying
    assert [b.text for b in street.vendor.state.chats.of("aibot:LiSi")].count("好了") == 1
    assert street.vendor.subscribes == 2


async def test_a_conflict_is_tried_once_more_at_once(street: Street) -> None:
    house = await street.connected_house()
    await street.vendor.says("LiSi", "在吗")
    street.vendor.commands.failing["aibot_send_msg"].append(6000)
    await house.bot.say(LI, "好了", key="k")
    assert street.vendor.state.chats.of("aibot:LiSi")[-1].text == "好了"


async def test_a_lost_acknowledgement_leaves_it_unknown(street: Street) -> None:
    pulse = replace(Patience().pulse, ack=0.05)
    house = await street.connected_house(patience=Patience(pulse=pulse))
    await street.vendor.says("LiSi", "在吗")
    street.vendor.commands.lost_acks = 1
    with pytest.raises(Unreachable):
        await house.bot.say(LI, "好了", key="k")


@pytest.mark.parametrize(("code", "wait"), [(45009, 60), (853000, 300), (93019, 300)])
async def test_a_refused_subscription_is_not_hurried(street: Street, code: int, wait: int) -> None:
    street.vendor.commands.failing["aibot_subscribe"].append(code)
    house = await street.house()
    await until(lambda: wait in house.pauses.asked)
    assert bool(house.line.health().misconfigured) == (code != 45009)
    await house.move(seconds=wait)
    await until(lambda: house.line.health().connected)
    assert house.line.health().misconfigured == ""


async def test_a_second_replica_stands_by_and_takes_over_within_thirty_seconds(street: Street) -> None:
    first = await street.connected_house("a")
    second = await street.house("b")
    await settle()
    with pytest.raises(Elsewhere):
        await second.bot.say(LI, "好", key="k")
    assert street.vendor.subscribes == 1
    await first.die()
    street.houses.remove(first)
    for _ in range(6):
        await second.move(seconds=5)
    await until(lambda: second.line.health().connected)


async def test_who_stops_gives_the_connection_away_at_once(street: Street) -> None:
    first = await street.connected_house("a")
    second = await street.house("b")
    await settle()
    await first.stop()
    await second.move(seconds=5)
    await until(lambda: second.line.health().connected)


async def test_who_loses_the_lease_closes(street: Street) -> None:
    house = await street.connected_house("a")
    street.shelf.holder, street.shelf.until = "b", street.emulator.clock.now() + timedelta(minutes=1)
    await house.move(seconds=5)
    await until(lambda: not house.line.health().leading and not house.line.health().connected)


async def test_a_database_that_is_away_for_a_moment_costs_no_connection(street: Street) -> None:
    house = await street.connected_house("a")
    street.shelf.broken = True
    await house.move(seconds=5)
    assert house.line.health().connected


async def test_the_doctor_does_not_throw_out_who_is_running(street: Street) -> None:
    await street.connected_house("a")
    visitor = await street.house("doctor")
    [finding] = await visitor.bot.diagnose()
    assert finding.ok
    assert "由正在运行的 paidan 持有" in finding.what
    assert street.vendor.subscribes == 1
