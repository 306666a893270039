"""Pictures for a person to look at; `PICTURES=/tmp pytest …/test_look.py` keeps them."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from tests.adapters.emulator.playground import gallery
from tests.adapters.emulator.playground.conftest import ALERTS, DESK, WEBHOOK, Host, Opened, idle


async def shoot(page: Page, name: str) -> None:
    await page.screenshot(path=f"/tmp/pg-{name}.png")


async def whole(phone: Locator, name: str) -> None:
    """The whole chat of a phone, however long: every bubble gets into the picture."""
    page = phone.page
    await page.set_viewport_size({"width": 1280, "height": 2600})
    await phone.screenshot(path=f"/tmp/pg-{name}.png")
    await page.set_viewport_size({"width": 1280, "height": 800})


async def test_wecom(host: Host, opened: Opened) -> None:
    for card in gallery.WECOM_CARDS:
        await host.bot.card("ZhangSan", card)
    page = await opened()
    phone = page.locator('[data-phone="wecom"]')
    await expect(phone.locator("[data-card]")).to_have_count(6)
    await shoot(page, "wecom")
    await whole(phone, "wecom-all")


async def test_dingtalk(host: Host, opened: Opened) -> None:
    host.emulator.dingtalk.card_api.templates["own.schema"] = True
    page = await opened()
    await host.bot.dingtalk_card("IM_ROBOT.lisi01", gallery.WAITING)
    await host.bot.dingtalk_card("IM_ROBOT.lisi01", gallery.OWN, cardTemplateId="own.schema")
    await host.bot.dingtalk_card("IM_ROBOT.lisi01", gallery.FORM, cardTemplateId="own.schema")
    await host.bot.robot("lisi01", "sampleActionCard2", gallery.ACTION_CARD)
    await host.bot.robot("lisi01", "sampleMarkdown", {"title": "早报", "text": gallery.MARKDOWN_BODY})
    await host.bot.robot(
        "lisi01", "sampleText", {"content": "李四，早。详情 https://tickets.example.com/t/42"}
    )
    phone = page.locator('[data-phone="dingtalk"]')
    await expect(phone.locator("[data-bubble]")).to_have_count(6)
    await shoot(page, "dingtalk")
    await whole(phone, "dingtalk-all")


async def test_groups(host: Host, opened: Opened) -> None:
    page = await opened()
    await host.bot.dingtalk_card(f"IM_GROUP.{DESK}", gallery.WAITING)
    await host.bot.dingtalk_card(
        f"ONE_BOX.{DESK}",
        gallery.builtin(
            "SLA 看板", "超时 **1** · 快超时 2 · 无主 0", [button := gallery.button("我来跟", "take", "blue")]
        ),
    )
    assert button
    mention = {"content": "IT-1042 已超时 30 分钟 <@LiSi>，请处理", "mentioned_list": ["LiSi"]}
    await host.bot.webhook(WEBHOOK, {"msgtype": "text", "text": mention})
    await host.bot.webhook(WEBHOOK, {"msgtype": "template_card", "template_card": gallery.TEXT_NOTICE})
    await host.bot.webhook(
        WEBHOOK,
        {
            "msgtype": "markdown",
            "markdown": {"content": '### 早报\n今天到期 <font color="warning">3</font>\n> 昨日新增 12'},
        },
    )
    right = page.locator('[data-phone="dingtalk"]')
    await shoot(page, "news")
    await right.locator('[data-action="back"]').click()
    await shoot(page, "list")
    await right.locator(f'[data-chat="{DESK}"]').click()
    await right.get_by_test_id("composer-text").fill("VPN 连不上 @王")
    left = page.locator('[data-phone="wecom"]')
    await page.locator('[data-people="wecom"] [data-person="LiSi"]').click()
    await idle(page)
    await expect(left.locator(f'[data-open-chat="{ALERTS}"]')).to_be_visible()
    await right.get_by_test_id("composer-text").press("End")
    await shoot(page, "groups")
    await page.locator('[data-action="wire"]').click()
    await page.locator("[data-wire]").last.click()
    await shoot(page, "wire")


async def test_narrow(host: Host, opened: Opened) -> None:
    page = await opened(width=390, height=844)
    await shoot(page, "narrow-empty")
    await host.bot.card("ZhangSan", gallery.BUTTONS)
    await host.bot.dingtalk_card("IM_ROBOT.wangqiang01", gallery.WAITING)
    await shoot(page, "narrow")
    await page.locator('button[data-tab="dingtalk"]').click()
    await shoot(page, "narrow-dingtalk")
    await page.locator('[data-action="tools"]').click()
    await shoot(page, "narrow-tools")
