"""Card presses in the many shapes that templates and generations send (dossier §4.6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from adapters.chat import Pressed
from adapters.dingtalk.app import DingTalkApp
from adapters.dingtalk.decode_press import card_press
from adapters.dingtalk.payload import Undecodable
from domain.base import Account, Conversation
from tests.adapters.dingtalk.odd_json import calmly, objects

APP = DingTalkApp("dingapp01", "secret", corp_id="dingcorp01")
PRIVATE = {"actionIds": ["accept:IT-1042"], "params": {}}


def _callback(**changed: Any) -> dict[str, Any]:
    return {
        "type": "actionCallback",
        "outTrackId": "paidan-b-1",
        "corpId": "dingcorp01",
        "userId": "lisi01",
        "userIdType": 1,
        "spaceType": "IM_GROUP",
        "spaceId": "cidAbC==",
        "extension": "{}",
        "content": json.dumps({"cardPrivateData": PRIVATE}),
    } | changed


def _press(**changed: Any) -> Pressed:
    pressed = card_press(_callback(**changed), "m-1", APP)
    assert pressed is not None
    return pressed


def test_a_press_says_who_pressed_what_on_which_copy() -> None:
    assert _press() == Pressed(
        "dingtalk:dingcorp01:card:m-1",
        Account("dingtalk", "lisi01"),
        Conversation("dingtalk", "group", "cidAbC=="),
        "paidan-b-1",
        "accept:IT-1042",
    )


@pytest.mark.parametrize(
    "shape",
    [
        {"content": {"cardPrivateData": PRIVATE}},
        {"content": json.dumps({"cardPrivateData": json.dumps(PRIVATE)})},
        {"content": json.dumps(PRIVATE)},
        {"content": None, "value": json.dumps({"cardPrivateData": PRIVATE})},
        {"content": "", "value": {"cardPrivateData": PRIVATE}},
        {"content": None, "cardPrivateData": PRIVATE},
        {"content": None, "cardPrivateData": json.dumps(PRIVATE)},
        {"content": json.dumps({"cardPrivateData": PRIVATE | {"params": json.dumps({"local": 1})}})},
        {
            "content": json.dumps(
                {"cardPrivateData": {"actionIds": ["x"], "params": {"action": "accept:IT-1042"}}}
            )
        },
        {"content": json.dumps({"cardPrivateData": {"params": {"actionId": "accept:IT-1042"}}})},
        {
            "content": json.dumps(
                {"cardPrivateData": {"actionIds": ["x"], "params": {"id": "accept:IT-1042"}}}
            )
        },
        {"content": json.dumps({"cardPrivateData": PRIVATE | {"params": None}}), "unknown": {"a": 1}},
    ],
)
def test_the_action_is_found_wherever_it_lies(shape: dict[str, Any]) -> None:
    assert _press(**shape).key == "accept:IT-1042"


@pytest.mark.parametrize(
    ("form", "answers"),
    [
        ({"priority": "P2"}, {"priority": "P2"}),
        ({"priority": {"index": 1, "value": "P2"}}, {"priority": "P2"}),
        ({"count": 3, "desk": {"value": "it"}, "odd": [1], "none": None}, {"count": "3", "desk": "it"}),
    ],
)
def test_a_submitted_form_becomes_answers(form: dict[str, Any], answers: dict[str, str]) -> None:
    private = {"actionIds": ["submit:D-17"], "params": {"form": form}}
    assert _press(content=json.dumps({"cardPrivateData": private})).answers == answers


@pytest.mark.parametrize(
    ("space", "place"),
    [
        ({"spaceType": "IM_ROBOT", "spaceId": "anything"}, Conversation("dingtalk", "direct", "lisi01")),
        ({"spaceType": "IM"}, None),
        ({"spaceType": "im"}, None),
        ({"spaceType": None, "spaceId": None}, None),
        ({"spaceId": ""}, None),
    ],
)
def test_the_place_is_said_only_where_it_is_certain(
    space: dict[str, Any], place: Conversation | None
) -> None:
    assert _press(**space).place == place


@pytest.mark.parametrize("content", ["{}", '{"cardPrivateData":{"params":{"local":true}}}', None, ""])
def test_a_form_reporting_its_own_state_is_no_press(content: str | None) -> None:
    assert card_press(_callback(content=content), "m-1", APP) is None


def test_somebody_of_another_company_is_not_our_colleague_of_the_same_id() -> None:
    assert _press(corpId="dingother").sender == Account("dingtalk", "dingother/lisi01")


@pytest.mark.parametrize(
    "broken",
    [
        {"outTrackId": ""},
        {"userId": None},
        {"userIdType": 2},
        {"userIdType": "2"},
        {"content": "{"},
        {"content": "[]"},
        {"content": "[" * 100_000},
        {"content": '{"a":' + "9" * 5000 + "}"},
        {"content": 7},
    ],
)
def test_a_broken_callback_is_undecodable(broken: dict[str, Any]) -> None:
    with pytest.raises(Undecodable):
        card_press(_callback(**broken), "m-1", APP)


_NAMES = ["content", "value", "cardPrivateData", "params", "actionIds", "form", "action", "id", "userId"]


@calmly
@given(objects(_NAMES))
def test_no_callback_raises_anything_but_undecodable(changed: dict[str, Any]) -> None:
    try:
        card_press(_callback(content=None) | changed, "m-1", APP)
    except Undecodable:
        return
