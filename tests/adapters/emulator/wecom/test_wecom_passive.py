"""The answer inside a 200: applied when it is right, a recorded defect when it is not."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from adapters.emulator.wecom import xml
from adapters.emulator.wecom.crypto import Envelope
from adapters.emulator.wecom.server import WeComServer
from tests.adapters.emulator.wecom.cards import URL, accept_card, notice_card, vote_card
from tests.adapters.emulator.wecom.tiny_bot import TinyBot

FULL_CARD: Any = {
    "CardType": "button_interaction",
    "Source": {"IconUrl": "https://x.example/i.png", "Desc": "IT", "DescColor": 3},
    "MainTitle": {"Title": "#42 处理中", "Desc": "李四"},
    "SubTitleText": "一直报 E03",
    "QuoteArea": {"Type": 1, "Url": URL, "Title": "原话", "QuoteText": "卡纸了"},
    "HorizontalContentList": [
        {"KeyName": "提单人", "Value": "张三", "Type": 3, "UserId": "ZhangSan"},
        {"KeyName": "详情", "Value": "打开", "Type": 1, "Url": URL},
    ],
    "CardAction": {"Type": 1, "Url": URL},
    "ActionMenu": {"Desc": "更多", "ActionList": [{"Text": "静音", "Key": "mute"}]},
    "ButtonSelection": {
        "QuestionKey": "prio",
        "Title": "优先级",
        "SelectedId": "p1",
        "Disable": "true",
        "OptionList": [{"Id": "p1", "Text": "P1"}, {"Id": "p2", "Text": "P2"}],
    },
    "ButtonList": [
        {"Text": "完成", "Style": 1, "Key": "v1:42:resolve"},
        {"Text": "转派", "Style": 2, "Key": "v1:42:transfer"},
    ],
}


async def press(server: WeComServer, bot: TinyBot, kind: str, content: Any) -> None:
    await bot.send_card("LiSi|WangWu", accept_card())
    bot.replies(kind, content)
    await server.presses("LiSi", "tk42-r1", "v1:42:accept")


async def test_a_whole_card_comes_back_in_json_names(server: WeComServer, bot: TinyBot) -> None:
    await press(server, bot, "update_template_card", {"TemplateCard": FULL_CARD})

    assert server.defects == []
    assert server.chats.of("LiSi")[0].body == {
        "card_type": "button_interaction",
        "source": {"icon_url": "https://x.example/i.png", "desc": "IT", "desc_color": 3},
        "main_title": {"title": "#42 处理中", "desc": "李四"},
        "sub_title_text": "一直报 E03",
        "quote_area": {"type": 1, "url": URL, "title": "原话", "quote_text": "卡纸了"},
        "horizontal_content_list": [
            {"keyname": "提单人", "value": "张三", "type": 3, "userid": "ZhangSan"},
            {"keyname": "详情", "value": "打开", "type": 1, "url": URL},
        ],
        "card_action": {"type": 1, "url": URL},
        "action_menu": {"desc": "更多", "action_list": [{"text": "静音", "key": "mute"}]},
        "button_selection": {
            "question_key": "prio",
            "title": "优先级",
            "selected_id": "p1",
            "disable": True,
            "option_list": [{"id": "p1", "text": "P1"}, {"id": "p2", "text": "P2"}],
        },
        "button_list": [
            {"text": "完成", "style": 1, "key": "v1:42:resolve"},
            {"text": "转派", "style": 2, "key": "v1:42:transfer"},
        ],
    }
    assert server.chats.of("WangWu")[0].body == accept_card()


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (
            {
                "CardType": "text_notice",
                "MainTitle": {"Title": "完"},
                "EmphasisContent": {"Title": "100", "Desc": "分钟"},
                "JumpList": [{"Type": 1, "Title": "打开", "Url": URL}],
                "CardAction": {"Type": 1, "Url": URL},
            },
            {
                "card_type": "text_notice",
                "main_title": {"title": "完"},
                "emphasis_content": {"title": "100", "desc": "分钟"},
                "jump_list": [{"type": 1, "title": "打开", "url": URL}],
                "card_action": {"type": 1, "url": URL},
            },
        ),
        (
            {
                "CardType": "news_notice",
                "MainTitle": {"Title": "完"},
                "CardImage": {"Url": URL, "AspectRatio": 1.5},
                "ImageTextArea": {"Type": 1, "Url": URL, "Title": "图", "Desc": "说明", "ImageUrl": URL},
                "VerticalContentList": [{"Title": "一", "Desc": "二"}],
                "CardAction": {"Type": 1, "Url": URL},
            },
            {
                "card_type": "news_notice",
                "main_title": {"title": "完"},
                "card_image": {"url": URL, "aspect_ratio": 1.5},
                "image_text_area": {"type": 1, "url": URL, "title": "图", "desc": "说明", "image_url": URL},
                "vertical_content_list": [{"title": "一", "desc": "二"}],
                "card_action": {"type": 1, "url": URL},
            },
        ),
        (
            {
                "CardType": "vote_interaction",
                "MainTitle": {"Title": "谢谢"},
                "CheckBox": {
                    "QuestionKey": "score",
                    "OptionList": [{"Id": "5", "Text": "满意", "IsChecked": "true"}],
                    "Disable": "true",
                    "Mode": 0,
                },
                "SubmitButton": {"Text": "提交", "Key": "rate"},
                "ReplaceText": "已评价",
            },
            {
                "card_type": "vote_interaction",
                "main_title": {"title": "谢谢"},
                "checkbox": {
                    "question_key": "score",
                    "option_list": [{"id": "5", "text": "满意", "is_checked": True}],
                    "disable": True,
                    "mode": 0,
                },
                "submit_button": {"text": "提交", "key": "rate"},
                "replace_text": "已评价",
            },
        ),
        (
            {
                "CardType": "multiple_interaction",
                "MainTitle": {"Title": "谢谢"},
                "SelectList": [
                    {"QuestionKey": "q", "SelectedId": "a", "OptionList": [{"Id": "a", "Text": "甲"}]}
                ],
                "SubmitButton": {"Key": "rate"},
            },
            {
                "card_type": "multiple_interaction",
                "main_title": {"title": "谢谢"},
                "select_list": [
                    {"question_key": "q", "selected_id": "a", "option_list": [{"id": "a", "text": "甲"}]}
                ],
                "submit_button": {"key": "rate"},
            },
        ),
    ],
)
async def test_a_card_may_turn_into_another_kind(
    server: WeComServer, bot: TinyBot, content: Any, body: Any
) -> None:
    await press(server, bot, "update_template_card", {"TemplateCard": content})

    assert server.defects == []
    assert server.chats.of("LiSi")[0].body == body


async def test_news_and_media_are_shown(server: WeComServer, bot: TinyBot) -> None:
    article = {"Title": "指南", "Description": "d", "PicUrl": URL, "Url": URL}
    bot.replies("news", {"ArticleCount": 1, "Articles": {"item": [article]}})
    await server.opens("LiSi")
    bot.replies("image", {"Image": {"MediaId": "m"}})
    await server.clicks_menu("LiSi", "help")
    bot.replies("video", {"Video": {"MediaId": "m", "Title": "t", "Description": "d"}})
    await server.says("LiSi", "视频")

    robot = [bubble for bubble in server.chats.of("LiSi") if bubble.sender == "robot"]
    assert server.defects == []
    assert [(bubble.kind, bubble.body) for bubble in robot] == [
        ("news", {"articles": [{"title": "指南", "description": "d", "picurl": URL, "url": URL}]}),
        ("image", {"media_id": "m"}),
        ("video", {"media_id": "m", "title": "t", "description": "d"}),
    ]


async def test_a_long_text_is_cut(server: WeComServer, bot: TinyBot) -> None:
    bot.replies("text", {"Content": "字" * 700})
    delivery = await server.says("LiSi", "x")

    assert delivery.reply
    assert delivery.reply.body == {"content": "字" * 682}


async def test_a_menu_click_may_repaint_its_card(server: WeComServer, bot: TinyBot) -> None:
    menu = {"action_list": [{"text": "静音", "key": "mute"}]}
    await bot.send_card("LiSi", {**notice_card(), "action_menu": menu, "task_id": "n-1"})
    bot.replies("update_template_card", {"TemplateCard": FULL_CARD})
    await server.presses("LiSi", "n-1", "mute")

    assert server.defects == []
    assert server.chats.of("LiSi")[0].text == "#42 处理中"


@pytest.mark.parametrize(("spends", "errcode"), [(False, 0), (True, 40058)])
async def test_a_passive_repaint_may_spend_the_code_of_the_click(
    server: WeComServer, bot: TinyBot, spends: bool, errcode: int
) -> None:
    server.switches.passive_reply_spends_code = spends
    await press(server, bot, "update_button", {"Button": {"ReplaceName": "已接单"}})

    answer = await bot.update(bot.received[0].fields["ResponseCode"], atall=1, button={"replace_name": "x"})

    assert answer["errcode"] == errcode


@pytest.mark.parametrize(
    ("kind", "content", "told"),
    [
        ("update_button", {"Button": {}}, "ReplaceName missing"),
        ("update_button", {"Button": {"Text": "x"}}, "UnknownElement Text in Button"),
        ("update_button", {}, "update_button holds []"),
        ("update_template_card", {"TemplateCard": {**FULL_CARD, "TaskId": "x"}}, "TaskId in TemplateCard"),
        ("update_template_card", {"TemplateCard": {**FULL_CARD, "MainTitle": {}}}, "title missing"),
        (
            "update_template_card",
            {"TemplateCard": {**FULL_CARD, "HorizontalContentList": [{"Keyname": "x"}]}},
            "Keyname in HorizontalContentList",
        ),
        (
            "update_template_card",
            {"TemplateCard": {**FULL_CARD, "Source": {"DescColor": "red"}}},
            "no number",
        ),
        (
            "update_template_card",
            {"TemplateCard": {**FULL_CARD, "SubTitleText": {"Text": "x"}}},
            "holds elements",
        ),
        ("update_template_card", {"TemplateCard": {**FULL_CARD, "CardType": ["a", "b"]}}, "comes twice"),
        (
            "update_template_card",
            {"TemplateCard": {**FULL_CARD, "CardImage": {"AspectRatio": "wide"}}},
            "AspectRatio is no number",
        ),
        (
            "update_template_card",
            {"TemplateCard": {**FULL_CARD, "ButtonSelection": {"Disable": "maybe"}}},
            "neither true nor false",
        ),
        ("text", {"Content": "x", "Colour": "red"}, "text holds"),
        ("telegram", {"Content": "x"}, "MsgType telegram"),
    ],
)
async def test_a_wrong_answer_changes_nothing_and_is_remembered(
    server: WeComServer, bot: TinyBot, kind: str, content: Any, told: str
) -> None:
    await press(server, bot, kind, content)

    assert len(server.defects) == 1
    assert told in server.defects[0]
    assert [bubble.body for bubble in server.chats.of("LiSi")] == [accept_card()]


async def test_a_card_answer_to_a_sentence(server: WeComServer, bot: TinyBot) -> None:
    bot.replies("update_button", {"Button": {"ReplaceName": "x"}})
    await server.says("LiSi", "x")

    assert server.defects == ["passive answer to message: Defect update_button answers no click"]


async def test_an_event_that_takes_no_answer(server: WeComServer, bot: TinyBot) -> None:
    bot.replies("text", {"Content": "x"})
    await server.event({"Event": "change_contact", "ChangeType": "delete_user", "UserID": "LiSi"})

    assert server.defects == ["passive answer to change_contact: Defect this event takes no answer"]
    assert bot.received[0].fields["FromUserName"] == "sys"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"ToUserName": "WangWu"}, "ToUserName is not the member"),
        ({"FromUserName": "other"}, "FromUserName not the company"),
        ({"CreateTime": "now"}, "CreateTime is no number"),
        ({"CreateTime": None}, "CreateTime missing"),
    ],
)
async def test_the_inner_head_is_checked(
    server: WeComServer, bot: TinyBot, change: dict[str, str | None], told: str
) -> None:
    right: Any = {
        "ToUserName": "LiSi",
        "FromUserName": server.corp_id,
        "CreateTime": 1,
        "MsgType": "text",
        "Content": "x",
    }

    async def answer(fields: dict[str, str]) -> web.Response:
        return bot.sealed({name: v for name, v in (right | change).items() if v is not None})

    bot.answer = answer
    await server.says("LiSi", "x")

    assert told in server.defects[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("success", "BadXml"),
        ("<html/>", "BadXml root is <html>"),
        ("<!DOCTYPE x><xml/>", "BadXml DOCTYPE"),
        ("<xml><Encrypt>x</Encrypt></xml>", "Defect envelope has ['Encrypt']"),
    ],
)
async def test_a_body_that_is_no_envelope(server: WeComServer, bot: TinyBot, text: str, told: str) -> None:
    async def answer(fields: dict[str, str]) -> web.Response:
        return web.Response(text=text)

    bot.answer = answer
    delivery = await server.says("LiSi", "x")

    assert (delivery.attempts, delivery.reply) == (1, None)
    assert told in server.defects[0]


@pytest.mark.parametrize(
    ("token", "receive_id", "told"), [("other", None, "signature"), (None, "ww-other", "receive_id")]
)
async def test_an_envelope_sealed_for_somebody_else(
    server: WeComServer, bot: TinyBot, token: str | None, receive_id: str | None, told: str
) -> None:
    envelope = Envelope(token or server.token, server.encoding_aes_key, receive_id or server.corp_id)

    async def answer(fields: dict[str, str]) -> web.Response:
        sealed = envelope.seal(b"<xml></xml>", "1", "n")
        outer = {
            "Encrypt": sealed.encrypt,
            "MsgSignature": sealed.signature,
            "TimeStamp": "1",
            "Nonce": "n",
        }
        return web.Response(text=xml.write(outer))

    bot.answer = answer
    await server.says("LiSi", "x")

    assert server.defects == [f"passive answer to message: CryptoError {told}"]


async def test_selections_of_a_vote(server: WeComServer, bot: TinyBot) -> None:
    await bot.send_card("LiSi", vote_card())
    await server.presses("LiSi", "vote-1", "v1:42:rate", {"score": ["1"]})

    assert (
        "<SelectedItems><SelectedItem><QuestionKey><![CDATA[score]]></QuestionKey><OptionIds>"
        "<OptionId><![CDATA[1]]></OptionId></OptionIds></SelectedItem></SelectedItems>"
        in bot.received[0].plain
    )
