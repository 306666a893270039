"""Template cards: what each of the five takes, and everything that is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.emulator.wecom.server import WeComServer
from tests.adapters.emulator.wecom.cards import (
    Card,
    accept_card,
    form_card,
    news_card,
    notice_card,
    vote_card,
)
from tests.adapters.emulator.wecom.tiny_bot import TinyBot

ABSENT = object()


def spoilt(card: Card, path: str, value: Any) -> Card:
    """``card`` with the value at ``path`` ("button_list.0.key") replaced, or gone if ABSENT."""
    *way, last = path.split(".")
    place: Any = card
    for step in way:
        place = place[int(step)] if step.isdigit() else place.setdefault(step, {})
    if value is ABSENT:
        del place[last]
    elif isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return card


@pytest.mark.parametrize("make", [accept_card, notice_card, news_card, vote_card, form_card])
async def test_each_kind_of_card_arrives(server: WeComServer, bot: TinyBot, make: Callable[[], Card]) -> None:
    answer = await bot.send_card("LiSi", make())

    assert answer["errcode"] == 0
    assert ("response_code" in answer) == (make not in (notice_card, news_card))
    [bubble] = server.chats.of("LiSi")
    assert (bubble.kind, bubble.body, bubble.text) == ("card", make(), make()["main_title"]["title"])
    assert server.defects == []


async def test_a_notice_with_a_menu_calls_back(bot: TinyBot) -> None:
    menu = {"desc": "更多", "action_list": [{"text": "静音", "key": "mute"}]}

    answer = await bot.send_card("LiSi", {**notice_card(), "action_menu": menu, "task_id": "n-1"})

    assert answer["response_code"]


async def test_only_a_text_notice_may_go_without_a_title(bot: TinyBot) -> None:
    untitled = {**notice_card(), "main_title": {}, "sub_title_text": "正文"}

    assert (await bot.send_card("LiSi", untitled))["errcode"] == 0
    assert (await bot.send_card("LiSi", {**accept_card(), "main_title": {}}))["errcode"] == 41016


SEVEN = [{"keyname": "k", "value": "v"}] * 7
WRONG = [
    (accept_card, "card_type", "telegram"),
    (accept_card, "card_type", ABSENT),
    (accept_card, "task_id", ABSENT),
    (accept_card, "task_id", "空格 不行"),
    (accept_card, "task_id", "a.b"),
    (accept_card, "task_id", "x" * 129),
    (accept_card, "source", "IT"),
    (accept_card, "source.desc_color", 4),
    (accept_card, "source.icon_url", "icon.png"),
    (accept_card, "action_menu.action_list", []),
    (accept_card, "action_menu.action_list", [{"text": str(n), "key": str(n)} for n in range(4)]),
    (accept_card, "action_menu.action_list.0.key", "v1:42:mute"),
    (accept_card, "action_menu.action_list.0.text", ""),
    (accept_card, "action_menu.action_list.0.key", "字" * 342),
    (accept_card, "main_title.desc", 5),
    (accept_card, "sub_title_text", 5),
    (accept_card, "horizontal_content_list", SEVEN),
    (accept_card, "horizontal_content_list.0.keyname", ABSENT),
    (accept_card, "horizontal_content_list.0.userid", ABSENT),
    (accept_card, "horizontal_content_list.0.type", 4),
    (accept_card, "horizontal_content_list.0.type", 2),
    (accept_card, "horizontal_content_list.1.url", ABSENT),
    (accept_card, "card_action.url", ABSENT),
    (accept_card, "button_list", ABSENT),
    (accept_card, "button_list", []),
    (accept_card, "button_list", [{"text": str(n), "key": str(n)} for n in range(7)]),
    (accept_card, "button_list.0.text", ABSENT),
    (accept_card, "button_list.0.style", 5),
    (accept_card, "button_list.0.style", "1"),
    (accept_card, "button_list.0.key", ABSENT),
    (accept_card, "button_list.0.key", "v1:42:transfer"),
    (accept_card, "button_list.0.key", "x" * 1025),
    (accept_card, "button_list.2.url", ABSENT),
    (accept_card, "button_selection.question_key", ABSENT),
    (accept_card, "button_selection.disable", True),
    (accept_card, "button_selection.option_list", [{"id": str(n), "text": "x"} for n in range(11)]),
    (accept_card, "button_selection.option_list.0.id", "p2"),
    (accept_card, "button_selection.option_list.0.id", "x" * 129),
    (accept_card, "emphasis_content", {"title": "1"}),
    (accept_card, "jump_list", [{"title": "打开"}]),
    (accept_card, "checkbox", vote_card()["checkbox"]),
    (accept_card, "replace_text", "已接单"),
    (notice_card, "card_action", ABSENT),
    (notice_card, "card_action.type", 0),
    (notice_card, "card_action.type", 2),
    (notice_card, "quote_area.type", 3),
    (notice_card, "quote_area.url", ABSENT),
    (notice_card, "jump_list", [{"title": "x"}] * 4),
    (notice_card, "jump_list.0.title", ABSENT),
    (notice_card, "button_list", accept_card()["button_list"]),
    (notice_card, "action_menu", accept_card()["action_menu"]),
    (news_card, "card_image", ABSENT),
    (news_card, "card_image.url", ABSENT),
    (news_card, "card_image.aspect_ratio", 2.5),
    (news_card, "sub_title_text", "x"),
    (news_card, "image_text_area", {"title": "x"}),
    (news_card, "vertical_content_list", [{"title": "x"}] * 5),
    (news_card, "vertical_content_list.0.title", ABSENT),
    (vote_card, "checkbox", ABSENT),
    (vote_card, "checkbox.mode", 2),
    (vote_card, "checkbox.option_list", [{"id": str(n), "text": "x"} for n in range(21)]),
    (vote_card, "submit_button", ABSENT),
    (vote_card, "submit_button.key", ABSENT),
    (vote_card, "horizontal_content_list", [{"keyname": "k"}]),
    (vote_card, "quote_area", {"title": "x"}),
    (vote_card, "source", {"desc": "IT", "desc_color": 1}),
    (vote_card, "action_menu", accept_card()["action_menu"]),
    (form_card, "select_list", form_card()["select_list"] * 2),
    (form_card, "select_list.0.question_key", "how"),
    (form_card, "select_list.0.option_list", []),
    (form_card, "select_list.1.disable", False),
    (form_card, "task_id", ABSENT),
]


@pytest.mark.parametrize(("make", "path", "value"), WRONG)
async def test_wrong_cards_are_refused(
    server: WeComServer, bot: TinyBot, make: Callable[[], Card], path: str, value: Any
) -> None:
    answer = await bot.send_card("LiSi", spoilt(make(), path, value))

    assert answer["errcode"] == 40058, answer
    assert server.chats.of("LiSi") == ()


@pytest.mark.parametrize("value", ["card", 5, None, []])
async def test_a_card_that_is_no_object(bot: TinyBot, value: Any) -> None:
    assert (await bot.send_card("LiSi", value))["errcode"] == 40058


async def test_the_code_for_wrong_cards_is_not_documented(server: WeComServer, bot: TinyBot) -> None:
    server.switches.bad_card_errcode = 40063

    assert (await bot.send_card("LiSi", spoilt(accept_card(), "button_list", [])))["errcode"] == 40063


async def test_longer_texts_than_recommended_pass(server: WeComServer, bot: TinyBot) -> None:
    answer = await bot.send_card("LiSi", spoilt(accept_card(), "main_title.title", "长" * 200))

    assert answer["errcode"] == 0


async def test_unknown_names_are_ignored_but_remembered(server: WeComServer, bot: TinyBot) -> None:
    card = spoilt(accept_card(), "button_list.0.colour", "red")

    assert (await bot.send_card("LiSi", {**card, "colour": 1}))["errcode"] == 0
    assert server.defects == [
        "template_card.colour is not in the documents",
        "template_card.button_list[0].colour is not in the documents",
    ]


@pytest.mark.parametrize(("errcode", "cards"), [(42014, 1), (40058, 1), (0, 2)])
async def test_a_task_id_serves_once_per_app(
    server: WeComServer, bot: TinyBot, errcode: int, cards: int
) -> None:
    server.switches.reused_task_id_errcode = errcode
    await bot.send_card("LiSi", accept_card("same"))

    assert (await bot.send_card("WangWu", vote_card("same")))["errcode"] == errcode
    assert len(server.sent) == cards


async def test_no_callback_address_no_interactive_card(server: WeComServer, bot: TinyBot) -> None:
    server.callback_url = ""
    server.switches.card_without_callback_errcode = 40035

    assert (await bot.send_card("LiSi", accept_card()))["errcode"] == 40035
    assert (await bot.send_card("LiSi", notice_card()))["errcode"] == 0
