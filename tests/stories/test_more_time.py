"""Flow K, 申请延期: by buttons and by words, the lead's card, and the question that nobody answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories.conftest import CASTS, Cast
from tests.stories.stage import MORNING, Player, Stage, staged

PROMISE = {
    "name": "standard",
    "P3": {"respond": "2h", "resolve": "24h"},
    "ladder": ["0s", "30m"],
    "pause": {"limit": "6h"},
}
# Two combinations cover both platforms and both databases.
COMBINATIONS = [("sqlite", CASTS["wecom-to-wecom"]), ("postgres", CASTS["dingtalk-to-dingtalk"])]


@pytest.fixture
async def stage(database_url: str, tmp_path: Path, cast: Cast) -> AsyncIterator[Stage]:
    async with staged(database_url, tmp_path, channels=cast.channels, sla=[PROMISE]) as made:
        yield made
        made.assert_clean()


async def started(stage: Stage, cast: Cast) -> tuple[Player, Player, Player]:
    zhang = stage.player("张三", cast.requester)
    li, chen = (stage.player(name, cast.desk) for name in ("李四", "陈静"))
    for player in (li, chen):
        await player.says("待办")  # so that it is known where each is met
    await zhang.says("报修 打印机卡纸")
    await li.says("接单 1001")
    return zhang, li, chen


@pytest.mark.parametrize(("database_url", "cast"), COMBINATIONS, indirect=["database_url"])
async def test_more_time_is_asked_for_granted_and_explained(stage: Stage, cast: Cast) -> None:
    zhang, li, chen = await started(stage, cast)
    await li.says("延期 1001")
    li.sees("延多久，为什么")
    await li.says("等备件")
    await li.says("2h 等备件")
    li.sees("IT-1001 延期 2 小时的申请已发给 陈静")
    chen.sees("申请延期", "李四 申请延期 2 小时：等备件", "03-03 10:00", "03-03 12:00")
    await li.says("延期 1001 3h 再等等")
    li.sees("还在等组长答复", "撤回延期 IT-1001")
    await li.says("同意延期 1001")
    li.sees("仅组长、管理员可以同意延期")
    await chen.presses("同意")
    li.sees("陈静 同意 IT-1001 延期 2 小时", "明天 12:00 前解决")
    zhang.sees("IT-1001 需要更多时间处理")
    await chen.says("同意延期 1001")
    chen.sees("没有等待答复的延期申请")
    await li.says("为什么 1001")
    li.sees("含延期 2 小时", "陈静同意延期 2 小时（李四：等备件）")

    await li.says("延期 1001 1天 厂家后天来")
    await chen.says("不同意延期 1001 备件明天到")
    li.sees("陈静 不同意 IT-1001 延期：备件明天到")
    await li.says("延期 1001 1天 厂家后天来")
    await li.says("撤回延期 1001")
    li.sees("延期申请已撤回")
    chen.sees("这次延期申请已经处理完了")
    await chen.says("延期 1001 1h 我来协调")
    chen.sees("已把 IT-1001 延期 1 小时")
    li.sees("IT-1001 延期 1 小时，改为 明天 13:00 前解决")


@pytest.mark.parametrize(("database_url", "cast"), COMBINATIONS[:1], indirect=["database_url"])
async def test_a_question_that_nobody_answers_stops_the_clock_only_for_a_while(
    stage: Stage, cast: Cast
) -> None:
    zhang, li, _ = await started(stage, cast)
    await li.says("要信息 1001 什么型号？")
    await li.says("为什么 1001")
    li.sees("最晚 3月2日 16:00 继续计时")
    await stage.later(hours=6, seconds=1)
    assert stage.emulator.clock.now() > MORNING
    li.sees("暂停已到上限，计时继续", "明天 16:00 解决到期")
    await zhang.says("答复 1001 M203")
    await li.says("为什么 1001")
    li.sees("到暂停上限计时继续")
