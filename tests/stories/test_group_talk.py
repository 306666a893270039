"""Talk in a group (flow E): what goes on joins its ticket, what is private goes on in private. On both platforms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories.stage import GROUP, TEAM, Platform, Room, Stage, staged

# Where it is told, where the desk sits, on which database: two mixes that together hold all of them.
MIXES = {
    "wecom-on-sqlite": ("wecom", TEAM, [f"dingtalk:{GROUP}"], "sqlite"),
    "dingtalk-on-postgres": ("dingtalk", GROUP, [f"wecom-aibot:{TEAM}"], "postgres"),
}
Mix = tuple[Platform, str, list[str], str]


@pytest.fixture(params=list(MIXES.values()), ids=list(MIXES))
def mix(request: pytest.FixtureRequest) -> Mix:
    found: Mix = request.param
    return found


@pytest.fixture
async def stage(mix: Mix, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
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


async def test_what_somebody_goes_on_telling_joins_their_ticket(stage: Stage, mix: Mix) -> None:
    on, group, *_ = mix
    room = Room(stage, on, group)
    zhang, li = stage.player("张三", on), stage.player("李四", on)
    await zhang.says("VPN 连不上", group=group)
    await zhang.says("换了网线也不行", group=group)
    await zhang.says("提示 691", group=group)
    assert room.count("已补充到 IT-1001") == 0  # said once, when the row of sentences is over
    await stage.later(seconds=5)
    assert room.count("已补充到 IT-1001", "报修") == 1
    assert room.count("已为 张三 建单") == 1

    # whoever takes it reads all of it; whoever has it hears the rest
    await li.says("接单 1001")
    li.sees("IT-1001", "换了网线也不行", "提示 691")
    await zhang.says("现在又好了", group=group)
    li.sees("张三 补充 IT-1001：现在又好了")

    # another matter is another ticket, and so is what is said an hour later, or by somebody else
    await zhang.says("会议室空调不冷", group=group)
    room.sees("已为 张三 建单 XZ-1002")
    await stage.player("王强", on).says("VPN 也连不上", group=group)
    room.sees("已为 王强 建单 IT-1003")
    await stage.later(hours=1)
    await zhang.says("VPN 还是不行", group=group)
    room.sees("已为 张三 建单 IT-1004")


async def test_what_is_private_is_said_in_private(stage: Stage, mix: Mix) -> None:
    on, group, desk, _ = mix
    room, zhang = Room(stage, on, group), stage.player("张三", on)
    where = Room(stage, "dingtalk" if on == "wecom" else "wecom", desk[0].partition(":")[2])
    await stage.player("李四", where.platform).says(
        "早", group=where.id
    )  # a bot may speak where it was spoken to
    await zhang.says("VPN 账号 zs-007 被锁了，请回电 13800138000", group=group)
    room.sees("张三，这件事请私聊我")
    assert room.count("zs-007") == 1  # what 张三 said there himself
    room.sees_no("建单")
    zhang.sees("没有在群里建单")
    zhang.sees("待提交", "zs-007")

    await zhang.presses("提交")
    zhang.sees("IT-1001", "zs-007")
    where.sees("IT-1001", "私密事项，详情请私聊")
    where.sees_no("zs-007")
    room.sees_no("已为 张三 建单")

    # 报修 opens at once, but not this
    await zhang.says("报修 上个月工资不对", group=group)
    assert room.count("请私聊我") == 2
    assert await stage.app.queries.visible("1002", (await stage.app.directory.find("赵敏")).actor) is None


async def test_a_number_in_a_title_is_covered_where_all_can_read_it(stage: Stage, mix: Mix) -> None:
    on, group, *_ = mix
    zhang = stage.player("张三", on)
    await zhang.says("VPN 断了请回电 13800138000", group=group)
    Room(stage, on, group).sees("IT-1001", "138****8000")
    zhang.sees("IT-1001", "13800138000")
