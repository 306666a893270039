"""The stream's life among bad sockets: nothing lost, no storm, no silence unnoticed, a prompt end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from adapters.chat import Reply
from adapters.dingtalk import Stream
from adapters.dingtalk.stream import Patience
from adapters.emulator.dingtalk.connections import Health
from adapters.emulator.dingtalk.faults import Fault
from tests.adapters.dingtalk.conftest import GROUP, LI, ZHANG, House, until

OPEN = "/v1.0/gateway/connections/open"
DISCONNECT = json.dumps({"type": "SYSTEM", "headers": {"topic": "disconnect"}, "data": "{}"})


@asynccontextmanager
async def running(stream: Stream) -> AsyncIterator[None]:
    """Without waiting for a connection, which may never come."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stream.run())
        yield
        await stream.stop()


# ── replacement ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_successor_is_connected_before_the_old_socket_goes(house: House) -> None:
    async with house.streaming() as stream:
        (old,) = house.vendor.connections.served()
        await house.vendor.disconnect()
        await house.vendor.connected()
        assert (await house.vendor.says(ZHANG, "报修")).acked
        assert stream.health().reopens == 1
        await house.replaced(old)
    assert house.pauses.asked == [] or house.pauses.asked[0] <= 1


async def test_work_under_way_is_acknowledged_on_the_socket_that_brought_it(house: House) -> None:
    house.vendor.switches.ack_from_any_socket = False
    house.inbox.gate = asyncio.Event()
    async with house.streaming(), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(house.vendor.says(ZHANG, "第一句"))
        await house.inbox.begun()
        await house.vendor.disconnect()
        await house.vendor.connected()
        second = tasks.create_task(house.vendor.says(ZHANG, "第二句"))
        await house.inbox.begun(2)
        house.inbox.gate.set()
    assert first.result().acked
    assert second.result().acked


async def test_work_that_outlives_the_farewell_is_finished_all_the_same(house: House) -> None:
    house.vendor.switches.patience_seconds = 0.3
    house.inbox.gate = asyncio.Event()
    async with house.streaming(Patience(draining=0.02)):
        (old,) = house.vendor.connections.served()
        async with asyncio.TaskGroup() as tasks:
            slow = tasks.create_task(house.vendor.says(ZHANG, "慢"))
            await house.inbox.begun()
            await house.vendor.disconnect()
            await house.vendor.connected()
            await house.replaced(old)
            house.inbox.gate.set()
        assert not slow.result().acked
    assert house.inbox.finished == 1


async def test_while_no_successor_can_be_had_the_old_socket_stays(house: House) -> None:
    async with house.streaming():
        house.vendor.faults.plan(OPEN, Fault.UNAVAILABLE, times=3)
        (old,) = house.vendor.connections.served()
        await house.vendor.disconnect()
        await house.pauses.until(3)
        assert not old.socket.closed
        await house.vendor.connected()


# ── bad sockets ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("end", ["closed", "reset"])
async def test_a_lost_socket_is_replaced_and_nothing_is_lost(house: House, end: str) -> None:
    house.vendor.switches.patience_seconds = 0.2
    house.inbox.gate = asyncio.Event()
    async with house.streaming():
        async with asyncio.TaskGroup() as tasks:
            lost = tasks.create_task(house.vendor.says(ZHANG, "报修"))
            await house.inbox.begun()
            if end == "closed":
                await house.vendor.close_sockets()
            else:
                house.vendor.reset_sockets()
            house.inbox.gate.set()
        assert not lost.result().acked
        await house.vendor.connected()
        (again,) = await house.vendor.redeliver()
        assert again.acked
    assert len({incoming.id for incoming in house.inbox.received}) == 1


async def test_a_socket_that_only_looks_alive_is_replaced(house: House) -> None:
    async with house.streaming(Patience(silence=0.05)):
        (old,) = house.vendor.connections.served()
        house.vendor.stall(Health.STALLED)
        await house.replaced(old)
        assert (await house.vendor.says(ZHANG, "报修")).acked


async def test_a_half_open_socket_is_replaced_when_its_pong_stays_away(house: House) -> None:
    async with house.streaming(Patience(heartbeat=0.1)):
        (old,) = house.vendor.connections.served()
        house.vendor.stall(Health.HALF_OPEN)
        await house.replaced(old)
        assert (await house.vendor.says(ZHANG, "报修")).acked


async def test_a_server_that_never_speaks_is_asked_less_and_less_often(house: House) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    stream = house.stream(Patience(silence=0.02, most_silence=0.08))
    async with running(stream):
        await until(lambda: stream.health().reopens >= 4)
    assert loop.time() - began >= 0.02 + 0.04 + 0.08 + 0.08


async def test_pings_keep_a_link_alive(house: House) -> None:
    async with house.streaming(Patience(silence=0.2)) as stream:
        for _ in range(30):
            assert [ping.acked for ping in await house.vendor.ping()] == [True]
            await asyncio.sleep(0.01)
        assert stream.health().reopens == 0


# ── storms ───────────────────────────────────────────────────────────────────────────────────────────


def _ceilings(count: int) -> list[float]:
    return [min(2.0**n, 60.0) for n in range(count)]


async def test_clean_closes_after_the_handshake_back_off(house: House) -> None:
    house.vendor.switches.closes_after_handshake = True
    async with running(house.stream()):
        await house.pauses.until(10)
    waits = house.pauses.asked[:10]
    assert all(wait <= most for wait, most in zip(waits, _ceilings(10), strict=True))
    assert sum(waits) > 60  # with this seed; without jitter it would be 363
    assert len(set(waits)) == 10


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.HTML, Fault.RESET_BEFORE])
async def test_a_gateway_in_trouble_is_asked_less_and_less_often(house: House, fault: Fault) -> None:
    house.vendor.faults.plan(OPEN, fault, times=6)
    stream = house.stream()
    async with running(stream):
        await house.vendor.connected()
        assert stream.health().misconfigured == ""
    waits = house.pauses.asked
    assert len(waits) == 6
    assert all(wait <= most for wait, most in zip(waits, _ceilings(6), strict=True))


async def test_refused_tickets_back_off(house: House) -> None:
    house.vendor.switches.ticket_seconds = -1
    async with running(house.stream()):
        await house.pauses.until(5)
        house.vendor.switches.ticket_seconds = 90
        await house.vendor.connected()


async def test_a_server_that_says_disconnect_at_once_backs_off_too(house: House) -> None:
    async with house.streaming() as stream:
        for count in range(1, 6):
            (link,) = house.vendor.connections.served()
            await link.write_raw(DISCONNECT)
            await house.replaced(link)
            assert stream.health().reopens == count
    waits = house.pauses.asked
    assert len(waits) == 5
    assert all(wait <= most for wait, most in zip(waits, _ceilings(5), strict=True))


async def test_a_link_that_brought_work_was_no_failure(house: House) -> None:
    async with house.streaming():
        for _ in range(5):
            (link,) = house.vendor.connections.served()
            await house.vendor.says(ZHANG, "报修")
            await link.write_raw(DISCONNECT)
            await house.replaced(link)
    assert house.pauses.asked == []


# ── misconfiguration ─────────────────────────────────────────────────────────────────────────────────


async def test_an_unpublished_robot_is_said_once_loudly_and_asked_in_minutes(house: House) -> None:
    house.vendor.switches.published = False
    stream = house.stream()
    with capture_logs() as logs:
        async with running(stream):
            await house.pauses.until(8)
            assert not stream.health().connected
            assert "发布" in stream.health().misconfigured
            house.vendor.switches.published = True
            await until(lambda: stream.health().connected)
            assert stream.health().misconfigured == ""
    assert [line["log_level"] for line in logs if "misconfigured" in line["event"]] == ["error"]
    assert all(150 <= wait <= 300 for wait in house.pauses.asked)


async def test_a_wrong_secret_is_in_the_health(house: House) -> None:
    wrong = House(house.emulator, house.session, client_secret="wrong")
    stream = wrong.stream()
    async with running(stream):
        await wrong.pauses.until(1)
        assert "client_secret" in stream.health().misconfigured


async def test_no_secret_and_no_ticket_is_logged(house: House) -> None:
    with capture_logs() as logs:
        async with house.streaming():
            await house.vendor.says(ZHANG, "打印机卡纸 秘密内容")
        wrong = House(house.emulator, house.session, client_secret="wrong-secret")
        async with running(wrong.stream()):
            await wrong.pauses.until(1)
    told = json.dumps(logs, default=str)
    assert "ticket" not in told
    assert "wrong-secret" not in told
    assert house.app.client_secret not in told
    assert "秘密内容" not in told


# ── endings ──────────────────────────────────────────────────────────────────────────────────────────


async def test_stop_lets_work_under_way_be_acknowledged_and_answered(house: House) -> None:
    house.inbox.gate = asyncio.Event()
    house.inbox.reply = lambda _: Reply(text="已受理")
    async with asyncio.TaskGroup() as tasks:
        stream = house.stream()
        tasks.create_task(stream.run())
        await house.vendor.connected()
        said = tasks.create_task(house.vendor.says(ZHANG, "报修"))
        await house.inbox.begun()
        stopping = tasks.create_task(stream.stop())
        await asyncio.sleep(0)
        house.inbox.gate.set()
        await stopping
    assert said.result().acked
    assert house.vendor.chats.of(ZHANG)[-1].text == "已受理"
    assert not stream.health().connected


async def test_stop_does_not_wait_for_work_that_hangs(house: House) -> None:
    house.vendor.switches.patience_seconds = 0.1
    house.inbox.gate = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with house.streaming(Patience(stopping=0.2)) as stream:
        await house.vendor.says(ZHANG, "报修")
        began = loop.time()
        await stream.stop()
        assert loop.time() - began < 1
    assert house.inbox.finished == 0


async def test_stop_while_backing_off_or_before_running_is_immediate(house: House) -> None:
    house.vendor.switches.published = False
    stream = house.stream()
    async with running(stream):
        await house.pauses.until(1)
    early = house.stream()
    await early.stop()
    await early.run()


async def test_cancelling_run_once_is_enough(house: House) -> None:
    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(house.stream().run())
        await house.vendor.connected()
        run.cancel()
    assert run.cancelled()
    assert house.vendor.connections.served() == []


# ── odd but allowed ──────────────────────────────────────────────────────────────────────────────────


async def test_system_frames_may_be_bare_or_unknown(house: House) -> None:
    house.vendor.switches.bare_system_frames = True
    house.vendor.switches.greets = True
    async with house.streaming() as stream:
        await house.vendor.ping()
        await house.vendor.disconnect()
        await house.vendor.connected()
        assert (await house.vendor.says(ZHANG, "报修", GROUP)).acked
        assert stream.health().bad_frames == 0


async def test_an_address_may_end_in_a_slash(house: House) -> None:
    slashed = House(house.emulator, house.session, api_base=f"{house.emulator.base_url}/")
    async with slashed.streaming():
        assert (await house.vendor.says(ZHANG, "报修")).acked


async def test_two_replicas_share_the_messages(house: House) -> None:
    twin = House(house.emulator, house.session)
    async with house.streaming(), twin.streaming():
        await house.vendor.connected(2)
        for number in range(30):
            assert (await house.vendor.says(LI, f"第 {number} 句")).acked
    assert len(house.inbox.received) + len(twin.inbox.received) == 30
    assert house.inbox.received
    assert twin.inbox.received
