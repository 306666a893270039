"""Who leaves the company: what the platform says of them is the end of all their powers here, within the minute."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from domain.tickets.states import State
from tests.stories.stage import Platform, Stage, on_stage, settings_for, vendors
from tests.stories.surfing import surfing

on_both = pytest.mark.parametrize(
    ("database_url", "on"),
    [("sqlite", "wecom"), ("postgres", "dingtalk")],
    indirect=["database_url"],
    ids=["wecom", "dingtalk"],
)


@pytest.fixture
async def stage(database_url: str, on: Platform, tmp_path: Path) -> AsyncIterator[Stage]:
    """A company with one platform, but for the administrator, who has both."""
    async with vendors() as (emulator, port):
        settings = settings_for(emulator, database_url, tmp_path, port, [])
        away = {"dingtalk": ""} if on == "wecom" else {"wecom": ""}
        people = tuple(
            p if p.name in {"赵敏", "王强"} else p.model_copy(update=away) for p in settings.people
        )
        async with on_stage(emulator, settings.model_copy(update={"people": people})) as made:
            yield made
            made.assert_clean()


async def leaves(stage: Stage, on: Platform, name: str) -> None:
    userid = stage.player(name, on).id
    if on == "wecom":
        await contact(stage, ChangeType="delete_user", UserID=userid)
    else:
        await stage.emulator.dingtalk.org_event("user_leave_org", userId=[userid])
    await stage.settle()


async def comes(stage: Stage, on: Platform, name: str) -> None:
    userid = stage.player(name, on).id
    if on == "wecom":
        await contact(stage, ChangeType="create_user", UserID=userid)
    else:
        await stage.emulator.dingtalk.org_event("user_add_org", userId=[userid])
    await stage.settle()


async def contact(stage: Stage, **fields: str) -> None:
    told: Mapping[str, Any] = {"Event": "change_contact", **fields}
    assert (await stage.emulator.wecom.event(told)).status == 200
    await stage.settle()


@on_both
async def test_work_goes_back_to_the_desk_and_every_door_is_shut(stage: Stage, on: Platform) -> None:
    zhang, li, chen = (stage.player(name, on) for name in ("张三", "李四", "陈静"))
    await zhang.says("报修 打印机卡纸")
    await li.says("接单 1001")
    await li.says("要信息 1001")  # asks for the words, which never come
    async with surfing(stage) as browser:
        await browser.logs_in(li)
        assert (await browser.opens("/t/IT-1001")).status == 200
        await leaves(stage, on, "李四")
        assert (await browser.opens("/t/IT-1001")).to
        assert (await browser.logs_in(li)).status == 403
    chen.sees("李四 的账号已停用", "放回服务台 1 单")
    assert (await stage.app.queries.view("IT-1001")).state is State.OPEN
    await li.says("型号是什么？")
    li.sees("您的账号已停用")
    await li.says("接单 1001")
    assert (await stage.app.queries.view("IT-1001")).assignee is None
    assert "接单" not in li.buttons()  # no card of the desk comes to them any more


@on_both
async def test_leaving_at_every_moment_of_a_ticket_leaves_none_without_somebody(
    stage: Stage, on: Platform
) -> None:
    """The requester may go at any time; whoever works goes at each step, and comes back by an administrator."""
    zhang, li, zhao = (stage.player(name, on) for name in ("张三", "李四", "赵敏"))
    steps = [
        [],
        ["接单 {n}"],
        ["接单 {n}", "要信息 {n} 型号是什么"],
        ["接单 {n}", "转派 {n} @王强 他更熟"],
        ["接单 {n}", "延期 {n} 2h 等备件"],
        ["接单 {n}", "解决 {n} 换了硒鼓"],
    ]
    for number, said in enumerate(steps, 1001):
        await zhang.says(f"报修 打印机坏了第{number}台")
        for words in said:
            await li.says(words.format(n=number))
        await leaves(stage, on, "李四")
        await stage.app.duty_watch.check()
        view = await stage.app.queries.view(f"IT-{number}")
        if view.state in {State.OPEN, State.IN_PROGRESS, State.WAITING}:
            assert view.assignee is None or view.assignee.name != "李四"
        assert view.receiver is None or view.receiver.name != "李四"
        await zhao.says("启用账号 李四")
        await stage.later(seconds=1)  # the same event in the same second would be the same event
    await leaves(stage, on, "张三")
    await li.says("接单 1001")
    li.sees("处理中")  # what a leaver asked for is still to be done


@on_both
async def test_the_same_event_twice_and_one_about_nobody(stage: Stage, on: Platform) -> None:
    await leaves(stage, on, "路人")
    await leaves(stage, on, "李四")
    await leaves(stage, on, "李四")
    chen = stage.player("陈静", on)
    told = [b for b in stage.chat(on, chen.id) if "李四 的账号已停用" in b.text]
    assert len(told) == 1
    names = await stage.app.directory.names()
    assert "路人" not in names.values()  # who never was here does not become known by leaving


@on_both
async def test_who_comes_back_waits_for_an_administrator(stage: Stage, on: Platform) -> None:
    li, zhao = stage.player("李四", on), stage.player("赵敏", on)
    await zhao.says("谁值班")
    await leaves(stage, on, "李四")
    await comes(stage, on, "李四")
    zhao.sees("通讯录里又有了 李四", "启用账号 李四")
    await li.says("待办")
    li.sees("您的账号已停用")
    await zhao.says("启用账号 李四")
    await li.says("报修 VPN 连不上")
    li.sees("IT-1001")


@on_both
async def test_who_left_one_platform_goes_on_with_the_other(stage: Stage, on: Platform) -> None:
    other: Platform = "dingtalk" if on == "wecom" else "wecom"
    here, there, zhao = stage.player("王强", on), stage.player("王强", other), stage.player("赵敏", on)
    await zhao.says("谁值班")
    async with surfing(stage) as browser:
        await browser.logs_in(here)
        await leaves(stage, on, "王强")
        assert "登录派单" in (await browser.opens("/login")).text
    zhao.sees("王强 已不在一个平台的通讯录里", "停用账号 王强")
    await here.says("报修 打印机卡纸")
    here.sees("您的账号已停用")
    await there.says("报修 VPN 连不上")
    there.sees("IT-1001")
    await leaves(stage, other, "王强")
    await there.says("我的")
    there.sees("您的账号已停用")


@pytest.mark.parametrize(("database_url", "on"), [("sqlite", "wecom")], indirect=["database_url"])
async def test_wecom_says_disabled_and_renamed(stage: Stage) -> None:
    li = stage.player("李四", "wecom")
    await contact(stage, ChangeType="update_user", UserID="lisi", Status="1", Name="李四")
    await li.says("报修 打印机卡纸")
    li.sees("IT-1001")
    await contact(stage, ChangeType="update_user", UserID="LiSi", NewUserID="LiSi2")
    renamed = await stage.app.directory.find("wecom:lisi2")
    assert (renamed.name, renamed.active) == ("李四", True)
    await contact(stage, ChangeType="update_user", UserID="LiSi2", Status="2")
    await stage.player("赵敏", "wecom").says("指派 1001 @李四")
    assert (await stage.app.queries.view("IT-1001")).assignee is None
    await contact(stage, ChangeType="create_party", Id="7")
    await contact(stage, ChangeType="delete_user")


@pytest.mark.parametrize(("database_url", "on"), [("sqlite", "wecom")], indirect=["database_url"])
async def test_who_wrote_under_the_new_id_before_we_heard_of_it_is_one_person(stage: Stage) -> None:
    li, lu = stage.player("李四", "wecom"), stage.player("路人", "wecom")
    await li.says("报修 打印机卡纸")
    await lu.says("报修 VPN 连不上")  # the same human, as it turns out
    await contact(stage, ChangeType="update_user", UserID="LiSi", NewUserID="LuRen")
    await lu.says("我的")
    lu.sees("打印机卡纸", "VPN 连不上")
    await li.says("我的")
    li.sees("您的账号已停用")
