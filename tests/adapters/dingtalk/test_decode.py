"""Robot messages: each file in payloads/ holds one as DingTalk sends it, and what it means."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from adapters.chat import Said
from adapters.dingtalk.app import DingTalkApp
from adapters.dingtalk.decode import robot_message, session
from adapters.dingtalk.payload import Undecodable
from domain.base import Conversation
from tests.adapters.dingtalk.odd_json import calmly, objects

APP = DingTalkApp("dingapp01", "secret", corp_id="dingcorp01")
PLACE = Conversation("dingtalk", "direct", "manager01")
PAYLOADS = sorted((Path(__file__).parent / "payloads").glob("*.json"))


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_payload_means(path: Path) -> None:
    case = json.loads(path.read_text())
    incoming = robot_message(case["payload"], APP)
    assert {type(incoming).__name__: json.loads(json.dumps(asdict(incoming)))} == case["incoming"]


def _payload(name: str, **changed: Any) -> dict[str, Any]:
    path = Path(__file__).parent / "payloads" / f"{name}.json"
    payload: dict[str, Any] = json.loads(path.read_text())["payload"]
    return payload | changed


@pytest.mark.parametrize(
    "changed", [{"msgId": None}, {"msgId": []}, {"conversationId": ""}, {"senderStaffId": "", "senderId": {}}]
)
def test_a_message_without_what_identifies_it_is_undecodable(changed: dict[str, Any]) -> None:
    with pytest.raises(Undecodable):
        robot_message(_payload("group_text_with_leading_space", **changed), APP)


def test_without_a_corp_id_the_application_is_the_tenant() -> None:
    said = robot_message(_payload("direct_text"), DingTalkApp("dingapp01", "secret"))
    assert said.id == "dingtalk:dingapp01:robot:msgXyZ=="


def test_the_session_lives_as_long_as_the_message_says_less_a_minute() -> None:
    kept = session(_payload("direct_text"), PLACE)
    assert kept is not None
    assert kept.place == PLACE
    assert kept.url.endswith("?session=s1")
    assert kept.until == datetime(2026, 1, 1, 1, 29, tzinfo=UTC)


@pytest.mark.parametrize("until", [None, "soon", 0, -1, 10**30, float("nan"), True, [1]])
def test_a_session_without_a_sane_end_is_none(until: object) -> None:
    assert session(_payload("direct_text", sessionWebhookExpiredTime=until), PLACE) is None


_NAMES = [
    "msgId", "msgtype", "text", "content", "richText", "senderStaffId", "senderId", "atUsers", "staffId",
    "conversationType", "conversationId", "downloadCode", "repliedMsg", "sessionWebhook", "errCode",
    "recognition", "sessionWebhookExpiredTime", "senderCorpId", "chatbotCorpId", "dingtalkId",
]  # fmt: skip


@calmly
@given(objects(_NAMES))
def test_no_payload_raises_anything_but_undecodable(changed: dict[str, Any]) -> None:
    payload = _payload("text_quoting_rich_text") | changed
    try:
        incoming = robot_message(payload, APP)
        session(payload, incoming.place)
    except Undecodable:
        return
    json.dumps(asdict(incoming), ensure_ascii=False).encode()  # no half surrogates
    assert "\\u0000" not in json.dumps(asdict(incoming))


@pytest.mark.parametrize(
    ("author", "keys"), [("$:LWCP_v1:$zhang", ["code1"]), ("$:LWCP_v1:$li", []), ("", [])]
)
def test_the_picture_that_one_replies_to_comes_along_if_it_is_ones_own(author: str, keys: list[str]) -> None:
    for replied in (
        {"msgType": "picture", "content": {"downloadCode": "code1"}},
        {"msgType": "richText", "content": {"richText": [{"text": "看"}, {"downloadCode": "code1"}]}},
    ):
        text = {"content": "报修 这台", "isReplyMsg": True, "repliedMsg": {**replied, "senderId": author}}
        said = robot_message(_payload("text_quoting_rich_text", text=text), APP)
        assert isinstance(said, Said)
        assert [file.key for file in said.files] == keys
