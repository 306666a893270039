"""What we send beside what the vendor's own SDK was seen to send (vectors/sdk-captures.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.adapters.dingtalk.conftest import IT_GROUP, ZHANG, House
from tests.adapters.dingtalk.fakes import ticket_card

SDK = json.loads((Path(__file__).parent / "vectors" / "sdk-captures.json").read_text())["python-0.24.3"]


def _sent(house: House, path: str) -> Any:
    return next(passed.body for passed in house.emulator.wire if passed.what.endswith(path))


def _captured(path: str, index: int = 0) -> Any:
    return [call["body"] for call in SDK["other_http"] if call["path"].startswith(path)][index]


async def test_the_stream_is_asked_for_as_the_sdk_does(house: House) -> None:
    async with house.streaming():
        sent = _sent(house, "/v1.0/gateway/connections/open")
    wanted = SDK["connections_open"]["body"]
    assert sent.keys() <= wanted.keys()
    assert sent["subscriptions"] == [one for one in wanted["subscriptions"] if one["type"] == "CALLBACK"]
    assert sent["clientId"] == house.app.client_id


async def test_events_are_asked_for_first_as_the_sdk_does(house: House) -> None:
    async def hear(_: object) -> None:
        return

    async with house.streaming(hear=hear):
        sent = _sent(house, "/v1.0/gateway/connections/open")
    assert sent["subscriptions"] == SDK["connections_open"]["body"]["subscriptions"]


async def test_a_card_is_made_with_all_that_the_sdk_sends(house: House) -> None:
    await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    sent = _sent(house, "/v1.0/card/instances/createAndDeliver")
    captured = _captured("/v1.0/card/instances/createAndDeliver")
    # The SDK sends the model of the other space too, although the card goes to a group only.
    assert captured.keys() - sent.keys() == {"imRobotOpenSpaceModel"}
    assert sent["callbackType"] == captured["callbackType"] == "STREAM"
    assert sent["openSpaceId"].startswith("dtv1.card//IM_GROUP.cid")
    assert sent["imGroupOpenDeliverModel"] == {"robotCode": house.app.robot_code}


async def test_an_update_says_that_nothing_else_is_to_be_lost(house: House) -> None:
    """The SDK's own update erases what it does not send (dossier §4.3)."""
    copy = await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    await house.dingtalk.edit(copy, ticket_card())
    sent = _sent(house, "PUT /v1.0/card/instances")
    assert sent["cardUpdateOptions"] == {"updateCardDataByKey": True, "updatePrivateDataByKey": True}
    assert sent["cardData"]["cardParamMap"].keys() == house.vendor.card_view(copy.handle, ZHANG).keys()


async def test_a_token_is_asked_for_as_the_sdk_does(house: House) -> None:
    await house.client.token()
    assert _sent(house, "/v1.0/oauth2/accessToken").keys() == _captured("/v1.0/oauth2/accessToken").keys()


async def test_a_session_is_answered_as_the_sdk_does(house: House) -> None:
    async with house.streaming():
        await house.vendor.says(ZHANG, "报修")
    await house.dingtalk.say(house.inbox.received[0].place, "收到", key="e1")  # type: ignore[union-attr,arg-type]
    sent, captured = _sent(house, "/robot/sendBySession"), _captured("/robot/sendBySession")
    assert sent == {"msgtype": "text", "text": captured["text"]}
