"""A card in each look, as golden JSON. `python -m tests.adapters.dingtalk.test_render` writes them anew."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from adapters.card import Button, Card, Field, Tone, Weight
from adapters.dingtalk.app import DingTalkApp
from adapters.dingtalk.delivering import delivery
from adapters.dingtalk.render import (
    Look,
    as_markdown,
    look_of,
    look_of_config,
    neutral,
    out_track_id,
    smaller,
)
from adapters.dingtalk.templates import private_note, variables
from adapters.grammar import command_of
from domain.base import Account, Conversation
from domain.tickets.resolving import CancelTicket
from tests.adapters.dingtalk.fakes import ticket_card

GOLDEN = Path(__file__).parent / "golden"
APP = DingTalkApp("dingapp01", "secret", robot_code="dingrobot01", card="own.schema")
GROUP = Conversation("dingtalk", "group", "cidAbC==")
ZHANG = Conversation("dingtalk", "direct", "manager01")

HOSTILE = Card(
    title="IT-7 [x](dtmd://y)\n<b>",
    status="待<接>单",
    tone=Tone.LATE,
    lead="# 大\n[点我](dtmd://dingtalkclient/sendMessage?content=关闭)\n<a atId=all>所有人</a>",
    fields=(Field("位**置", "3楼\n东|侧"),),
    buttons=(Button("撤\n销", CancelTicket(ticket="IT-7"), Weight.DANGER),),
    note="注\n意",
)
CALLING = replace(ticket_card(), mention=(Account("dingtalk", "lisi01"),), mention_names=("李四",))
CARDS = {"ticket": ticket_card(), "bare": Card(title="只有标题"), "hostile": HOSTILE, "calling": CALLING}


def _drawn() -> dict[str, Any]:
    drawn: dict[str, Any] = {}
    for name, card in CARDS.items():
        drawn[f"{name}-builtin"] = dict(variables(card, Look.BUILTIN))
        drawn[f"{name}-template"] = dict(variables(card, Look.TEMPLATE))
        drawn[f"{name}-text"] = asdict(as_markdown(card))
    drawn["deliver-group"] = dict(delivery(APP, Look.BUILTIN, "h-1", GROUP, CALLING))
    drawn["deliver-direct"] = dict(delivery(APP, Look.TEMPLATE, "h-2", ZHANG, ticket_card()))
    return drawn


@pytest.mark.parametrize("name", list(_drawn()))
def test_card_is_drawn_as_before(name: str) -> None:
    assert _drawn()[name] == json.loads((GOLDEN / f"{name}.json").read_text())


@pytest.mark.parametrize("look", [Look.BUILTIN, Look.TEMPLATE])
@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_every_value_is_a_string(card: Card, look: Look) -> None:
    assert all(isinstance(value, str) for value in variables(card, look).values())


def test_every_button_carries_its_command() -> None:
    buttons = json.loads(variables(ticket_card(), Look.BUILTIN)["sys_full_json_obj"])["msgButtons"]
    assert [command_of(b["id"]) for b in buttons if b.get("request")] == [
        button.command for button in ticket_card().buttons
    ]


def test_the_same_cards_have_the_same_variables_so_that_none_keeps_an_old_value() -> None:
    for look in (Look.BUILTIN, Look.TEMPLATE):
        assert variables(CARDS["bare"], look).keys() == variables(CARDS["ticket"], look).keys()


@pytest.mark.parametrize("look", list(Look))
def test_a_cards_id_says_its_look_and_is_stable(look: Look) -> None:
    handle = out_track_id(look, "e1042")
    assert handle == out_track_id(look, "e1042") != out_track_id(look, "e1043")
    assert look_of(handle) is look
    assert len(handle) <= 64


def test_configuration_names_the_look() -> None:
    assert [look_of_config(card) for card in ("builtin", "text", "1-2.schema")] == [
        Look.BUILTIN,
        Look.TEXT,
        Look.TEMPLATE,
    ]


def test_a_private_note_stands_before_what_everybody_reads() -> None:
    card = ticket_card()
    assert private_note(card, Look.BUILTIN, "已由王芳接单") == {
        "tips": "已由王芳接单 · IT 服务台 · 15 分钟内响应"
    }
    assert private_note(card, Look.BUILTIN, "") == {"tips": variables(card, Look.BUILTIN)["tips"]}
    assert private_note(card, Look.TEMPLATE, "已由王芳接单") == {"notice": "已由王芳接单"}
    assert private_note(None, Look.BUILTIN, "已失效") == {"tips": "已失效"}


def test_a_smaller_card_is_below_a_kilobyte() -> None:
    big = ticket_card(
        lead="很" * 300, note="长" * 300, fields=tuple(Field(f"字段{n}", "值" * 40) for n in range(8))
    )
    assert len(variables(smaller(big), Look.BUILTIN)["markdown"].encode()) < 1000


@pytest.mark.parametrize(("title", "left"), [("IT-7 违禁词", "IT-7"), ("违禁词", "工单"), ("", "工单")])
def test_a_neutral_card_has_nobodys_words(title: str, left: str) -> None:
    card = neutral(ticket_card(title=title))
    assert card.title == left
    assert "打印机" not in json.dumps(dict(variables(card, Look.BUILTIN)), ensure_ascii=False)


if __name__ == "__main__":
    for name, drawn in _drawn().items():
        text = json.dumps(drawn, ensure_ascii=False, indent=1)
        (GOLDEN / f"{name}.json").write_text(f"{text}\n")
