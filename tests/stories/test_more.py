"""「更多」: what is typed is also a button, and a button that needs words asks for them; on both platforms."""

from __future__ import annotations

from domain.tickets.states import Priority, State
from tests.stories.conftest import Cast, on_both_platforms
from tests.stories.stage import Stage

pytestmark = on_both_platforms


async def test_the_assignee_replies_notes_changes_the_priority_and_lets_go(stage: Stage, cast: Cast) -> None:
    zhang, li = stage.player("张三", cast.requester), stage.player("李四", cast.desk)
    await li.says("我的")
    await zhang.says("报修 VPN 连不上")
    await li.says("接单 1001")
    await li.presses("更多")
    await li.presses("回复")
    li.sees("请直接回复内容", "回复 IT-1001")
    await li.says("下午三点过去")
    zhang.sees("下午三点过去")
    await li.presses("备注")
    await li.says("证书过期了")
    zhang.sees_no("证书过期了")
    await li.says("更多 1001")
    await li.presses("优先级")
    li.sees("IT-1001 改成哪一级？", "现在是 P3 普通")
    await li.presses("P1 紧急")
    assert (await stage.app.queries.view("IT-1001")).priority is Priority.P1
    await li.says("更多 1001")
    if "放回" not in li.buttons():
        await li.presses("更多")
    await li.presses("放回")
    assert (await stage.app.queries.view("IT-1001")).state is State.OPEN


async def test_the_lead_assigns_and_a_bystander_is_told_nothing(stage: Stage, cast: Cast) -> None:
    zhang, chen = stage.player("张三", cast.requester), stage.player("陈静", cast.desk)
    li, stranger = stage.player("李四", cast.desk), stage.player("路人", cast.requester)
    await li.says("我的")
    await zhang.says("报修 VPN 连不上")
    await chen.says("查 1001")
    await chen.presses("更多")
    if "指派" not in chen.buttons():
        await chen.presses("更多")
    await chen.presses("指派")
    chen.sees("指派 IT-1001 给谁？")
    await chen.presses("李四")
    view = await stage.app.queries.view("IT-1001")
    assert view.assignee is not None
    assert view.assignee.name == "李四"
    await chen.says("更多 1001")
    while "关注" not in chen.buttons():
        await chen.presses("更多")
    await chen.presses("关注")
    assert [f.name for f in (await stage.app.queries.view("IT-1001")).followers] == ["陈静"]
    await stranger.says("更多 1001")
    stranger.sees_no("VPN 连不上")
