"""Logging in as people see it: on a laptop by the vendor's page, on a phone by the link in a card."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser import OpenPage
from tests.stories.hand import DINGTALK, PICTURES, WECOM, Hand

SIZES = [(1280, 800), (390, 844)]


async def picture(page: Page, folder: Path, name: str) -> None:
    width = await page.evaluate("innerWidth")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.screenshot(path=(PICTURES or folder) / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_somebody_logs_in_reads_and_logs_out(
    hand: Hand, playground: str, page: OpenPage, tmp_path: Path, width: int, height: int
) -> None:
    await hand.becomes("wecom", "ZhangSan")
    await hand.opens(WECOM, "ZhangSan")
    await hand.says(WECOM, "报修 VPN 连不上")
    browser = await page(width=width, height=height)
    await browser.goto(f"{playground}t/IT-1001")
    await expect(browser.get_by_role("heading")).to_have_text("登录派单")
    await picture(browser, tmp_path, "login")
    await browser.get_by_role("link", name="钉钉登录").click()
    await expect(browser.get_by_role("heading")).to_have_text("钉钉登录")
    await picture(browser, tmp_path, "login-vendor")
    await browser.get_by_role("link", name="张三").click()
    await expect(browser.get_by_test_id("state")).to_have_text("待接单")
    await picture(browser, tmp_path, "login-ticket")
    assert browser.url == f"{playground}t/IT-1001"

    await browser.goto(f"{playground}t/IT-9999")
    await expect(browser.get_by_role("heading")).to_have_text("没有找到这张工单")
    await picture(browser, tmp_path, "login-invisible")
    await browser.get_by_role("link", name="换一个账号").click()
    await expect(browser.get_by_role("heading")).to_have_text("已登录：张三")
    await picture(browser, tmp_path, "login-home")
    await browser.get_by_role("button", name="退出登录").click()
    await expect(browser.get_by_role("heading")).to_have_text("已退出登录")
    await picture(browser, tmp_path, "login-out")
    await browser.goto(f"{playground}login/wecom/back?code=x&state=y")
    await expect(browser.get_by_role("heading")).to_have_text("登录没有完成")
    await picture(browser, tmp_path, "login-failed")


async def test_a_card_opens_as_whose_phone_it_is(hand: Hand) -> None:
    await hand.becomes("wecom", "ZhangSan")
    await hand.opens(WECOM, "ZhangSan")
    await hand.says(WECOM, "报修 VPN 连不上")
    link = hand.phone(WECOM).locator('a[href*="/t/IT-1001"]').last
    async with hand.page.context.expect_page() as opening:
        await link.click()
    opened = await opening.value
    await expect(opened.locator("footer")).to_contain_text("已登录：张三")
    assert "key=" not in opened.url

    await hand.becomes("dingtalk", "chenjing01")
    await hand.opens(DINGTALK, "chenjing01")
    await hand.says(DINGTALK, "查 1001")
    link = hand.phone(DINGTALK).locator('a[href*="/t/IT-1001"]').last
    async with hand.page.context.expect_page() as opening:
        await link.click()
    await expect((await opening.value).locator("footer")).to_contain_text("已登录：陈静")
