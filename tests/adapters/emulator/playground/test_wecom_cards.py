"""Template cards are drawn as their JSON says, and what is chosen on them reaches the bot."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.adapters.emulator.playground import gallery
from tests.adapters.emulator.playground.conftest import Host, Opened, idle

ME = "ZhangSan"


def left(page: Page) -> Locator:
    return page.locator('[data-phone="wecom"]')


async def _shown(host: Host, page: Page, card: dict[str, Any]) -> Locator:
    await host.bot.card(ME, card)
    return left(page).locator("[data-card]").last


def _press(host: Host) -> dict[str, Any]:
    return next(heard for heard in reversed(host.bot.heard) if heard["Event"].startswith("template_card"))


async def test_a_card_with_buttons(host: Host, opened: Opened) -> None:
    card = await _shown(host, await opened(), gallery.BUTTONS)
    await expect(card.locator(".wc-source")).to_have_text("IT 服务台")
    await expect(card.locator("h4")).to_have_text("IT-1042 三楼打印机卡纸")
    await expect(card.locator(".wc-quote")).to_contain_text("李四：更换过 2 号纸盒搓纸轮")
    await expect(card.locator(".wc-text")).to_have_text("张三：一直报 E03，重启无效")
    await expect(card.locator("dt")).to_have_text(["提单人", "分类", "详情"])
    await expect(card.get_by_role("link", name="打开工单")).to_have_attribute("target", "_blank")
    await expect(card.locator("button[data-key]")).to_have_text(["接单", "转派", "拒单", "稍后"])


async def test_the_drop_down_of_a_card_goes_along_with_the_press(host: Host, opened: Opened) -> None:
    page = await opened()
    card = await _shown(host, page, gallery.BUTTONS)
    await expect(card.locator(".wc-chosen")).to_have_text("P3 普通")
    await card.locator('[data-question="priority"]').click()
    await left(page).locator('[data-option="P1"]').click()
    await expect(card.locator(".wc-chosen")).to_have_text("P1 紧急")
    await card.locator('[data-key="accept"]').click()
    await idle(page)
    assert _press(host)["EventKey"] == "accept"
    assert _press(host)["answers"] == {"priority": ["P1"]}


async def test_the_menu_of_a_card(host: Host, opened: Opened) -> None:
    page = await opened()
    card = await _shown(host, page, gallery.BUTTONS)
    await card.get_by_role("button", name="更多操作").click()
    await expect(left(page).get_by_role("dialog", name="更多操作")).to_be_visible()
    await left(page).locator('button[data-key="mute"]').click()
    await idle(page)
    assert (_press(host)["Event"], _press(host)["EventKey"]) == ("template_card_menu_event", "mute")
    await expect(left(page).get_by_role("dialog")).to_have_count(0)


async def test_a_member_on_a_card_has_a_profile(host: Host, opened: Opened) -> None:
    page = await opened()
    card = await _shown(host, page, gallery.BUTTONS)
    await card.get_by_role("button", name="张三").click()
    await expect(left(page).locator(".profile")).to_contain_text("提单人 · 帐号 ZhangSan")
    await page.keyboard.press("Escape")
    await expect(left(page).locator(".profile")).to_have_count(0)
    await expect(card.get_by_role("button", name="张三")).to_be_focused()


async def test_a_notice_leads_somewhere(host: Host, opened: Opened) -> None:
    card = await _shown(host, await opened(), gallery.TEXT_NOTICE)
    await expect(card.locator(".wc-emphasis")).to_have_text("00:32离 17:00 还剩")
    await expect(card.locator(".wc-source")).to_have_class("wc-source wc-red")
    await expect(card.locator(".wc-whole")).to_have_attribute("href", "https://tickets.example.com/t/42")
    await expect(card.locator(".wc-jump")).to_have_text(["打开工单", "这个倒计时怎么来的"])


async def test_a_notice_with_pictures_of_elsewhere_shows_their_place(host: Host, opened: Opened) -> None:
    card = await _shown(host, await opened(), gallery.NEWS_NOTICE)
    await expect(card.locator(".no-picture")).to_have_count(2)
    await expect(card.locator("img")).to_have_count(0)
    await expect(card.locator(".wc-vertical")).to_contain_text("断电，打开前盖")


async def test_a_vote_for_one(host: Host, opened: Opened) -> None:
    page = await opened()
    card = await _shown(host, page, gallery.VOTE)
    await expect(card.locator('[data-option="5"]')).to_be_checked()
    await card.get_by_text("★★★ 一般").click()
    await card.locator('[data-key="rate"]').click()
    await idle(page)
    assert _press(host)["answers"] == {"stars": ["3"]}


async def test_a_vote_for_many(host: Host, opened: Opened) -> None:
    page = await opened()
    card = await _shown(host, page, gallery.TICKS)
    await card.get_by_text("等得太久").click()
    await card.get_by_text("态度").click()
    await card.locator('[data-key="why"]').click()
    await idle(page)
    assert _press(host)["answers"] == {"why": ["slow", "cold"]}


async def test_several_drop_downs(host: Host, opened: Opened) -> None:
    page = await opened()
    card = await _shown(host, page, gallery.MULTIPLE)
    await card.locator('[data-question="result"]').click()
    await left(page).locator('[data-option="replaced"]').click()
    await card.locator('[data-key="resolve"]').click()
    await idle(page)
    assert _press(host)["answers"] == {"result": ["replaced"], "cause": ["use"]}


async def test_a_card_is_painted_anew_in_its_place(host: Host, opened: Opened) -> None:
    page = await opened()
    sent = await host.bot.card(ME, gallery.BUTTONS)
    await host.bot.wecom("message/send", {"touser": ME, "msgtype": "text", "text": {"content": "下一条"}})
    await expect(left(page).locator('[data-kind="text"]')).to_have_count(1)
    update = {"userids": [ME], "response_code": sent["response_code"]}
    closed = {
        "card_type": "text_notice",
        "main_title": {"title": "IT-1042 已解决"},
        "card_action": {"type": 1, "url": "https://tickets.example.com/t/42"},
    }
    await host.bot.wecom("message/update_template_card", update | {"template_card": closed})
    bubbles = left(page).locator("[data-bubble]")
    await expect(bubbles.first.locator("h4")).to_have_text("IT-1042 已解决")
    await expect(bubbles.first).to_have_attribute("data-bubble", sent["msgid"])
    await expect(bubbles.last).to_contain_text("下一条")


async def test_the_keyboard_stays_on_a_card_that_is_painted_anew(host: Host, opened: Opened) -> None:
    async def on_wecom(heard: dict[str, Any]) -> Any:
        pressed = heard.get("EventKey") == "accept"
        return {"MsgType": "update_button", "Button": {"ReplaceName": "已接单"}} if pressed else None

    host.bot.on_wecom = on_wecom
    card = await _shown(host, await opened(), gallery.BUTTONS)
    await card.locator('[data-key="accept"]').press("Enter")
    await expect(card.locator(".wc-replaced")).to_have_text("已接单")
    await expect(card.locator("button[data-key]")).to_have_count(0)
    await expect(card.locator("xpath=ancestor::*[contains(@class, 'said')]")).to_be_focused()


async def test_the_client_hints_when_nobody_answers_a_press(host: Host, opened: Opened) -> None:
    page = await opened()
    card = await _shown(host, page, gallery.BUTTONS)
    await expect(card).to_be_visible()
    host.emulator.wecom.callback_url = "http://127.0.0.1:9/nobody"
    await card.locator('[data-key="accept"]').click()
    await expect(left(page).get_by_test_id("client-hint")).to_have_text("操作失败，请稍后重试")
    await expect(card.locator('[data-key="accept"]')).not_to_have_attribute("aria-busy", "true")


async def test_a_late_answer_is_a_failure_too(host: Host, opened: Opened) -> None:
    host.emulator.wecom.switches.callback_timeout = 0.3
    page = await opened()
    card = await _shown(host, page, gallery.BUTTONS)
    async with host.bot.holding():
        await card.locator('[data-key="accept"]').click()
        await expect(left(page).get_by_test_id("client-hint")).to_have_text("操作超时，请稍后重试")
        await expect(card.locator('[data-key="accept"]')).not_to_have_attribute("aria-busy", "true")
    await idle(page)


async def test_a_card_cannot_smuggle_markup_or_scripts(host: Host, opened: Opened) -> None:
    page = await opened()
    evil = {
        **gallery.TEXT_NOTICE,
        "main_title": {"title": "<img src=x onerror=alert(1)>", "desc": "<script>alert(2)</script>"},
    }
    card = await _shown(host, page, evil)
    await expect(card.locator("h4")).to_have_text("<img src=x onerror=alert(1)>")
    await expect(card.locator("img, script")).to_have_count(0)
