"""Who holds which phone, what is unread, and where there is news."""

from __future__ import annotations

from playwright.async_api import expect

from tests.adapters.emulator.playground import gallery
from tests.adapters.emulator.playground.conftest import DESK, Host, Opened


async def test_news_on_somebody_elses_phone_is_counted_and_leads_there(host: Host, opened: Opened) -> None:
    page = await opened()
    await host.bot.dingtalk_card("IM_ROBOT.wangqiang01", gallery.WAITING)
    notice = page.locator('[data-notice="dingtalk:wangqiang01"]')
    await expect(notice).to_contain_text("王强 有 1 条新消息")
    person = page.locator('[data-people="dingtalk"] [data-person="wangqiang01"]')
    await expect(person).to_have_attribute("data-unread", "1")
    await notice.click()
    await expect(page.locator('[data-phone="dingtalk"]')).to_have_attribute("data-viewer", "wangqiang01")
    await expect(page.locator('[data-phone="dingtalk"] [data-card] h4')).to_be_visible()
    await expect(notice).to_have_count(0)
    await expect(person).to_have_attribute("data-unread", "0")


async def test_news_in_a_group_opens_the_group(host: Host, opened: Opened) -> None:
    page = await opened()
    await host.bot.dingtalk_card(f"IM_GROUP.{DESK}", gallery.WAITING)
    await page.locator('[data-notice="dingtalk:chenjing01"]').click()
    await expect(page.locator(f'[data-phone="dingtalk"] [data-open-chat="{DESK}"]')).to_be_visible()


async def test_the_list_of_chats_marks_what_is_unread(host: Host, opened: Opened) -> None:
    page = await opened()
    phone = page.locator('[data-phone="dingtalk"]')
    at = {"robotCode": host.emulator.credentials.dingtalk_robot_code, "atUserIds": {"lisi01": "李四"}}
    await host.bot.dingtalk_card(f"IM_GROUP.{DESK}", gallery.WAITING, imGroupOpenDeliverModel=at)
    await expect(phone.locator('[data-action="back"]')).to_contain_text("1")
    await phone.locator('[data-action="back"]').click()
    row = phone.locator(f'[data-chat="{DESK}"]')
    await expect(row).to_have_attribute("data-unread", "1")
    await expect(row).to_contain_text("[有人@我] 派单助手：[卡片] 【待接单】IT-1042")
    await row.click()
    await phone.locator('[data-action="back"]').click()
    await expect(row).to_have_attribute("data-unread", "0")


async def test_what_a_demo_begins_with_is_no_news(host: Host, opened: Opened) -> None:
    await host.bot.dingtalk_card("IM_ROBOT.wangqiang01", gallery.WAITING)
    page = await opened()
    await expect(page.locator('[data-people="dingtalk"] [data-person]')).to_have_count(5)
    await expect(page.locator("[data-notice]")).to_have_count(0)


async def test_the_keyboard_alone_is_enough(host: Host, opened: Opened) -> None:
    page = await opened()
    phone = page.locator('[data-phone="dingtalk"]')
    person = page.locator('[data-people="dingtalk"] [data-person="wangqiang01"]')
    await person.press("Enter")
    await expect(phone).to_have_attribute("data-viewer", "wangqiang01")
    await expect(person).to_be_focused()
    await phone.locator('[data-action="back"]').press("Enter")
    await expect(phone.locator('[data-chat="wangqiang01"]')).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(phone.locator(f'[data-chat="{DESK}"]')).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(phone.get_by_test_id("composer-text")).to_be_focused()
