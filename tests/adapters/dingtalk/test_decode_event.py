"""Events of the organisation, in both spellings that are documented."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from adapters.chat import GroupGone, GroupRenamed, Happened, Left
from adapters.dingtalk.app import DingTalkApp
from adapters.dingtalk.decode_event import org_event
from adapters.dingtalk.org_events import OrgEvent
from domain.base import Account, Conversation
from tests.adapters.dingtalk.odd_json import calmly, objects

APP = DingTalkApp("dingapp01", "secret", corp_id="dingcorp01")
ID = "dingtalk:dingcorp01:event:e1"
GROUP = Conversation("dingtalk", "group", "cidA==")
TWO = (Account("dingtalk", "u1"), Account("dingtalk", "u2"))


def told(kind: str, body: dict[str, Any], corp: str = "dingcorp01", id_: str = "e1") -> Happened | None:
    return org_event(OrgEvent(id_, kind, corp, body), APP)


@pytest.mark.parametrize(
    ("kind", "body", "means"),
    [
        ("user_leave_org", {"timeStamp": "1", "userId": ["u1", "u2"]}, Left(ID, TWO)),
        ("user_leave_org", {"TimeStamp": "1", "UserId": ["u1", "u2"]}, Left(ID, TWO)),
        ("user_leave_org", {"userId": "u1"}, Left(ID, TWO[:1])),
        ("user_leave_org", {"userId": [1, None, ""]}, None),
        ("chat_disband", {"openConversationId": "cidA=="}, GroupGone(ID, GROUP, "dissolved")),
        ("chat_disband", {"chatId": "chat1"}, None),
        (
            "chat_update_title",
            {"OpenConversationId": "cidA==", "Title": "新群名"},
            GroupRenamed(ID, GROUP, "新群名"),
        ),
        ("chat_update_title", {"openConversationId": "cidA==", "title": " "}, None),
        ("chat_quit", {"openConversationId": "cidA=="}, None),
        ("check_url", {}, None),
    ],
)
def test_what_an_event_means(kind: str, body: dict[str, Any], means: Happened | None) -> None:
    assert told(kind, body) == means


def test_what_happens_in_another_company_or_without_an_id_is_nothing() -> None:
    assert told("user_leave_org", {"userId": ["u1"]}, corp="dingother") is None
    assert told("user_leave_org", {"userId": ["u1"]}, id_="") is None
    assert told("user_leave_org", {"userId": ["u1"]}, corp="") is not None


@calmly
@given(objects(["userId", "UserId", "openConversationId", "title", "timeStamp"]))
def test_no_event_breaks_the_reader(body: dict[str, Any]) -> None:
    for kind in ("user_leave_org", "chat_disband", "chat_update_title"):
        told(kind, body)
