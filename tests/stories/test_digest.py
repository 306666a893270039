"""Flow P: the digest in the morning, once, for those who have something before them; and whenever it is asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories.conftest import Cast, on_both_platforms
from tests.stories.stage import Player, Stage, shown, staged


@pytest.fixture
async def mornings(database_url: str, tmp_path: Path, cast: Cast) -> AsyncIterator[Stage]:
    """Monday, ten o'clock. This morning nobody has anything to hear of."""
    async with staged(database_url, tmp_path, channels=cast.channels, digest={}) as made:
        yield made
        made.assert_clean()


def digests(player: Player) -> int:
    return sum("早报" in shown(bubble) for bubble in player.stage.chat(player.on, player.id))


@on_both_platforms
async def test_each_hears_what_is_theirs_and_the_group_hears_sums(mornings: Stage, cast: Cast) -> None:
    zhang = mornings.player("张三", cast.requester)
    li, wang, chen = (mornings.player(name, cast.desk) for name in ("李四", "王强", "陈静"))
    for player in (li, wang, chen):
        await player.says("我的")
    for text in ("3楼打印机卡纸", "VPN 连不上", "打印机没墨"):
        await zhang.says(f"报修 {text}")
    await li.says("接单 1001")
    await li.says("接单 1002")
    await li.says("解决 1002 重启了网关")
    await li.says("转派 1001 @王强")
    await wang.says("接受 1001")
    await mornings.later(hours=22, minutes=55)
    assert digests(wang) == 0
    await mornings.later(minutes=5)

    wang.sees("早报 3月3日 周二", "今天到期", "IT-1001 3楼打印机卡纸", "处理中", "1 单")
    chen.sees(
        "早报 3月3日 周二",
        "IT 服务台：昨天新增 3，解决 1",
        "待接单 1，处理中 1，已超时 1，今天到期 1",
    )
    room = mornings.group if cast.desk == "dingtalk" else mornings.alerts
    room.sees("早报 3月3日 周二", "IT 服务台：昨天新增 3，解决 1")
    assert room.count("早报", "打印机") == 0
    await mornings.later(minutes=40)
    assert (digests(li), digests(wang), digests(chen), room.count("早报")) == (0, 1, 1, 1)

    await wang.presses("IT-1001")
    wang.sees("IT-1001 3楼打印机卡纸", "解决")
    await zhang.says("早报")
    zhang.sees("早报 3月3日 周二", "确认解决 1")
    await mornings.later(days=4)  # Saturday
    await mornings.later(minutes=30)
    assert digests(wang) == 1
    await wang.says("早报")
    wang.sees("早报 3月7日 周六", "已超时", "IT-1001")
