"""The two stories of the product, driven by hand in the playground, as a newcomer would.

With ``PAIDAN_PICTURES=docs`` the pictures of README are made anew.
"""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from bot.playground import IT_GROUP, TEAM_GROUP
from tests.browser import OpenPage
from tests.stories.hand import DINGTALK, PICTURES, WECOM, Hand


async def test_a_sentence_in_wecom_is_accepted_in_dingtalk_and_confirmed(hand: Hand) -> None:
    await hand.becomes("wecom", "ZhangSan")
    await hand.opens(WECOM, "ZhangSan")
    await hand.says(WECOM, "3楼打印机卡纸")
    await hand.sees(WECOM, "待提交")
    await hand.presses(WECOM, "提交")
    await hand.sees(WECOM, "IT-1001")

    await hand.becomes("dingtalk", "lisi01")
    await hand.opens(DINGTALK, IT_GROUP)
    await hand.sees(DINGTALK, "待接单")
    await hand.picture("playground")
    await hand.presses(DINGTALK, "接单")
    await hand.sees(DINGTALK, "处理中")
    await hand.sees(WECOM, "李四 已接单 IT-1001")
    await hand.picture("accepted")

    await hand.opens(DINGTALK, "lisi01")
    await hand.presses(DINGTALK, "要信息")
    await hand.says(DINGTALK, "请问打印机是什么型号？")
    await hand.sees(WECOM, "李四 想确认：请问打印机是什么型号？")
    await hand.says(WECOM, "惠普 M203")
    await hand.sees(DINGTALK, "惠普 M203")
    await hand.presses(DINGTALK, "解决")
    await hand.says(DINGTALK, "清理了搓纸轮，已恢复")
    await hand.sees(WECOM, "清理了搓纸轮，已恢复")
    await hand.picture("solved")
    await hand.presses(WECOM, "已解决")
    await hand.sees(WECOM, "已关闭")
    await hand.sees(DINGTALK, "张三 已确认 IT-1001 解决")
    await hand.picture("confirmed")


async def test_one_ticket_for_all_who_have_the_trouble_in_a_wecom_group(hand: Hand) -> None:
    await hand.becomes("wecom", "ZhangSan")
    await hand.opens(WECOM, TEAM_GROUP)
    await hand.says(WECOM, "VPN 连不上")
    await hand.sees(WECOM, "已为 张三 建单 IT-1001，详情已私聊")
    await hand.becomes("wecom", "SunYue")
    await hand.opens(WECOM, TEAM_GROUP)
    await hand.presses(WECOM, "我也遇到 +1")
    await hand.sees(WECOM, "2 人")
    await hand.becomes("wecom", "WangQiang")
    await hand.opens(WECOM, TEAM_GROUP)
    await hand.says(WECOM, "+1")
    await hand.sees(WECOM, "已登记：您也遇到 IT-1001")
    await hand.becomes("dingtalk", "lisi01")
    await hand.opens(DINGTALK, IT_GROUP)
    await hand.sees(DINGTALK, "3 人")
    await hand.picture("me-too")


async def test_nobody_accepts_so_it_escalates_into_the_group_until_somebody_takes_over(hand: Hand) -> None:
    await hand.becomes("wecom", "ZhangSan")
    await hand.opens(WECOM, "ZhangSan")
    await hand.says(WECOM, "报修 VPN 连不上，无法办公")
    await hand.sees(WECOM, "IT-1001")
    await hand.becomes("dingtalk", "chenjing01")
    await hand.opens(DINGTALK, IT_GROUP)
    await hand.waits("advance-1h")
    await hand.waits("advance-1h")
    await hand.sees(DINGTALK, "L1 响应超时")
    for _ in range(6):
        await hand.waits("advance-5m")
    await hand.sees(DINGTALK, "L2 响应超时")
    for _ in range(6):
        await hand.waits("advance-5m")
    await hand.sees(DINGTALK, "L3 响应超时")
    await hand.picture("escalated")
    await hand.presses(DINGTALK, "我来跟")
    await hand.sees(DINGTALK, "陈静 已在跟 IT-1001")
    await hand.picture("taken-over")


async def test_the_page_of_a_ticket_opens_from_its_card_and_fits_a_phone(
    hand: Hand, page: OpenPage, tmp_path: Path
) -> None:
    await hand.becomes("wecom", "ZhangSan")
    await hand.opens(WECOM, "ZhangSan")
    await hand.says(WECOM, "报修 VPN 连不上\n今天早上开始，同事也一样")
    link = hand.phone(WECOM).locator('a[href*="/t/IT-1001"]').last
    address = await link.get_attribute("href")
    assert address
    phone = await page(width=390, height=844)
    await phone.goto(address)
    await expect(phone.get_by_test_id("state")).to_have_text("待接单")
    await expect(phone.get_by_test_id("timeline")).to_contain_text("提交工单 IT-1001")
    width = await phone.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    folder = PICTURES or tmp_path
    await phone.screenshot(path=folder / "ticket-page.png", full_page=True)
    await phone.goto(address.replace("IT-1001", "IT-1002"))
    await expect(phone.get_by_role("heading")).to_have_text("链接已失效")


async def test_a_picture_and_its_words_become_one_ticket_and_reach_the_other_phone(
    hand: Hand, page: OpenPage, tmp_path: Path
) -> None:
    await hand.becomes("wecom", "ZhangSan")
    await hand.opens(WECOM, "ZhangSan")
    await hand.attaches(WECOM, "demo-image")
    await hand.sees(WECOM, "收到 1 张图")
    await hand.picture("picture-first")
    await hand.says(WECOM, "3楼打印机卡纸")
    await hand.sees(WECOM, "附件 1 个")
    await hand.presses(WECOM, "提交")
    await hand.sees(WECOM, "IT-1001")
    await hand.attaches(WECOM, "demo-file")
    await hand.becomes("dingtalk", "lisi01")
    await hand.opens(DINGTALK, "lisi01")
    await hand.says(DINGTALK, "接单 1001")
    await hand.sees(DINGTALK, "附件 2 个")
    await hand.says(DINGTALK, "附件 1001")
    await hand.sees(DINGTALK, "图片.png · 张三")
    await hand.sees(DINGTALK, "不能直接发到这里")
    photo = hand.phone(DINGTALK).locator("[data-bubble] img:not(.avatar)").last
    await expect(photo).to_be_visible()
    await expect(photo).to_have_js_property("naturalWidth", 480)
    await hand.picture("files-crossed")

    address = await hand.phone(WECOM).locator('a[href*="/t/IT-1001"]').last.get_attribute("href")
    assert address
    for width, height in ((1280, 800), (390, 844)):
        opened = await page(width=width, height=height)
        await opened.goto(address)
        thumbnail = opened.get_by_test_id("files").locator("img")
        await expect(thumbnail).to_be_visible()
        await expect(thumbnail).to_have_js_property("naturalWidth", 480)
        assert await opened.evaluate("document.documentElement.scrollWidth") <= width
        await opened.screenshot(path=(PICTURES or tmp_path) / f"ticket-files-{width}.png", full_page=True)


async def test_a_talk_in_a_group_is_forwarded_to_the_bot(hand: Hand) -> None:
    await hand.becomes("dingtalk", "wangqiang01")
    await hand.opens(DINGTALK, IT_GROUP)
    await hand.says(DINGTALK, "早")
    await hand.becomes("dingtalk", "lisi01")
    await hand.opens(DINGTALK, IT_GROUP)
    await hand.says(DINGTALK, "谢谢")
    said = hand.phone(DINGTALK).locator("[data-bubble]", has_text="谢谢").last
    await said.hover()
    await said.locator('[data-action="forward"]').click()
    await hand.page.locator('[data-forward="record"]').click()
    await hand.quiet()
    await hand.opens(DINGTALK, "lisi01")
    await hand.sees(DINGTALK, "将带入 2 条上下文")
    await hand.picture("forwarded")

    # WeCom hands no record to an application, and its client says so
    await hand.becomes("wecom", "ZhangSan")
    await hand.opens(WECOM, "ZhangSan")
    await hand.says(WECOM, "谢谢")
    await hand.says(WECOM, "好的")
    last = hand.phone(WECOM).locator('[data-bubble][data-from="me"]').last
    await last.hover()
    await last.locator('[data-action="forward"]').click()
    await hand.page.locator('[data-forward="record"]').click()
    await expect(hand.phone(WECOM).locator('[data-testid="client-hint"]')).to_contain_text("逐条转发")
