from __future__ import annotations

from playwright.async_api import expect

from tests.adapters.emulator.playground.conftest import Host, Opened, idle


async def test_two_phones_are_seen_side_by_side(host: Host, opened: Opened) -> None:
    page = await opened()
    await expect(page.locator('[data-phone="wecom"]')).to_be_visible()
    await expect(page.locator('[data-phone="dingtalk"]')).to_be_visible()
    await page.screenshot(path="/tmp/pg-empty.png")


async def test_what_is_said_reaches_the_bot(host: Host, opened: Opened) -> None:
    page = await opened()
    phone = page.locator('[data-phone="wecom"]')
    await phone.get_by_test_id("composer-text").fill("打印机坏了")
    await phone.get_by_test_id("composer-text").press("Enter")
    await idle(page)
    await expect(phone.locator("[data-from=me] .bubble")).to_have_text("打印机坏了")
    assert host.bot.heard[-1]["Content"] == "打印机坏了"
