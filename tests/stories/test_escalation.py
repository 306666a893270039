"""Flow K: several tickets on one card, levels that come late, and somebody else where one cannot be reached."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.emulator.dingtalk.faults import Fault
from tests.faults.books import export
from tests.stories.conftest import CASTS, Cast
from tests.stories.stage import GROUP, Player, Room, Stage, staged

# Together they cover both platforms and both databases.
SCENES = [("sqlite", CASTS["wecom-to-dingtalk"]), ("postgres", CASTS["dingtalk-to-wecom"])]
PROMISED = {"name": "standard", "P3": {"respond": "2h", "resolve": "24h"}, "ladder": ["0s", "30m", "60m"]}
CALLS = {
    "targets": {"L1": ["channels"], "L2": ["lead"], "L3": ["people:赵敏", "channels"]},
    "fallback": {"channels": "lead", "lead": "people:赵敏"},
}

pytestmark = pytest.mark.parametrize(
    ("database_url", "cast"), SCENES, indirect=["database_url"], ids=["dingtalk", "wecom"]
)


@pytest.fixture
def cast(request: pytest.FixtureRequest) -> Cast:
    found: Cast = request.param
    return found


@pytest.fixture
async def stage(database_url: str, tmp_path: Path, cast: Cast) -> AsyncIterator[Stage]:
    sla = [{**PROMISED, **CALLS}]
    async with staged(database_url, tmp_path, channels=cast.channels[:1], sla=sla) as made:
        yield made
        made.assert_clean()


def room_of(stage: Stage, cast: Cast) -> Room:
    return stage.group if cast.desk == "dingtalk" else stage.alerts


async def three_tickets(stage: Stage, cast: Cast) -> Player:
    """Answers the lead, who is met on the desk's platform."""
    chen = stage.player("陈静", cast.desk)
    await chen.says("待办")
    await stage.player("赵敏", cast.desk).says("待办")
    for text in ("VPN 连不上", "打印机卡纸", "打印机没墨"):
        await stage.player("张三", cast.requester).says(f"报修 {text}")
    return chen


async def test_what_rings_together_is_one_card_and_each_can_be_taken_alone(stage: Stage, cast: Cast) -> None:
    chen, room = await three_tickets(stage, cast), room_of(stage, cast)
    await stage.later(minutes=96)
    room.sees("3 单将到期", "IT-1001", "IT-1002", "IT-1003")
    await stage.later(minutes=24)
    room.sees("3 单超时", "3 单待处理", "L1 响应", "IT-1002 打印机卡纸")
    assert room.count("L1 响应超时") == 0
    await take_over(chen, cast, "IT-1002")
    if cast.desk == "dingtalk":
        room.sees("3 单超时", "2 单待处理", "陈静 在跟")

    await stage.later(minutes=30)
    chen.sees("L2 响应超时", "IT-1001")
    chen.sees("L2 响应超时", "IT-1003")
    chen.sees_no("L2 响应超时", "IT-1002")
    await stage.later(minutes=30)
    assert room.count("L3 响应超时") == 2, "what is urgent stands alone"
    stage.player("赵敏", cast.desk).sees("L3 响应超时", "IT-1003")
    assert await levels(stage) == [
        ("IT-1001", [0, 1, 2, 3]),
        ("IT-1002", [0, 1]),
        ("IT-1003", [0, 1, 2, 3]),
    ]


async def take_over(chen: Player, cast: Cast, number: str) -> None:
    if cast.desk == "dingtalk":
        await chen.presses(f"跟 {number.removeprefix('IT-')}", group=GROUP)
    else:
        await chen.says(f"我来跟 {number}")


async def levels(stage: Stage) -> list[tuple[str, list[int]]]:
    """What the log says, each once and in order."""
    return [
        (
            line["number"],
            [
                event.get("level", 0)
                for event in line["events"]
                if event["kind"] in {"sla_warned", "escalated"}
            ],
        )
        for line in await export(stage.app)
    ]


async def test_after_a_stop_everything_is_told_at_once_and_says_that_it_is_late(
    stage: Stage, cast: Cast
) -> None:
    chen, room = await three_tickets(stage, cast), room_of(stage, cast)
    await stage.player("李四", cast.desk).says("接单 1003")
    await stage.later(hours=2, minutes=40)
    room.sees("2 单超时", "IT-1001", "IT-1002", "迟发")
    chen.sees("L2 响应超时·迟发", "IT-1002", "本应在 03-02 12:30 提醒，因故迟发")
    assert await levels(stage) == [("IT-1001", [0, 1, 2]), ("IT-1002", [0, 1, 2]), ("IT-1003", [])]
    measured = await metrics(stage)
    assert measured["paidan_auditor_heartbeat_seconds"] == stage.app.now().timestamp()
    assert (measured["paidan_timers_repaired"], measured['paidan_ready{part="auditor"}']) == (0, 1)


async def metrics(stage: Stage) -> dict[str, float]:
    address = f"{stage.app.settings.server.public_url}/metrics"
    async with stage.app.session.get(address) as answer:
        lines = [line.rpartition(" ") for line in (await answer.text()).splitlines() if line[0] != "#"]
    return {name: float(value) for name, _, value in lines}


async def test_a_group_that_is_gone_is_replaced_by_the_next_in_the_chain(stage: Stage, cast: Cast) -> None:
    chen = await three_tickets(stage, cast)
    for number in (1002, 1003):
        await stage.player("李四", cast.desk).says(f"接单 {number}")
    await stage.later(minutes=97)
    if cast.desk == "dingtalk":
        stage.emulator.dingtalk.faults.plan("/v1.0/card/instances/createAndDeliver", Fault.QUOTA)
    else:
        stage.emulator.wecom.faults.fail("webhook/send", 93000)
    await stage.later(minutes=23)
    chen.sees("L1 响应超时", "IT-1001")
    assert room_of(stage, cast).count("L1 响应超时") == 0
    (line, *_) = await export(stage.app)
    (instead,) = [event for event in line["events"] if event["kind"] == "called_instead"]
    assert (instead["level"], len(instead["lost_groups"]), len(instead["called"])) == (1, 1, 1)


async def test_while_a_platform_is_down_people_are_called_on_the_other_one(stage: Stage, cast: Cast) -> None:
    """And what waited for it is not told any more once somebody has accepted."""
    chen = await three_tickets(stage, cast)
    for number in (1002, 1003):
        await stage.player("李四", cast.desk).says(f"接单 {number}")
    await stage.later(minutes=97)
    break_down(stage, cast)
    await stage.later(minutes=23)
    for _ in range(7):
        await stage.later(seconds=20)
    other = stage.player("陈静", "wecom" if cast.desk == "dingtalk" else "dingtalk")
    other.sees("L1 响应超时", "IT-1001")
    chen.sees_no("L1 响应超时")

    await stage.player("李四", other.on).says("接单 1001")
    stage.emulator.dingtalk.faults.clear()
    stage.emulator.wecom.faults.clear()
    await stage.later(minutes=20)
    assert room_of(stage, cast).count("L1 响应超时") == 0


def break_down(stage: Stage, cast: Cast) -> None:
    if cast.desk == "dingtalk":
        stage.emulator.dingtalk.faults.plan("/", Fault.UNAVAILABLE, times=999)
    else:
        stage.emulator.wecom.faults.bad_gateway("*", times=999)
