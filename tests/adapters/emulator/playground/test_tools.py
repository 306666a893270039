"""The clock, what can go wrong, and the wire."""

from __future__ import annotations

from datetime import timedelta

from playwright.async_api import Page, expect

from tests.adapters.emulator.playground import gallery
from tests.adapters.emulator.playground.conftest import START, Host, Opened, idle


async def _say(page: Page, platform: str, words: str) -> None:
    text = page.locator(f'[data-phone="{platform}"]').get_by_test_id("composer-text")
    await text.fill(words)
    await text.press("Enter")
    await idle(page)


async def test_fast_forward_moves_the_clock_and_lets_the_bot_work(host: Host, opened: Opened) -> None:
    page = await opened()
    await expect(page.get_by_test_id("clock")).to_have_text("10:02")
    await page.locator('[data-action="advance-5m"]').click()
    await expect(page.get_by_test_id("clock")).to_have_text("10:07")
    await page.locator('[data-action="advance-1h"]').click()
    await expect(page.get_by_test_id("clock")).to_have_text("11:07")
    assert host.advanced == [timedelta(minutes=5), timedelta(hours=1)]


async def test_fast_forward_to_the_next_thing(host: Host, opened: Opened) -> None:
    page = await opened()
    host.due = START + timedelta(hours=2)
    await page.locator('[data-action="advance-next"]').click()
    await expect(page.get_by_test_id("clock")).to_have_text("12:02")
    await expect(page.locator(".wire-act")).to_have_text("快进到下一件事（2 小时后）")
    host.due = None
    await page.locator('[data-action="advance-next"]').click()
    await expect(page.get_by_test_id("toast")).to_have_text("后面没有定时要做的事了")


async def test_a_message_can_be_delivered_again(host: Host, opened: Opened) -> None:
    page = await opened()
    for platform in ("wecom", "dingtalk"):
        await _say(page, platform, "打印机坏了")
        await page.locator(f'[data-action="redeliver"][data-platform="{platform}"]').click()
        await expect(page.get_by_test_id("toast")).to_have_text("已重投：同一条消息又到了一次")
        await idle(page)
        first, again = host.bot.heard[-2:]
        key = "MsgId" if platform == "wecom" else "msgId"
        assert first[key] == again[key]
        await expect(page.locator(f'[data-phone="{platform}"] [data-from="me"]')).to_have_count(1)


async def test_a_press_can_be_delivered_again(host: Host, opened: Opened) -> None:
    page = await opened()
    await host.bot.card("ZhangSan", gallery.BUTTONS)
    await page.locator('[data-phone="wecom"] button[data-key="accept"]').click()
    await idle(page)
    await page.locator('[data-action="redeliver"][data-platform="wecom"]').click()
    await idle(page)
    first, again = host.bot.heard[-2:]
    assert (first["EventKey"], first["TaskId"]) == (again["EventKey"], again["TaskId"])


async def test_there_is_nothing_to_redeliver_at_first(host: Host, opened: Opened) -> None:
    page = await opened()
    await page.locator('[data-action="redeliver"][data-platform="dingtalk"]').click()
    await expect(page.get_by_test_id("toast")).to_contain_text("钉钉里还没有发生过什么")


async def test_dingtalk_can_be_offline(host: Host, opened: Opened) -> None:
    page = await opened()
    switch = page.locator('[data-trouble="offline"][data-platform="dingtalk"]')
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    await expect(page.locator('[data-phone="dingtalk"]')).to_contain_text("模拟断网：机器人掉线了")
    await expect(page.locator('[data-phone="wecom"]')).not_to_contain_text("模拟断网")
    before = len(host.bot.heard)
    await _say(page, "dingtalk", "有人吗")
    assert len(host.bot.heard) == before
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "false")


async def test_calls_to_wecom_can_be_refused(host: Host, opened: Opened) -> None:
    page = await opened()
    switch = page.locator('[data-trouble="limited"][data-platform="wecom"]')
    await switch.click()
    await idle(page)
    body = {"touser": "ZhangSan", "msgtype": "text", "text": {"content": "早"}}
    assert await host.bot.errcode("message/send", body) == 45009
    await expect(page.locator(".wire-strip .wire-failed")).to_contain_text("45009")
    await switch.click()
    await idle(page)
    assert await host.bot.errcode("message/send", body) == 0


async def test_cards_can_expire(host: Host, opened: Opened) -> None:
    page = await opened()
    sent = await host.bot.card("ZhangSan", gallery.BUTTONS)
    await page.locator('[data-action="expire"]').click()
    await expect(page.get_by_test_id("toast")).to_contain_text("已过期")
    update = {
        "userids": ["ZhangSan"],
        "response_code": sent["response_code"],
        "button": {"replace_name": "好"},
    }
    assert await host.bot.errcode("message/update_template_card", update) != 0


async def test_the_demo_can_start_anew(host: Host, opened: Opened) -> None:
    page = await opened()
    await _say(page, "wecom", "打印机坏了")
    await page.locator('[data-trouble="limited"][data-platform="wecom"]').click()
    await page.locator('[data-action="reset"]').click()
    await expect(page.locator("[data-bubble]")).to_have_count(0)
    await expect(page.locator('[data-phone="wecom"] [data-suggestion]').first).to_be_visible()
    await expect(page.locator('[data-trouble][aria-checked="true"]')).to_have_count(0)
    assert host.resets == 1
    await host.bot.card("ZhangSan", gallery.BUTTONS)
    await expect(page.locator('[data-phone="wecom"] [data-bubble]')).to_have_count(1)


async def test_the_strip_shows_what_the_last_act_set_off(host: Host, opened: Opened) -> None:
    page = await opened()
    await _say(page, "wecom", "打印机坏了")
    strip = page.locator(".wire-strip")
    await expect(strip.locator(".wire-act")).to_have_text("张三：打印机坏了")
    await expect(strip.locator(".wire-entry")).to_have_text(["企微 → 派单callback text"])
    await strip.locator(".wire-entry").click()
    entry = page.locator("[data-wire][open]")
    await expect(entry).to_have_attribute("data-to-bot", "true")
    await expect(entry.locator("pre").first).to_contain_text("  <Content>打印机坏了</Content>")
    await page.keyboard.press("Escape")
    await expect(page.locator(".wire-log")).to_be_hidden()


async def test_the_page_says_when_the_program_is_gone_and_comes_back(host: Host, opened: Opened) -> None:
    page = await opened()
    await page.context.set_offline(True)
    await page.locator('[data-action="advance-5m"]').click()
    await expect(page.get_by_test_id("toast")).to_contain_text("连不上试玩台")
    await page.context.set_offline(False)
    host.complaints.clear()
    await _say(page, "wecom", "又好了")
    await expect(page.locator('[data-phone="wecom"] [data-from="me"]')).to_have_count(1)
