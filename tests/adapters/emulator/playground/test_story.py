"""The first story a newcomer plays: said on one phone, answered on the other, seen on both."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.adapters.emulator.playground import gallery
from tests.adapters.emulator.playground.conftest import DESK, Host, Opened, idle

SENTENCE = "3楼打印机卡纸"
DRAFT = {
    "card_type": "button_interaction",
    "main_title": {"title": SENTENCE, "desc": "请核对"},
    "button_list": [
        {"text": "提交", "style": 1, "key": "submit"},
        {"text": "改一下", "style": 2, "key": "amend"},
    ],
}


@pytest.fixture
def story(host: Host) -> Host:
    """A bot that makes a draft of what is said, and a ticket of the draft."""
    bot = host.bot

    async def on_wecom(heard: dict[str, Any]) -> Any:
        if heard["MsgType"] == "text":
            await bot.card(heard["FromUserName"], DRAFT)
        if heard.get("EventKey") == "submit":
            await bot.dingtalk_card(f"IM_GROUP.{DESK}", gallery.WAITING, outTrackId="ticket")
            return {"MsgType": "update_button", "Button": {"ReplaceName": "已提交 IT-1042"}}
        return None

    async def on_dingtalk(heard: dict[str, Any]) -> Any:
        if "accept" in heard.get("content", ""):
            await bot.wecom(
                "message/send", {"touser": "ZhangSan", "msgtype": "text", "text": {"content": "李四已接单"}}
            )
            taken = gallery.builtin(
                "【处理中】IT-1042", "**李四** 在处理", [gallery.button("解决", "resolve", "blue")]
            )
            return {"cardData": {"cardParamMap": taken}, "cardUpdateOptions": {"updateCardDataByKey": True}}
        return None

    bot.on_wecom, bot.on_dingtalk = on_wecom, on_dingtalk
    return host


async def _submit(page: Page) -> None:
    phone = page.locator('[data-phone="wecom"]')
    await phone.locator(f'[data-suggestion="{SENTENCE}"]').click()
    await phone.locator('button[data-key="submit"]').click()
    await idle(page)


async def test_a_sentence_becomes_a_ticket_that_somebody_accepts(story: Host, opened: Opened) -> None:
    page = await opened()
    await _submit(page)
    left, right = page.locator('[data-phone="wecom"]'), page.locator('[data-phone="dingtalk"]')
    await expect(left.locator(".wc-replaced")).to_have_text("已提交 IT-1042")
    await right.locator('[data-action="back"]').click()
    await right.locator(f'[data-chat="{DESK}"]').click()
    await right.locator('button[data-key="accept"]').click()
    await expect(right.locator("[data-card] h4")).to_have_text("【处理中】IT-1042")
    await expect(right.locator('button[data-key="accept"]')).to_have_count(0)
    await expect(left.locator('[data-from="robot"]').last).to_contain_text("李四已接单")


async def test_the_first_steps_are_ticked_off(story: Host, opened: Opened) -> None:
    page = await opened()
    await page.locator('[data-action="try"]').click()
    await expect(page.locator('[data-step="said"]')).to_have_class("step step-done")
    await page.locator('button[data-key="submit"]').click()
    await expect(page.locator('[data-step="pressed"]')).to_have_class("step step-done")
    await page.locator('[data-notice="dingtalk:wangqiang01"]').click()
    await page.locator('button[data-key="accept"]').click()
    await expect(page.locator(".steps-after")).to_be_visible()


async def test_a_pressed_button_waits_and_the_card_takes_no_second_press(story: Host, opened: Opened) -> None:
    page = await opened()
    await page.locator(f'[data-phone="wecom"] [data-suggestion="{SENTENCE}"]').click()
    submit = page.locator('button[data-key="submit"]')
    await expect(submit).to_be_visible()
    async with story.bot.holding():
        await submit.click()
        await expect(submit).to_have_attribute("aria-busy", "true")
        await expect(page.locator("body")).to_have_attribute("data-idle", "false")
        await page.locator('button[data-key="amend"]').dispatch_event("click")
    await idle(page)
    pressed = [heard["EventKey"] for heard in story.bot.heard if heard.get("Event") == "template_card_event"]
    assert pressed == ["submit"]


async def test_suggestions_go_when_somebody_has_spoken(story: Host, opened: Opened) -> None:
    page = await opened()
    phone = page.locator('[data-phone="wecom"]')
    text = phone.get_by_test_id("composer-text")
    await text.fill("一行\n两行")
    await text.press("Enter")
    await expect(phone.locator('[data-from="me"] .bubble')).to_have_text("一行\n两行")
    await expect(text).to_have_value("")
    await expect(phone.locator("[data-suggestion]").first).to_be_hidden()
    await idle(page)
    assert story.bot.heard[-1]["Content"] == "一行\n两行"


async def test_opening_the_chat_is_told_to_the_bot_once(host: Host, opened: Opened) -> None:
    page = await opened()
    people = page.locator('[data-people="wecom"]')
    for person in ("LiSi", "ZhangSan", "LiSi"):
        await people.locator(f'[data-person="{person}"]').click()
    await idle(page)
    assert [heard["FromUserName"] for heard in host.bot.heard] == ["ZhangSan", "LiSi"]


async def test_everything_survives_a_reload(story: Host, opened: Opened) -> None:
    page = await opened()
    await _submit(page)
    await page.locator('[data-people="dingtalk"] [data-person="chenjing01"]').click()
    await page.reload()
    await idle(page)
    await expect(page.locator(".wc-replaced")).to_have_text("已提交 IT-1042")
    await expect(page.locator('[data-phone="dingtalk"]')).to_have_attribute("data-viewer", "chenjing01")
