"""DingTalk's cards are drawn from the variables that their viewer has."""

from __future__ import annotations

import json
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.adapters.emulator.playground import gallery
from tests.adapters.emulator.playground.conftest import DESK, Host, Opened, idle

ME = "lisi01"
OWN = "own.schema"


def right(page: Page) -> Locator:
    return page.locator('[data-phone="dingtalk"]')


async def _shown(host: Host, page: Page, variables: dict[str, Any], **more: Any) -> Locator:
    host.emulator.dingtalk.card_api.templates[OWN] = True
    await host.bot.dingtalk_card(f"IM_ROBOT.{ME}", variables, **more)
    return right(page).locator("[data-card]").last


def _content(host: Host) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(host.bot.heard[-1]["content"])["cardPrivateData"]
    return content


async def test_the_public_template(host: Host, opened: Opened) -> None:
    page = await opened()
    card = await _shown(host, page, gallery.WAITING)
    await expect(card.locator("h4")).to_have_text("【待接单】IT-1042 三楼打印机卡纸")
    await expect(card.locator("strong").first).to_have_text("张三")
    await expect(card.locator("li")).to_have_count(3)
    await expect(card.locator("blockquote")).to_contain_text("更换过 2 号纸盒")
    await expect(card.locator(".dc-tips")).to_have_text("也可以回复：接单 1042")
    await card.locator('button[data-key="transfer"]').click()
    await idle(page)
    assert _content(host)["actionIds"] == ["transfer"]


async def test_our_own_template(host: Host, opened: Opened) -> None:
    private = {ME: {"cardParamMap": {"notice": "您已接单（10:05）"}}}
    card = await _shown(host, await opened(), gallery.OWN, cardTemplateId=OWN, privateData=private)
    await expect(card.locator(".dc-notice")).to_have_text("您已接单（10:05）")
    await expect(card.locator(".dc-tag")).to_have_text("处理中")
    await expect(card.locator(".dc-source")).to_have_text("IT 服务台")
    await expect(card.locator("dt")).to_have_text(["处理人", "到期"])
    await expect(card.locator(".dc-tips")).to_have_text("李四 10:05 接单")
    await expect(card.locator('button[data-key="ask"]')).to_be_disabled()
    await expect(card.get_by_role("link", name="详情")).to_have_attribute("target", "_blank")


async def test_a_template_with_a_variable_for_each_field(host: Host, opened: Opened) -> None:
    variables = {"title": "IT-1042", "priority": "P2", "requester": "张三", "body": "卡纸", "tips": "新"}
    card = await _shown(host, await opened(), variables, cardTemplateId=OWN)
    await expect(card.locator("dt")).to_have_text(["优先级", "提单人"])


async def test_private_variables_are_for_their_person(host: Host, opened: Opened) -> None:
    page = await opened()
    private = {ME: {"cardParamMap": {"tips": "只有李四看得到"}}}
    await host.bot.dingtalk_card(f"IM_GROUP.{DESK}", gallery.WAITING, privateData=private)
    await right(page).locator('[data-action="back"]').click()
    await right(page).locator(f'[data-chat="{DESK}"]').click()
    await expect(right(page).locator(".dc-tips")).to_have_text("只有李四看得到")
    await page.locator('[data-people="dingtalk"] [data-person="wangqiang01"]').click()
    await expect(right(page).locator(".dc-tips")).to_have_text("也可以回复：接单 1042")


async def test_a_card_for_some_members_is_not_seen_by_others(host: Host, opened: Opened) -> None:
    page = await opened()
    model = {"robotCode": host.emulator.credentials.dingtalk_robot_code, "recipients": ["wangqiang01"]}
    await host.bot.dingtalk_card(f"IM_GROUP.{DESK}", gallery.WAITING, imGroupOpenDeliverModel=model)
    await expect(page.locator('[data-notice="dingtalk:wangqiang01"]')).to_be_visible()
    await expect(page.locator('[data-notice="dingtalk:chenjing01"]')).to_have_count(0)


async def test_a_form(host: Host, opened: Opened) -> None:
    page = await opened()
    card = await _shown(host, page, gallery.FORM, cardTemplateId=OWN)
    await card.locator('button[data-key="submit"]').click()
    await expect(right(page).get_by_test_id("client-hint")).to_have_text("请填写怎么了")
    await card.locator('[data-field="what"]').fill("投影仪没信号")
    await card.locator('[data-field="priority"]').select_option("P2")
    await card.locator('button[data-key="submit"]').click()
    await idle(page)
    assert _content(host)["params"]["form"] == {
        "draft": "D-17",
        "what": "投影仪没信号",
        "priority": {"index": 0, "value": "P2"},
    }


async def test_the_card_on_top_of_a_chat(host: Host, opened: Opened) -> None:
    page = await opened()
    board = gallery.builtin("SLA 看板", "超时 **1**", [gallery.button("我来跟", "take", "blue")])
    card = await host.bot.dingtalk_card(f"ONE_BOX.{DESK}", board)
    await right(page).locator('[data-action="back"]').click()
    await right(page).locator(f'[data-chat="{DESK}"]').click()
    top = right(page).locator("[data-top-card]")
    await expect(top).to_contain_text("超时 1")
    await top.locator('button[data-key="take"]').click()
    await idle(page)
    assert _content(host)["actionIds"] == ["take"]
    await top.locator("summary").click()
    await expect(top.locator('button[data-key="take"]')).to_be_hidden()
    await host.bot.dingtalk("POST", "/v1.0/card/tops/close", {"openConversationId": DESK, "outTrackId": card})
    await expect(top).to_have_count(0)


async def test_the_client_hints_when_the_bot_is_gone(host: Host, opened: Opened) -> None:
    page = await opened()
    card = await _shown(host, page, gallery.WAITING)
    await expect(card).to_be_visible()
    await host.emulator.dingtalk.close_sockets()
    await card.locator('button[data-key="accept"]').click()
    await expect(right(page).get_by_test_id("client-hint")).to_have_text("操作失败，请重试")


async def test_a_late_answer_is_a_failure_too(host: Host, opened: Opened) -> None:
    host.emulator.dingtalk.switches.card_answer_seconds = 0.3
    page = await opened()
    card = await _shown(host, page, gallery.WAITING)
    async with host.bot.holding():
        await card.locator('button[data-key="accept"]').click()
        await expect(right(page).get_by_test_id("client-hint")).to_have_text("操作超时，请稍后重试")
    await idle(page)


async def test_a_button_that_is_gone_is_not_pressed(host: Host, opened: Opened) -> None:
    """The card may have changed between the look and the press."""
    page = await opened()
    card = await _shown(host, page, gallery.WAITING, outTrackId="gone")
    button = card.locator('button[data-key="accept"]')
    await expect(button).to_be_visible()
    before = len(host.bot.heard)
    host.emulator.dingtalk.card("gone").public.clear()
    await button.click()
    await expect(right(page).get_by_test_id("client-hint")).to_have_text("卡片已经变了，请看最新的样子")
    assert len(host.bot.heard) == before


async def test_an_action_card_says_its_phrase(host: Host, opened: Opened) -> None:
    page = await opened()
    await host.bot.robot(ME, "sampleActionCard2", gallery.ACTION_CARD)
    card = right(page).locator('[data-card="actionCard"]')
    await expect(card.locator(".md-h3")).to_have_text("IT-1042 三楼打印机卡纸")
    await card.locator('[data-say="接单 1042"]').click()
    await expect(right(page).locator('[data-from="me"] .bubble')).to_have_text("接单 1042")
    await idle(page)
    assert host.bot.heard[-1]["text"]["content"] == "接单 1042"
