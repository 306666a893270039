"""我也遇到 +1 in a WeCom group with the AI bot and in a DingTalk group: one ticket, many people (flow E)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.base import Account
from tests.stories.stage import GROUP, TEAM, Platform, Room, Stage, staged

# Where it is told, where the desk sits, on which database: two mixes that together hold all of them.
MIXES = {
    "wecom-on-sqlite": ("wecom", TEAM, [f"dingtalk:{GROUP}"], "sqlite"),
    "dingtalk-on-postgres": ("dingtalk", GROUP, [f"wecom-aibot:{TEAM}"], "postgres"),
}


@pytest.fixture(params=list(MIXES.values()), ids=list(MIXES))
def mix(request: pytest.FixtureRequest) -> tuple[Platform, str, list[str], str]:
    found: tuple[Platform, str, list[str], str] = request.param
    return found


@pytest.fixture
async def stage(
    mix: tuple[Platform, str, list[str], str], request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Stage]:
    *_, channels, kind = mix
    url = f"sqlite:///{tmp_path / 'paidan.db'}"
    server = request.getfixturevalue("postgres_server") if kind == "postgres" else None
    if server is not None:
        url = await server.create()
    async with staged(url, tmp_path, channels=channels) as made:
        yield made
        made.assert_clean()
    if server is not None:
        await server.drop(url)


async def test_one_ticket_for_everybody_who_has_the_trouble(
    stage: Stage, mix: tuple[Platform, str, list[str], str]
) -> None:
    on, group, *_ = mix
    room = Room(stage, on, group)
    zhang, stranger, wang, li = (stage.player(name, on) for name in ("张三", "路人", "王强", "李四"))
    await zhang.says("VPN 连不上\n电脑名 hunter2", group=group)
    room.sees("已为 张三 建单 IT-1001", "我也遇到")

    # by button
    await stranger.presses("我也遇到 +1", group=group)
    room.sees("IT-1001", "2 人")
    assert (await stage.app.queries.view("IT-1001")).affected == {await _id(stage, "路人", stranger.id, on)}
    # a second press, and the requester's own, change nothing and say so
    await stranger.presses("我也遇到 +1", group=group)
    await zhang.presses("我也遇到 +1", group=group)
    # by words, with and without the number
    await wang.says("我也遇到 1001", group=group)
    await li.says("+1", group=group)
    assert len((await stage.app.queries.view("IT-1001")).affected) == 3
    room.sees("已登记：您也遇到 IT-1001")
    await stage.later(seconds=1)

    # who joined hears how it goes, may look, and learns nothing private
    await stranger.says("查 1001")
    stranger.sees("IT-1001", "4 人", "我也遇到")
    await li.says("接单 1001")
    stranger.sees("李四 已接单 IT-1001")
    await li.says("解决 1001 重启了网关")
    stranger.sees("IT-1001 已解决")
    stranger.sees_no("hunter2")
    assert room.count("hunter2") == 1  # what 张三 said there himself
    tickets = await stage.app.queries.mine((await stage.app.directory.find("张三")).id, limit=10, offset=0)
    assert [line.number for line in tickets] == ["IT-1001"]


async def _id(stage: Stage, name: str, user: str, on: Platform) -> int:
    account = Account(on, user)
    return (await stage.app.directory.meet(account, name, stage.app.now())).id
