"""The playground's WeCom phone: a P1 ticket opens a room there, and the AI bot has a private chat."""

from __future__ import annotations

from playwright.async_api import expect

from tests.stories.hand import DINGTALK, WECOM, Hand


async def test_a_room_appears_on_the_phone_of_who_is_in_it(hand: Hand) -> None:
    await hand.becomes("wecom", "ZhangSan")
    await hand.says(WECOM, "报修 VPN 全公司连不上")
    await hand.becomes("dingtalk", "chenjing01")
    await hand.says(DINGTALK, "优先级 1001 P1")
    await hand.sees(DINGTALK, "优先级改为P1")
    await hand.page.locator(f'{WECOM} [data-action="back"]').click()
    rows = hand.phone(WECOM).locator(".chat-title", has_text="IT-1001 VPN 全公司连不上")
    await expect(rows).to_have_count(0)  # who asked for help is not in it

    await hand.becomes("wecom", "ChenJing")
    if await hand.phone(WECOM).locator('[data-action="back"]').is_visible():
        await hand.phone(WECOM).locator('[data-action="back"]').click()
    await expect(rows).to_have_count(1)
    await rows.click()
    await hand.quiet()
    await hand.sees(WECOM, "提单人：张三")
    await hand.becomes("dingtalk", "lisi01")
    await hand.says(DINGTALK, "接单 1001")
    await hand.sees(WECOM, "李四 已接单，正在处理")
    await expect(hand.phone(WECOM).locator(".composer-deaf")).to_be_visible()
    await hand.picture("war-room")


async def test_the_ai_bot_has_a_private_chat(hand: Hand) -> None:
    await hand.becomes("wecom", "ZhangSan")
    await hand.opens(WECOM, "aibot:ZhangSan")
    await hand.says(WECOM, "报修 3楼打印机卡纸")
    await hand.opens(WECOM, "aibot:ZhangSan")
    await expect(hand.phone(WECOM).locator("[data-bubble]").last).to_be_visible()
    await hand.sees(WECOM, "报修 3楼打印机卡纸")
    await hand.picture("aibot-private")
