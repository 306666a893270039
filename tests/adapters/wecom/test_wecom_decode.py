"""Decrypted callbacks, one file each, and what they are to the rest of the program."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.chat import FileRef, Grant, Incoming, Joined, Pressed, Said, Unreadable
from adapters.wecom.app import WeComApp
from adapters.wecom.decode import Silent, WrongTenant, decode
from adapters.wecom.xmltree import BrokenXml
from domain.base import Account, Conversation
from tests.adapters.wecom.conftest import CORP, START

PAYLOADS = Path(__file__).with_name("payloads")
APP = WeComApp(corp_id=CORP, agent_id=1000002, secret="s", token="t", encoding_aes_key="k")
DOOR = f"wecom:{CORP}:1000002"
ID = f"{DOOR}:7308123456789012345"
LI = Account("wecom", "LiSi")
CHAT = Conversation("wecom", "direct", "LiSi")
GRANT = Grant("rc_abc-DEF_123", START + timedelta(hours=72))


def payload(name: str) -> str:
    return (PAYLOADS / f"{name}.xml").read_text(encoding="utf-8")


def read(xml: str) -> Incoming | Silent:
    return decode(APP, xml, now=START)


def file(kind: str, key: str, name: str = "") -> Said:
    return Said(ID, LI, CHAT, text="", files=(FileRef("wecom", kind, key, name),))


MESSAGES: dict[str, Incoming] = {
    "text": Said(ID, LI, CHAT, text="报修 三楼打印机\n一直卡纸"),
    "text_empty": Said(ID, LI, CHAT, text=""),
    "text_cdata_split": Said(ID, LI, CHAT, text="a]]>b <b>&amp; c"),
    "image": file("image", "media-image-1"),
    "voice": file("voice", "media-voice-1", "voice.amr"),
    "video": file("video", "media-video-1"),
    "file": file("file", "media-file-1", "报价单.pdf"),
    "location": Said(ID, LI, CHAT, text="[位置] 三号楼 2 层（23.134, 113.358）"),
    "link": Said(ID, LI, CHAT, text="[链接] 打印机手册\n卡纸怎么办\nhttps://example.com/manual"),
    "sticker_unknown": Unreadable(ID, LI, CHAT, kind="sticker"),
    "image_without_media": Unreadable(ID, LI, CHAT, kind="image"),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_message_becomes(name: str) -> None:
    assert read(payload(name)) == MESSAGES[name]


def event_id(name: str) -> str:
    return f"{DOOR}:{hashlib.sha256(payload(name).encode()).hexdigest()}"


def press(name: str, **answers: str) -> Pressed:
    return Pressed(event_id(name), LI, CHAT, copy="show-1", key="submit:D-17", answers=answers, grant=GRANT)


EVENTS: dict[str, Incoming | Silent] = {
    "event_enter_agent": Joined(event_id("event_enter_agent"), LI, CHAT),
    "event_subscribe": Joined(event_id("event_subscribe"), LI, CHAT),
    "event_click": Said(event_id("event_click"), LI, CHAT, text="我的"),
    "event_view": Silent("view"),
    "event_change_contact": Silent("change_contact"),
    "event_inactive_alert": Silent("inactive_alert"),
    "event_brand_new": Silent("something_new"),
    "card_no_choice": press("card_no_choice"),
    "card_empty_choices": press("card_empty_choices"),
    "card_one_choice": press("card_one_choice", priority="P1"),
    "card_two_choices": press("card_two_choices", priority="P1", desk="it"),
    "card_unanswered_choice": press("card_unanswered_choice", desk="it"),
    "card_menu": press("card_menu"),
}


@pytest.mark.parametrize("name", EVENTS)
def test_event_becomes(name: str) -> None:
    assert read(payload(name)) == EVENTS[name]


def test_every_payload_is_covered() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.xml")} == {*MESSAGES, *EVENTS, "card_without_code"}


def test_press_without_a_code_gives_no_right_to_edit() -> None:
    pressed = read(payload("card_without_code"))
    assert isinstance(pressed, Pressed)
    assert pressed.grant is None


def test_only_a_dying_application_is_alarming() -> None:
    assert [Silent(event).alarming for event in ("inactive_alert", "view")] == [True, False]


def test_two_events_of_one_second_have_two_ids() -> None:
    other = payload("card_no_choice").replace("submit:D-17", "cancel:D-17")
    assert read(other).id != event_id("card_no_choice")  # type: ignore[union-attr]


def test_characters_that_xml_forbids_are_taken_out() -> None:
    said = read(payload("text").replace("一直", "一\x00直\x08\ufffe\ud83d"))
    assert isinstance(said, Said)
    assert said.text == "报修 三楼打印机\n一直卡纸"


def test_emoji_and_right_to_left_text_survive() -> None:
    said = read(payload("text").replace("一直", "👩‍🔧 שלום "))
    assert isinstance(said, Said)
    assert said.text == "报修 三楼打印机\n👩‍🔧 שלום 卡纸"


def test_events_without_an_application_are_for_everybody() -> None:
    joined = read(payload("event_enter_agent").replace("<AgentID>1000002</AgentID>", "<AgentID></AgentID>"))
    assert isinstance(joined, Joined)


@pytest.mark.parametrize(
    ("old", "new"),
    [("ww1436e0e65a779aee", "ww0000000000000000"), ("<AgentID>1000002", "<AgentID>1000003"), (CORP, "")],
)
def test_what_was_written_for_another_tenant_is_refused(old: str, new: str) -> None:
    with pytest.raises(WrongTenant):
        read(payload("text").replace(old, new))


@pytest.mark.parametrize(
    ("name", "xml"),
    [
        ("empty", ""),
        ("words", "hello"),
        ("json", '{"msgtype": "text"}'),
        ("cut short", payload("text")[:150]),
        ("no sender", payload("text").replace("LiSi", "")),
        ("no type", payload("text").replace("<MsgType><![CDATA[text]]></MsgType>", "")),
        ("doubled", payload("text").replace("</Content>", "</Content><Content>other</Content>")),
        ("two senders", payload("text").replace("<MsgType>", "<FromUserName>Boss</FromUserName><MsgType>")),
        ("document type", '<!DOCTYPE xml [<!ENTITY a "b">]>' + payload("text")),
        ("deep", "<a>" * 200_000 + "</a>" * 200_000),
        ("wide", "<xml>" + "<a/>" * 100_000 + "</xml>"),
        ("attributes", "<xml " + " ".join(f'a{n}="1"' for n in range(50)) + "/>"),
        ("undefined entity", payload("text").replace("<![CDATA[LiSi]]>", "&boss;")),
    ],
)
def test_broken_xml_is_refused(name: str, xml: str) -> None:
    with pytest.raises(BrokenXml):
        read(xml)
