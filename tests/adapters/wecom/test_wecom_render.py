"""Cards as WeCom's JSON and XML, against files that were checked by eye with documents 90236, 90241 and 94888."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.card import Button, Card, Choice, Field, Option, Tone
from adapters.chat import Capabilities
from adapters.fit import fit
from adapters.wecom.app import WeComApp
from adapters.wecom.passive import card_answer, text_answer
from adapters.wecom.render import CARD, message, showable, task_id_of, update
from adapters.wecom.xmltree import Element, read_xml
from domain.tickets.assigning import AcceptTicket
from tests.adapters.wecom.conftest import CORP, START
from tests.adapters.wecom.fakes import closed, offer

GOLDEN = Path(__file__).with_name("golden")
APP = WeComApp(corp_id=CORP, agent_id=1000002, secret="s", token="t", encoding_aes_key="k")


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


MESSAGES: dict[str, Card] = {
    "offer": offer(),
    "offer_bare": offer(lead="", fields=(), choice=None, link="", note="", source="", status=""),
    "notice": closed(),
    "words": closed(link=""),
    "hostile": offer(
        title="<b>]]>&amp;\x00\n标题",
        lead="第一行\r\n第二行\ttab\ud800\ufffe 👩‍🔧",
        fields=(Field("备注", "<a href='https://evil.example'>点我</a>"), Field("空", "")),
        note="<@all> @all `x`",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_card_is_sent_as(name: str) -> None:
    assert message(showable(MESSAGES[name]), "show-1") == golden(name)


UPDATES: dict[str, Card] = {"update_offer": offer(), "update_closed": closed()}


@pytest.mark.parametrize("name", UPDATES)
def test_card_is_repainted_as(name: str) -> None:
    assert update(showable(UPDATES[name])) == golden(name)


@pytest.mark.parametrize("name", ["update_offer", "update_closed"])
def test_passive_answer_says_the_same_in_xml(name: str) -> None:
    xml = card_answer(APP, "LiSi", update(showable(UPDATES[name])), now=START)
    assert xml == (GOLDEN / f"{name}.xml").read_text(encoding="utf-8").replace("\n", "").replace("↵", "\n")


@pytest.mark.parametrize("card", [offer(title="a]]>b"), MESSAGES["hostile"]])
def test_whatever_people_type_the_xml_stays_whole(card: Card) -> None:
    root = read_xml(card_answer(APP, "LiSi", update(showable(card)), now=START))
    shown = root.one("TemplateCard")
    assert shown is not None
    title = shown.one("MainTitle")
    assert title is not None
    assert title.value("Title") == update(showable(card))["main_title"]["title"]


def test_text_answer_keeps_markup_dead() -> None:
    root = read_xml(text_answer(APP, "LiSi", "<a href='x'>y</a> ]]> <@all>\x00", now=START))
    assert root.value("Content") == "＜a href='x'>y＜/a> ]]> ＜@all>"


def test_elements_are_those_of_the_page() -> None:
    root = read_xml(card_answer(APP, "LiSi", update(showable(offer())), now=START))
    shown = root.one("TemplateCard")
    assert shown is not None
    expected = """CardType Source Desc DescColor MainTitle Title QuoteArea Type QuoteText SubTitleText
        HorizontalContentList KeyName Value Url CardAction ButtonSelection QuestionKey OptionList Id Text
        SelectedId ButtonList Style Key"""
    assert set(tags(shown)) == set(expected.split())


def tags(element: Element) -> list[str]:
    return [tag for child in element.children for tag in (child.tag, *tags(child))]


@pytest.mark.parametrize(
    ("tone", "colour"),
    [(Tone.NEUTRAL, 0), (Tone.ACTIVE, 1), (Tone.WAITING, 1), (Tone.DONE, 3), (Tone.LATE, 2), (Tone.MUTED, 0)],
)
def test_tone_colours_the_status(tone: Tone, colour: int) -> None:
    assert update(offer(tone=tone))["source"] == {"desc": "IT 服务台 · 待接单", "desc_color": colour}


def test_a_long_source_gives_way_to_the_status() -> None:
    assert (
        update(offer(source="上海分公司信息技术部服务台"))["source"]["desc"]
        == "上海分公司信息技术部服务台 · 待接单"
    )
    desc = update(offer(source="上海分公司信息技术部桌面运维服务台"))["source"]["desc"]
    assert (len(desc), desc[-6:]) == (20, " · 待接单")


def test_more_than_ten_options_become_words() -> None:
    desks = tuple(Option(f"d{number}", f"服务台 {number}") for number in range(11))
    card = offer(choice=Choice("desk", "服务台", desks, chosen="d1", hint="可回复：「转派 IT-1042 服务台」"))
    shape = update(showable(card))
    assert "button_selection" not in shape
    assert "「转派 IT-1042 服务台」" in shape["quote_area"]["quote_text"]
    assert (
        len(
            update(showable(offer(choice=Choice("desk", "服务台", desks[:10], chosen="d1"))))[
                "button_selection"
            ]["option_list"]
        )
        == 10
    )


def test_nothing_to_choose_from_is_no_choice() -> None:
    assert "button_selection" not in update(showable(offer(choice=Choice("desk", "服务台", (), chosen=""))))


def test_a_seventh_button_becomes_a_phrase() -> None:
    card = offer(buttons=tuple(Button(f"接单{n}", AcceptTicket(f"IT-{n}")) for n in range(1, 8)))
    shape = message(showable(card), "t")["template_card"]
    assert len(shape["button_list"]) == 6
    assert "「接单 IT-7」" in shape["quote_area"]["quote_text"]


@pytest.mark.parametrize(
    "card",
    [
        offer(title="长" * 37),
        offer(fields=(Field("六个字的名称", "x"),)),
        offer(fields=(Field("名称", "长" * 31),)),
        offer(fields=tuple(Field("名称", str(n)) for n in range(7))),
        offer(buttons=(Button("十一个字的按钮真的太长", AcceptTicket("IT-1")),)),
        offer(buttons=tuple(Button(f"接单{n}", AcceptTicket(f"IT-{n}")) for n in range(7))),
        offer(buttons=(Button("接单", AcceptTicket("IT-1")), Button("再接", AcceptTicket("IT-1")))),
        offer(choice=Choice("c", "c", tuple(Option(str(n), str(n)) for n in range(11)), chosen="1")),
    ],
)
def test_what_does_not_fit_is_a_bug_and_never_dropped(card: Card) -> None:
    with pytest.raises(AssertionError):
        message(card, "t")


def test_every_fitted_card_fits() -> None:
    monster = offer(
        title="长" * 500,
        status="状" * 50,
        lead="说" * 5000,
        fields=tuple(Field("名" * 20, "值" * 300) for _ in range(20)),
        buttons=tuple(Button("按" * 30, AcceptTicket(f"IT-{n}")) for n in range(12)),
        note="注" * 3000,
        source="源" * 90,
        choice=Choice("k", "选", tuple(Option(str(n), "项" * 40) for n in range(10)), chosen="1"),
    )
    shape = message(showable(monster), "t")["template_card"]
    assert len(json.dumps(shape, ensure_ascii=False).encode()) < 6000


def test_showable_leaves_a_card_that_fits_as_it_is() -> None:
    can: Capabilities = CARD
    assert showable(fit(offer(), can)) == fit(offer(), can) == offer()


@pytest.mark.parametrize("key", ["show-1", "a_b-C@9", "x" * 128])
def test_a_legal_key_is_the_task_id(key: str) -> None:
    assert task_id_of(key) == key


@pytest.mark.parametrize("key", ["show:1", "", "显示", "x" * 129, "a b"])
def test_any_other_key_has_a_task_id_of_its_own(key: str) -> None:
    made = task_id_of(key)
    assert made == task_id_of(key)
    assert made.isalnum()
    assert len(made) == 64
    assert made != task_id_of(key + "x")
