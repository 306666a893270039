"""One human, two platforms: joined by who has shown both accounts, and by nobody else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from tests.browser import OpenPage
from tests.stories.hand import PICTURES
from tests.stories.stage import Player, Stage, on_stage, settings_for, shown, vendors
from tests.stories.surfing import Browser, surfing


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """张三 and 李四 are known on WeCom only; who they are on DingTalk nobody has said."""
    async with vendors() as (emulator, port):
        settings = settings_for(emulator, database_url, tmp_path, port, [])
        apart = {"张三", "李四"}
        people = [p.model_copy(update={"dingtalk": ""}) if p.name in apart else p for p in settings.people]
        async with on_stage(emulator, settings.model_copy(update={"people": tuple(people)})) as made:
            yield made
            made.assert_clean()


async def link_of(player: Player) -> str:
    await player.says("绑定账号")
    bubble = player.sees("请在 10 分钟内打开链接", "/join/")
    found = re.search(r"http\S+/join/[\w.-]+", shown(bubble))
    assert found
    return urlsplit(found.group()).path


async def bound(stage: Stage, name: str, browser: Browser) -> str:
    """Through all three steps. The text of the last page."""
    wecom, dingtalk = stage.player(name, "wecom"), stage.player(name, "dingtalk")
    link = await link_of(wecom)
    assert "绑定账号（1/3）" in (await browser.opens(link)).text
    first = await browser.opens((await browser.logs_in(wecom, link)).to)
    assert "绑定账号（2/3）" in first.text
    last = await browser.opens((await browser.logs_in(dingtalk, link)).to)
    assert f"「企业微信 {name}」和「钉钉 {name}」将合并为一人" in last.text
    return (await browser.sends(link, {"csrf": last.csrf})).text


async def test_who_shows_both_accounts_is_one_person(stage: Stage) -> None:
    zhang, other = stage.player("张三", "wecom"), stage.player("张三", "dingtalk")
    await zhang.says("报修 打印机卡纸")
    await other.says("报修 VPN 连不上")
    await other.says("查 1001")
    other.sees("没有找到工单 1001")
    async with surfing(stage) as browser:
        assert "绑定好了" in await bound(stage, "张三", browser)
        await stage.settle()
        page = await browser.opens("/login")
        assert "登录派单" in page.text  # who was joined logs in anew
    zhang.sees("已绑定")
    other.sees("已绑定")
    await other.says("我的")
    other.sees("打印机卡纸", "VPN 连不上")
    await other.says("催办 1001")
    other.sees("IT-1001")
    timeline = await stage.app.queries.timeline((await stage.app.queries.view("IT-1002")).id)
    assert {row.actor_name for row in timeline} <= {"张三", "系统时钟"}

    await other.says("解除绑定")
    other.sees("已解除绑定")
    zhang.sees("已解除绑定")
    await zhang.says("查 1002")
    zhang.sees("没有找到工单 1002")
    await other.says("解除绑定")
    other.sees("没有绑定过其他账号")


async def test_an_agent_keeps_the_desk_and_takes_tickets_on_either_phone(stage: Stage) -> None:
    li = stage.player("李四", "dingtalk")
    await stage.player("王强", "wecom").says("报修 打印机卡纸")
    await li.says("接单 1001")
    li.sees("没有找到工单 1001")
    async with surfing(stage) as browser:
        await bound(stage, "李四", browser)
    await li.says("接单 1001")
    li.sees("处理中")
    people = await stage.app.directory.names()
    desk = next(d for d in await stage.app.directory.desks() if d.key == "it")
    assert len(desk.members) == len(set(desk.members)) == 2
    assert {people[member] for member in desk.members} == {"李四", "王强"}


async def test_a_link_that_was_passed_on_joins_nobody(stage: Stage) -> None:
    """Somebody sends theirs to an administrator, who logs in without thinking."""
    link = await link_of(stage.player("张三", "wecom"))
    async with surfing(stage) as browser:
        came = await browser.logs_in(stage.player("赵敏", "dingtalk"), link)
        page = await browser.opens(came.to)
        assert "绑定账号（1/3）" in page.text
        assert "csrf" not in page.text
        home = await browser.opens("/login")
        sent = await browser.sends(link, {"csrf": home.csrf})
        assert "绑定账号（1/3）" in sent.text
    await stage.player("张三", "wecom").says("停用账号 王强")
    stage.player("张三", "wecom").sees("仅管理员")


async def test_a_link_of_one_is_no_proof_for_anothers(stage: Stage) -> None:
    async with surfing(stage) as browser:
        mine = await link_of(stage.player("张三", "wecom"))
        await browser.logs_in(stage.player("张三", "wecom"), mine)
        assert "（2/3）" in (await browser.opens(mine)).text
        theirs = await link_of(stage.player("李四", "wecom"))
        await browser.logs_in(stage.player("张三", "dingtalk"), theirs)
        assert "（1/3）" in (await browser.opens(theirs)).text


async def test_whom_the_platforms_show_to_be_two_stay_two(stage: Stage) -> None:
    link = await link_of(stage.player("张三", "wecom"))
    async with surfing(stage) as browser:
        await browser.opens((await browser.logs_in(stage.player("张三", "wecom"), link)).to)
        page = await browser.opens((await browser.logs_in(stage.player("陈静", "dingtalk"), link)).to)
        refused = await browser.sends(link, {"csrf": page.csrf})
        assert refused.status == 409
        assert "在同一个平台上都有账号" in refused.text


async def test_a_link_that_is_old_or_made_up(stage: Stage) -> None:
    link = await link_of(stage.player("张三", "wecom"))
    async with surfing(stage) as browser:
        for wrong in (f"{link[:-4]}AAAA", "/join/aaaaaaaaaaaaaaaaaaaaaaaa", f"/join/{'a' * 900}"):
            assert (await browser.opens(wrong)).status == 404
        number = stage.app.links.sign("IT-1001")
        assert (await browser.opens(f"/join/{number}")).status == 404
        stage.emulator.clock.advance(timedelta(minutes=10))
        late = await browser.opens(link)
        assert late.status == 404
        assert "再说一次「绑定账号」" in late.text


async def test_an_administrator_may_part_them(stage: Stage) -> None:
    async with surfing(stage) as browser:
        await bound(stage, "张三", browser)
    wang, zhao = stage.player("王强", "wecom"), stage.player("赵敏", "wecom")
    await wang.says("解除绑定 张三")
    wang.sees("仅本人或管理员可以")
    await zhao.says("解除绑定 张三")
    stage.player("张三", "wecom").sees("已解除绑定")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
async def test_the_three_steps_as_people_see_them(
    stage: Stage, page: OpenPage, tmp_path: Path, width: int, height: int
) -> None:
    link = await link_of(stage.player("张三", "wecom"))
    browser = await page(width=width, height=height)
    folder = PICTURES or tmp_path
    await browser.goto(f"{stage.app.settings.server.public_url}{link}")
    for step, way in ((1, "企业微信登录"), (2, "钉钉登录")):
        await expect(browser.get_by_role("heading")).to_have_text(f"绑定账号（{step}/3）")
        await browser.screenshot(path=folder / f"join-{step}-{width}.png")
        await browser.get_by_role("link", name=way).click()
        await browser.get_by_role("link", name="张三").click()
    await expect(browser.get_by_role("heading")).to_have_text("绑定账号（3/3）")
    assert await browser.evaluate("document.documentElement.scrollWidth") <= width
    await browser.screenshot(path=folder / f"join-3-{width}.png")
    await browser.get_by_role("button", name="是我本人，绑定").click()
    await expect(browser.get_by_role("heading")).to_have_text("绑定好了")
    await browser.screenshot(path=folder / f"join-done-{width}.png")
    await browser.goto(f"{stage.app.settings.server.public_url}/join/expired-expired-expired")
    await expect(browser.get_by_role("heading")).to_have_text("链接已失效")
