"""The page fits its window, laptop or phone, with long texts too. PICTURES=<folder> keeps pictures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.adapters.emulator.playground import gallery
from tests.adapters.emulator.playground.conftest import ALERTS, DESK, WEBHOOK, Host, Opened, idle

SIZES = {"laptop": (1280, 800), "small": (1024, 700), "phone": (390, 844)}
# What sticks out of the window, or of the phone that it is in.
STICKING_OUT = """
() => {
  const inside = (inner, outer) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
  const page = document.documentElement;
  const found = page.scrollWidth > page.clientWidth ? ["the page"] : [];
  for (const phone of document.querySelectorAll("[data-phone]")) {
    const box = phone.getBoundingClientRect();
    if (box.right > window.innerWidth) found.push(phone.dataset.phone);
    for (const part of phone.querySelectorAll("[data-bubble] *, .composer *, .bar *")) {
      const { width } = part.getBoundingClientRect();
      if (width && !inside(part.getBoundingClientRect(), box)) found.push(part.outerHTML.slice(0, 120));
    }
  }
  return found;
}
"""


async def keep(shown: Page | Locator, name: str) -> None:
    folder = os.environ.get("PICTURES")
    if folder:
        await shown.screenshot(path=Path(folder) / f"playground-{name}.png", animations="disabled")


async def _everything(host: Host) -> None:
    """Something of each kind, and the longest that people write."""
    host.emulator.dingtalk.card_api.templates["own.schema"] = True
    for card in gallery.WECOM_CARDS:
        await host.bot.card("ZhangSan", card)
    long = {"content": "没有空格的长文本" * 30 + "https://example.com/" + "x" * 200}
    await host.bot.wecom("message/send", {"touser": "ZhangSan", "msgtype": "text", "text": long})
    for variables in (gallery.OWN, gallery.FORM, gallery.WAITING):
        await host.bot.dingtalk_card("IM_ROBOT.lisi01", variables, cardTemplateId="own.schema")
    await host.bot.robot("lisi01", "sampleActionCard2", gallery.ACTION_CARD)
    await host.bot.robot("lisi01", "sampleMarkdown", {"title": "早报", "text": gallery.MARKDOWN_BODY})


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_sticks_out(host: Host, opened: Opened, size: str) -> None:
    width, height = SIZES[size]
    page = await opened(width=width, height=height)
    await keep(page, f"{size}-empty")
    await _everything(host)
    for person in ("LiSi", "WangQiang", "ChenJing"):
        await host.bot.card(person, gallery.TEXT_NOTICE)
    await expect(page.locator('[data-phone="wecom"] [data-bubble]')).to_have_count(7)
    await keep(page, size)
    assert await page.evaluate(STICKING_OUT) == []
    if width < 900:
        await page.locator('button[data-tab="dingtalk"]').click()
    await expect(page.locator('[data-phone="dingtalk"] [data-bubble]')).to_have_count(5)
    assert await page.evaluate(STICKING_OUT) == []


async def test_everything_is_in_the_first_screen_of_a_laptop(host: Host, opened: Opened) -> None:
    page = await opened()
    for person in ("LiSi", "WangQiang", "ChenJing", "ZhaoYi"):
        await host.bot.card(person, gallery.TEXT_NOTICE)
    await expect(page.locator("[data-notice]")).to_have_count(3)
    for part in ('[data-action="expire"]', ".wire-strip", '[data-phone="dingtalk"] .composer'):
        box = await page.locator(part).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800, part


async def test_a_narrow_page_shows_one_phone_and_a_sheet_of_tools(host: Host, opened: Opened) -> None:
    page = await opened(width=390, height=844)
    left, right = page.locator('[data-phone="wecom"]'), page.locator('[data-phone="dingtalk"]')
    await expect(right).to_be_hidden()
    await host.bot.dingtalk_card("IM_ROBOT.wangqiang01", gallery.WAITING)
    await expect(page.locator('button[data-tab="dingtalk"]')).to_contain_text("1")
    await page.locator('[data-notice="dingtalk:wangqiang01"]').click()
    await expect(left).to_be_hidden()
    await expect(right.locator("[data-card]")).to_be_visible()
    await keep(page, "phone-dingtalk")
    await page.locator('[data-action="tools"]').click()
    await page.locator('[data-action="advance-5m"]').click()
    await expect(page.get_by_test_id("clock")).to_have_text("10:07")
    await keep(page, "phone-tools")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("clock")).to_be_hidden()


async def test_whole_chats_for_a_person_to_look_at(host: Host, opened: Opened) -> None:
    page = await opened()
    await _everything(host)
    await host.bot.dingtalk_card(f"IM_GROUP.{DESK}", gallery.WAITING)
    await host.bot.dingtalk_card(f"ONE_BOX.{DESK}", gallery.builtin("SLA 看板", "超时 **1** · 无主 0", []))
    await host.bot.webhook(WEBHOOK, {"msgtype": "template_card", "template_card": gallery.TEXT_NOTICE})
    await page.set_viewport_size({"width": 1280, "height": 3000})
    for platform in ("wecom", "dingtalk"):
        await keep(page.locator(f'[data-phone="{platform}"]'), f"{platform}-whole")
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.locator('[data-people="wecom"] [data-person="LiSi"]').click()
    await page.locator('[data-people="dingtalk"] [data-person="wangqiang01"]').click()
    await idle(page)
    await expect(page.locator(f'[data-open-chat="{ALERTS}"]')).to_be_visible()
    await keep(page, "groups")
    await page.locator('[data-phone="wecom"] [data-action="back"]').click()
    await page.locator('[data-phone="dingtalk"] [data-action="attach"]').click()
    await keep(page, "list-and-sheet")
    await page.keyboard.press("Escape")
    await page.locator('[data-action="wire"]').click()
    await page.locator("[data-wire]").last.click()
    await keep(page, "wire")


async def test_people_who_want_less_motion_get_none(host: Host, opened: Opened) -> None:
    page = await opened()
    await page.emulate_media(reduced_motion="reduce")
    await page.locator('[data-phone="wecom"] [data-action="attach"]').click()
    animation = await page.locator(".sheet").evaluate("sheet => getComputedStyle(sheet).animationDuration")
    assert animation == "0.001s"
