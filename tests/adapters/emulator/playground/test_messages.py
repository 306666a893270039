"""Texts, markdown, pictures, files and voices: how they look and how they are sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from playwright.async_api import FilePayload, Locator, Page, expect

from tests.adapters.emulator.playground.conftest import ALERTS, DESK, WEBHOOK, Host, Opened, idle


def left(page: Page) -> Locator:
    return page.locator('[data-phone="wecom"]')


def right(page: Page) -> Locator:
    return page.locator('[data-phone="dingtalk"]')


async def _open_desk(page: Page) -> None:
    await right(page).locator('[data-action="back"]').click()
    await right(page).locator(f'[data-chat="{DESK}"]').click()


async def _attach(phone: Locator, kind: str) -> None:
    await phone.locator('[data-action="attach"]').click()
    await phone.locator(f'[data-attach="{kind}"]').click()


async def test_markdown_of_dingtalk(host: Host, opened: Opened) -> None:
    page = await opened()
    text = "# 早报\n一行  \n下一行\n同一行\n\n1. 甲\n2. 乙\n\n> 引用\n\n**粗** `码` ~~删~~ [链](https://example.com/)"
    await host.bot.robot("lisi01", "sampleMarkdown", {"title": "早报", "text": text})
    bubble = right(page).locator('[data-kind="markdown"] .md')
    await expect(bubble.locator(".md-h1")).to_have_text("早报")
    await expect(bubble.locator("p").first).to_have_text("一行下一行 同一行")
    await expect(bubble.locator("p").first.locator("br")).to_have_count(1)
    await expect(bubble.locator("ol li")).to_have_text(["甲", "乙"])
    await expect(bubble.locator("strong, code, del, a")).to_have_text(["粗", "码", "删", "链"])


async def test_markdown_of_wecom(host: Host, opened: Opened) -> None:
    page = await opened()
    await host.bot.wecom(
        "message/send",
        {
            "touser": "ZhangSan",
            "msgtype": "markdown",
            "markdown": {"content": '今天\n到期 <font color="warning">3</font> <b>不是粗体</b>'},
        },
    )
    bubble = left(page).locator('[data-kind="markdown"] .md')
    await expect(bubble.locator("br")).to_have_count(1)
    await expect(bubble.locator(".font-warning")).to_have_text("3")
    await expect(bubble).to_contain_text("<b>不是粗体</b>")


async def test_a_link_to_a_script_is_only_text(host: Host, opened: Opened) -> None:
    page = await opened()
    await host.bot.robot("lisi01", "sampleMarkdown", {"title": "x", "text": "[点我](javascript:alert(1))"})
    await expect(right(page).locator('[data-kind="markdown"]')).to_contain_text("点我")
    await expect(right(page).locator('[data-kind="markdown"] a')).to_have_count(0)


async def test_people_who_are_called_are_blue(host: Host, opened: Opened) -> None:
    page = await opened()
    content = "<@LiSi> 请处理 https://example.com/t/42，@王强 只是提到"
    body = {"msgtype": "text", "text": {"content": content, "mentioned_list": ["LiSi"]}}
    await host.bot.webhook(WEBHOOK, body)
    await page.locator('[data-people="wecom"] [data-person="LiSi"]').click()
    await expect(left(page).locator(f'[data-open-chat="{ALERTS}"] .mention')).to_have_text("@李四")
    await expect(left(page).locator(".mention-me")).to_have_count(1)
    await expect(left(page).locator(".text-link")).to_have_text("https://example.com/t/42")
    await expect(left(page).get_by_test_id("composer-text")).to_have_count(0)


async def test_in_a_group_the_robot_is_mentioned_and_members_can_be(host: Host, opened: Opened) -> None:
    page = await opened()
    await _open_desk(page)
    text = right(page).get_by_test_id("composer-text")
    await text.fill("转派 1042 @王")
    await right(page).locator('[data-mention="wangqiang01"]').click()
    await text.press_sequentially("换硬盘")
    await text.press("Enter")
    await idle(page)
    await expect(right(page).locator('[data-from="me"] .bubble')).to_have_text(
        "@派单助手 转派 1042 @王强 换硬盘"
    )
    heard = host.bot.heard[-1]
    assert heard["text"]["content"].strip() == "转派 1042 @王强 换硬盘"
    assert [user.get("staffId") for user in heard["atUsers"]] == [None, "wangqiang01"]


async def test_pictures_go_out_and_are_seen(host: Host, opened: Opened) -> None:
    page = await opened()
    for phone in (left(page), right(page)):
        await _attach(phone, "demo-image")
        await expect(phone.locator('[data-kind="image"] img')).to_have_js_property("naturalWidth", 480)
    await idle(page)
    assert {"image", "picture"} <= {heard.get("MsgType") or heard.get("msgtype") for heard in host.bot.heard}


async def test_a_picture_in_a_group_goes_with_the_words(host: Host, opened: Opened) -> None:
    page = await opened()
    await _open_desk(page)
    await right(page).get_by_test_id("composer-text").fill("就是这台")
    await _attach(right(page), "demo-image")
    await idle(page)
    said = right(page).locator('[data-kind="richText"]')
    await expect(said.locator("img")).to_have_count(1)
    await expect(said).to_contain_text("就是这台")
    assert host.bot.heard[-1]["msgtype"] == "richText"
    await right(page).locator('[data-action="attach"]').click()
    await expect(right(page).locator("[data-attach]")).to_have_count(2)


async def test_a_file_of_this_computer(host: Host, opened: Opened) -> None:
    page = await opened()
    for phone in (left(page), right(page)):
        async with page.expect_file_chooser() as choosing:
            await _attach(phone, "file")
        chooser = await choosing.value
        log: FilePayload = {"name": "打印日志.txt", "mimeType": "text/plain", "buffer": b"E03" * 999}
        await chooser.set_files(log)
        await expect(phone.locator('[data-kind="file"]')).to_contain_text("打印日志.txt3 KB")
    await idle(page)
    assert host.bot.heard[-1]["content"]["fileName"] == "打印日志.txt"


async def test_a_voice_comes_with_its_words_in_dingtalk_only(host: Host, opened: Opened) -> None:
    page = await opened()
    for phone in (left(page), right(page)):
        await _attach(phone, "voice")
        await phone.get_by_test_id("voice-text").fill("打印机又卡了")
        await phone.locator('[data-action="send-voice"]').click()
        await expect(phone.locator('[data-kind="voice"]')).to_be_visible()
    await idle(page)
    heard: list[dict[str, Any]] = host.bot.heard[-2:]
    assert heard[1]["content"]["recognition"] == "打印机又卡了"
    assert "MediaId" in heard[0]


async def test_times_stand_between_messages_that_are_apart(host: Host, opened: Opened) -> None:
    page = await opened()
    await host.bot.robot("lisi01", "sampleText", {"content": "早"})
    await host.bot.robot("lisi01", "sampleText", {"content": "又早"})
    host.emulator.clock.advance(timedelta(minutes=58))
    await host.bot.robot("lisi01", "sampleText", {"content": "午"})
    await expect(right(page).locator(".stamp")).to_have_text(["10:02", "11:00"])
    await page.locator('[data-action="advance-1h"]').click()
    host.emulator.clock.advance(timedelta(days=1))
    await page.locator('[data-action="advance-5m"]').click()
    await expect(right(page).locator(".stamp")).to_have_text(["昨天 10:02", "昨天 11:00"])


async def test_a_message_that_was_taken_back(host: Host, opened: Opened) -> None:
    page = await opened()
    sent = await host.bot.wecom(
        "message/send", {"touser": "ZhangSan", "msgtype": "text", "text": {"content": "错了"}}
    )
    await expect(left(page).locator('[data-from="robot"]')).to_have_count(1)
    await host.bot.wecom("message/recall", {"msgid": sent["msgid"]})
    await expect(left(page).locator('[data-from="system"]')).to_have_text("消息已撤回")


async def test_a_session_webhook_answers_in_the_same_chat(host: Host, opened: Opened) -> None:
    async def on_dingtalk(heard: dict[str, Any]) -> None:
        await host.bot.session(
            heard, {"msgtype": "markdown", "markdown": {"title": "好", "text": "**收到**"}}
        )

    host.bot.on_dingtalk = on_dingtalk
    page = await opened()
    await right(page).locator('[data-suggestion="帮助"]').click()
    await expect(right(page).locator('[data-from="robot"] strong')).to_have_text("收到")
