"""Bodies of the AI bot's callbacks, also those that no server of Tencent's would send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat import Pressed, Rejected, Said
from adapters.wecom.aibot import AiBotApp, files
from adapters.wecom.aibot.app import WS_URL
from adapters.wecom.aibot.decode import Malformed, Silent, decode
from adapters.wecom.aibot.frames import BadFrame, parse
from domain.base import Account
from tests.adapters.taking import Bowl

WORDS = st.sampled_from(["", "text", "event", "userid", "content", "@", "1", "\ud800", "template_card_event"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("msgid", "chatid", "from", "msgtype", "text", "quote", "mixed", "image", "event", "voice")


def _said(text: str, name: str = "小单", more: Mapping[str, Any] = MappingProxyType({})) -> Said:
    app = AiBotApp("aibX", "s", name, corp_id="wwOurs")
    raw = {"msgid": "1", "chatid": "wr", "from": {"userid": "LiSi"}, "msgtype": "text"}
    said = decode(app, {**raw, "text": {"content": text}, **more})
    assert isinstance(said, Said)
    return said


@pytest.mark.parametrize(
    ("text", "name", "heard"),
    [
        ("@小单 接单 1042", "小单", "接单 1042"),
        ("@小单\u2005接单 1042", "小单", "接单 1042"),
        ("@小单\u00a0接单 1042", "", "接单 1042"),
        ("@IT 小单 接单 1042", "IT 小单", "接单 1042"),
        ("@别的名字 接单 1042", "小单", "接单 1042"),
        ("接单 1042 @小单", "小单", "接单 1042 @小单"),
        ("@小单\n转派 1042 @李四", "小单", "转派 1042 @李四"),
    ],
)
def test_the_name_in_front_is_taken_off(text: str, name: str, heard: str) -> None:
    assert _said(text, name).text == heard


def test_in_private_nothing_is_taken_off() -> None:
    assert _said("@李四 帮我看看", more={"chatid": ""}).text == "@李四 帮我看看"


@pytest.mark.parametrize(
    ("sender", "account"),
    [
        ({"userid": "LiSi"}, Account("wecom", "LiSi")),
        ({"userid": "LiSi", "corpid": "wwOurs"}, Account("wecom", "LiSi")),
        ({"userid": "LiSi", "corpid": "wwTheirs"}, Account("wecom-aibot", "wwTheirs/LiSi")),
        ({"userid": "wo" + "x" * 30}, Account("wecom-aibot", "wo" + "x" * 30)),
        ({"userid": "wolfgang"}, Account("wecom", "wolfgang")),
    ],
)
def test_whose_account_it_is(sender: dict[str, str], account: Account) -> None:
    assert _said("好", more={"from": sender}).sender == account


def test_events_that_ask_for_nothing() -> None:
    app = AiBotApp("aibX", "s")
    event = {"msgtype": "event", "from": {"userid": "LiSi"}, "event": {"eventtype": "feedback_event"}}
    assert decode(app, event) == Silent("feedback_event")


def test_one_chosen_option_may_come_without_its_list() -> None:
    item = {"question_key": "priority", "option_ids": {"option_id": "P1"}}
    detail = {"task_id": "t", "event_key": "k", "selected_items": {"selected_item": [item]}}
    event = {"eventtype": "template_card_event", "template_card_event": detail}
    body = {"msgid": "1", "msgtype": "event", "from": {"userid": "LiSi"}, "event": event}
    pressed = decode(AiBotApp("aibX", "s"), body)
    assert isinstance(pressed, Pressed)
    assert pressed.answers == {"priority": "P1"}


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_whatever_comes_is_read_or_called_malformed(raw: dict[str, Any]) -> None:
    try:
        decode(AiBotApp("aibX", "s", "小单"), raw)
    except Malformed:
        return


@given(JSON)
def test_whatever_comes_is_a_frame_or_none(raw: Any) -> None:
    try:
        parse(json.dumps(raw))
    except BadFrame:
        return


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://ww-aibot-img-1258476243.cos.ap-guangzhou.myqcloud.com/a?sign=1", True),
        ("http://ww-aibot-img.myqcloud.com/a", False),
        ("https://myqcloud.com.evil.example/a", False),
        ("https://user@x.myqcloud.com/a", False),
        ("https://x.myqcloud.com:8443/a", False),
        ("file:///etc/passwd", False),
    ],
)
def test_files_come_from_tencent_only(url: str, trusted: bool) -> None:
    assert files.trusted(url, WS_URL) is trusted


@pytest.mark.parametrize("key", ["", "short", "A" * 42, "汉字"])
def test_a_file_with_a_bad_key_is_refused(key: str) -> None:
    with pytest.raises(Rejected):
        files.Unsealing(key, Bowl())
