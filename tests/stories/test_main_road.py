"""A message becomes a ticket, somebody accepts it, it is talked about, solved and confirmed."""

from __future__ import annotations

from tests.stories.conftest import Cast
from tests.stories.stage import GROUP, Player, Stage


def accepting_group(cast: Cast) -> str | None:
    return GROUP if cast.desk == "dingtalk" else None


async def test_from_a_sentence_to_a_confirmed_solution(stage: Stage, cast: Cast) -> None:
    zhang = stage.player("张三", cast.requester)
    li, wang = stage.player("李四", cast.desk), stage.player("王强", cast.desk)

    await zhang.says("3楼打印机卡纸")
    zhang.sees("待提交", "3楼打印机卡纸", "IT 服务台")
    await zhang.presses("提交")
    zhang.sees("IT-1001", "待接单")

    where = accepting_group(cast)
    await li.presses("接单", group=where)
    zhang.sees("李四 已接单 IT-1001")
    if cast.requester == "wecom":  # in DingTalk a repaint would be billed, and the sentence tells it
        zhang.sees("处理中", "IT-1001")
    li.sees("IT-1001", "处理中", "解决")
    assert "接单" not in wang.buttons(where), "every copy has changed"

    await li.presses("要信息")
    await li.says("打印机是什么型号？")
    zhang.sees("李四 想确认：打印机是什么型号？")
    await zhang.says("M203，二楼那台也一样")
    li.sees("张三 回复了 IT-1001：M203，二楼那台也一样")

    await li.presses("解决")
    await li.says("清理了搓纸轮")
    zhang.sees("处理结果：清理了搓纸轮")
    await zhang.presses("已解决")
    zhang.sees("已关闭", "IT-1001")
    li.sees("张三 已确认 IT-1001 解决")
    view = await stage.app.queries.by_number("IT-1001")
    assert view is not None
    assert view.state.value == "closed"


async def test_an_unsolved_problem_goes_straight_back(stage: Stage, cast: Cast) -> None:
    zhang, li = stage.player("张三", cast.requester), stage.player("李四", cast.desk)
    await zhang.says("报修 VPN 连不上")
    await li.presses("接单", group=accepting_group(cast))
    await li.says("解决 1001 重启了网关")
    await zhang.presses("没解决")
    li.sees("张三 重开了 IT-1001")
    assert "解决" in li.buttons()


async def test_nobody_accepts_and_the_ladder_rings_until_somebody_takes_over(
    stage: Stage, cast: Cast
) -> None:
    zhang = stage.player("张三", cast.requester)
    chen, zhao = stage.player("陈静", cast.desk), stage.player("赵敏", cast.desk)
    await zhang.says("报修 VPN 连不上")
    await stage.later(hours=2)
    room = stage.group if cast.desk == "dingtalk" else stage.alerts
    li_id = stage.player("李四", room.platform).id
    room.sees("L1 响应超时", "IT-1001", li_id)
    await stage.later(minutes=30)
    room.sees("L2 响应超时", chen.id)
    await stage.later(minutes=30)
    room.sees("L3 响应超时", zhao.id)
    assert [room.count(f"L{n} 响应超时") for n in (1, 2, 3)] == [1, 1, 1]


async def test_who_takes_over_stops_the_rest_of_the_ladder(stage: Stage, cast: Cast) -> None:
    zhang, chen = stage.player("张三", cast.requester), stage.player("陈静", cast.desk)
    await zhang.says("报修 VPN 连不上")
    await stage.later(hours=2)
    room = stage.group if cast.desk == "dingtalk" else stage.alerts
    room.sees("L1 响应超时")
    if cast.desk == "dingtalk":
        await chen.presses("我来跟", group=GROUP)
    else:
        await chen.says("我来跟 1001")
    room.sees("陈静 已在跟 IT-1001")
    await stage.later(hours=3)
    room.sees_no("L2 响应超时")


async def test_a_transfer_needs_the_receiver(stage: Stage, cast: Cast) -> None:
    zhang = stage.player("张三", cast.requester)
    li, wang = stage.player("李四", cast.desk), stage.player("王强", cast.desk)
    await wang.says("待办")  # since then his messages come to this platform
    await zhang.says("报修 打印机要换硬盘")
    await li.says("接单 1001")
    await li.presses("转派")
    await li.presses("王强")
    wang.sees("李四 想请您接手", "IT-1001")
    await wang.presses("接受")
    zhang.sees("IT-1001 已转由 王强 处理")
    li.sees("王强 已接受您转派的 IT-1001")
    assert li.buttons() == []


async def test_mine_search_details_and_help(stage: Stage, cast: Cast) -> None:
    zhang = stage.player("张三", cast.requester)
    await zhang.says("我的")
    zhang.sees("您还没有工单")
    await zhang.says("报修 VPN 连不上")
    await zhang.says("我的")
    zhang.sees("我的工单", "IT-1001", "VPN 连不上")
    await zhang.says("搜 VPN")
    zhang.sees("搜「VPN」", "IT-1001")
    await zhang.says("查 1001")
    zhang.sees("IT-1001", "待接单")
    await zhang.says("为什么 1001")
    zhang.sees("响应", "2 小时")
    await zhang.says("帮助")
    zhang.sees("我能帮您做什么")


async def test_internal_notes_never_reach_the_requester(stage: Stage, cast: Cast) -> None:
    zhang: Player = stage.player("张三", cast.requester)
    li = stage.player("李四", cast.desk)
    await zhang.says("报修 VPN 连不上")
    await li.says("接单 1001")
    await li.says("备注 1001 用户自己拔了网线")
    li.sees("仅内部可见")
    await zhang.says("查 1001")
    zhang.sees_no("拔了网线")
