"""The card APIs: creating, delivering, updating."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.emulator.dingtalk.server import DingTalkServer
from tests.adapters.emulator.dingtalk.bots import BUILTIN, GROUP, Caller, Json, StreamBot, card_body

CREATE_AND_DELIVER = "/v1.0/card/instances/createAndDeliver"
INSTANCES = "/v1.0/card/instances"
DELIVER = "/v1.0/card/instances/deliver"
DIRECT: Json = {
    "openSpaceId": "dtv1.card//IM_ROBOT.lisi01",
    "imRobotOpenSpaceModel": {"supportForward": False},
    "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": "dingabc"},
}


def update(variables: dict[str, Any], *, by_key: bool | None = None, **more: Any) -> Json:
    options = {} if by_key is None else {"cardUpdateOptions": {"updateCardDataByKey": by_key}}
    return {"outTrackId": "tkt-1", "cardData": {"cardParamMap": variables}, **options, **more}


@pytest.fixture(name="card")
async def _card(caller: Caller) -> Json:
    return await caller.call(CREATE_AND_DELIVER, card_body())


# ── creating ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_card_shows_in_the_group_and_tells_its_carrier(server: DingTalkServer, card: Json) -> None:
    [result] = card["result"]["deliverResults"]
    assert (result["spaceType"], result["spaceId"], result["success"]) == ("IM_GROUP", GROUP, True)
    bubble = server.chats.of(GROUP)[-1]
    assert (bubble.kind, bubble.id) == ("card", result["carrierId"])
    assert bubble.body["outTrackId"] == "tkt-1"
    assert bubble.body["templateId"] == BUILTIN
    assert bubble.body["params"]["title"] == "T-1 打印机"


async def test_one_card_can_be_in_two_places_with_private_data(
    server: DingTalkServer, caller: Caller
) -> None:
    body = (
        card_body()
        | DIRECT
        | {
            "openSpaceId": f"dtv1.card//IM_GROUP.{GROUP};IM_ROBOT.lisi01",
            "privateData": {"lisi01": {"cardParamMap": {"tips": "归你了"}}},
        }
    )
    answer = await caller.call(CREATE_AND_DELIVER, body)
    assert [r["success"] for r in answer["result"]["deliverResults"]] == [True, True]
    assert server.card_view("tkt-1", "lisi01")["tips"] == "归你了"
    assert "tips" not in server.card_view("tkt-1", "zhangsan")
    await caller.call(INSTANCES, update({"markdown": "已接"}, by_key=True), "PUT")
    for chat in (GROUP, "lisi01"):
        assert server.chats.of(chat)[-1].body["params"]["markdown"] == "已接"
        assert server.chats.of(chat)[-1].body["private"] == {"lisi01": {"tips": "归你了"}}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"outTrackId": ""}, "param.outTrackIdEmpty"),
        ({"cardTemplateId": ""}, "param.cardTemplateIdEmpty"),
        ({"cardTemplateId": "x.schema"}, "param.templateNotExist"),
        ({"cardData": None}, "param.cardPublicDataEmpty"),
        ({"cardData": {"cardParamMap": []}}, "param.invalid"),
        ({"cardData": {"cardParamMap": {"n": 1}}}, "MissingStringValue"),
        ({"cardData": {"cardParamMap": {"n": None}}}, "MissingStringValue"),
        ({"privateData": {"lisi01": {"cardParamMap": {"n": True}}}}, "MissingStringValue"),
        ({"openSpaceId": ""}, "param.openSpaceIdEmpty"),
        ({"openSpaceId": f"IM_GROUP.{GROUP}"}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": "dtv1.card//MOON.1"}, "param.openSpaceIdInvalid"),
        ({"imGroupOpenSpaceModel": None}, "param.openSpaceModelInvalid"),
        ({"imGroupOpenDeliverModel": None}, "param.openDeliverModelEmpty"),
        ({"imGroupOpenDeliverModel": {}}, "param.openDeliverModelError"),
        ({"userIdType": 3}, "param.invalid"),
    ],
)
async def test_refusals_of_creation(server: DingTalkServer, caller: Caller, change: Json, code: str) -> None:
    assert await caller.code(CREATE_AND_DELIVER, card_body() | change) == (400, code)
    assert list(server.cards) == []


async def test_the_same_out_track_id_is_refused_or_shows_the_old_card(
    server: DingTalkServer, caller: Caller, card: Json
) -> None:
    again = card_body(cardData={"cardParamMap": {"title": "neu"}})
    assert await caller.code(CREATE_AND_DELIVER, again) == (400, "param.cardAlreadyExist")
    server.switches.duplicate_card_refused = False
    assert (await caller.call(CREATE_AND_DELIVER, again))["success"]
    assert server.card_view("tkt-1", "lisi01")["title"] == "T-1 打印机"


async def test_templates_of_one_s_own_and_unpublished_ones(server: DingTalkServer, caller: Caller) -> None:
    server.card_api.templates["own.schema"] = False
    assert (await caller.call(CREATE_AND_DELIVER, card_body(cardTemplateId="own.schema")))["success"]
    server.switches.unpublished_templates_work = False
    body = card_body("tkt-2", cardTemplateId="own.schema")
    assert await caller.code(CREATE_AND_DELIVER, body) == (400, "param.templateUnpublished")
    server.switches.any_template = True
    assert (await caller.call(CREATE_AND_DELIVER, body))["success"]


async def test_values_can_be_limited_and_their_type_ignored(server: DingTalkServer, caller: Caller) -> None:
    long = {"cardParamMap": {"markdown": "长" * 400}}
    server.switches.card_value_bytes = 1024
    assert await caller.code(CREATE_AND_DELIVER, card_body(cardData=long)) == (400, "param.invalid")
    server.switches.card_value_bytes = 0
    server.switches.strings_only = False
    numbers = {"cardParamMap": {"n": 1, "markdown": "长" * 400}}
    assert (await caller.call(CREATE_AND_DELIVER, card_body(cardData=numbers)))["success"]


# ── delivering ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "change",
    [
        {"openSpaceId": "dtv1.card//IM_GROUP.cidUnknown"},
        {"imGroupOpenDeliverModel": {"robotCode": "other"}},
        DIRECT | {"openSpaceId": "dtv1.card//IM_ROBOT.ghost"},
    ],
)
async def test_two_hundred_does_not_mean_delivered(
    server: DingTalkServer, caller: Caller, change: Json
) -> None:
    answer = await caller.call(CREATE_AND_DELIVER, card_body() | change)
    [result] = answer["result"]["deliverResults"]
    assert (answer["http"], result["success"], result["carrierId"]) == (200, False, "")
    assert result["errorMsg"]
    assert server.chats.of(GROUP) == ()


async def test_a_group_without_the_robot_gets_nothing(server: DingTalkServer, caller: Caller) -> None:
    server.tenant.company.groups[GROUP].robot_inside = False
    answer = await caller.call(CREATE_AND_DELIVER, card_body())
    assert not answer["result"]["deliverResults"][0]["success"]


async def test_a_card_can_be_created_first_and_delivered_later(
    server: DingTalkServer, caller: Caller
) -> None:
    body = card_body()
    assert (await caller.call(INSTANCES, body))["result"] == "tkt-1"
    assert server.chats.of(GROUP) == ()
    [result] = (await caller.call(DELIVER, body))["result"]
    assert result["success"]
    direct = {"outTrackId": "tkt-1", **DIRECT}
    assert await caller.code(DELIVER, direct) == (400, "param.openSpaceModelInvalid")
    assert (await caller.call(f"{INSTANCES}/spaces", direct, "PUT"))["success"]
    assert (await caller.call(DELIVER, direct))["result"][0]["success"]
    assert await caller.code(DELIVER, body | {"outTrackId": "no"}) == (400, "param.cardNotExist")


@pytest.mark.parametrize(
    ("model", "mentions"),
    [
        ({"atUserIds": {"lisi01": "李四", "wangfang": "不在群里"}}, ("lisi01",)),
        ({"atUserIds": {"@ALL": "@ALL"}}, ("@all",)),
        ({}, ()),
    ],
)
async def test_people_are_mentioned_by_the_deliver_model(
    server: DingTalkServer, caller: Caller, model: Json, mentions: tuple[str, ...]
) -> None:
    body = card_body(imGroupOpenDeliverModel={"robotCode": "dingabc", **model})
    await caller.call(CREATE_AND_DELIVER, body)
    assert server.chats.of(GROUP)[-1].mentions == mentions


@pytest.mark.parametrize(
    ("text", "needed", "mentions"),
    [
        ("<a atId=lisi01>李四</a> 请看", True, ("lisi01",)),
        ('<a atId="lisi01">李四</a>', True, ("lisi01",)),
        ("@李四 请看", True, ()),
        ("@李四 请看", False, ("lisi01",)),
    ],
)
async def test_a_mention_inside_the_card_needs_its_markup(
    server: DingTalkServer, caller: Caller, text: str, *, needed: bool, mentions: tuple[str, ...]
) -> None:
    server.switches.card_mention_needs_text = needed
    body = card_body(cardAtUserIds=["lisi01"], cardData={"cardParamMap": {"markdown": text}})
    await caller.call(CREATE_AND_DELIVER, body)
    assert server.chats.of(GROUP)[-1].mentions == mentions


# ── updating ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("by_key", "replaces", "kept"),
    [(True, True, True), (False, True, False), (None, True, False), (None, False, True)],
)
async def test_an_update_replaces_unless_told_to_merge(
    server: DingTalkServer, caller: Caller, card: Json, *, by_key: bool | None, replaces: bool, kept: bool
) -> None:
    server.switches.update_replaces = replaces
    answer = await caller.call(INSTANCES, update({"markdown": "已接"}, by_key=by_key), "PUT")
    assert answer["result"] is True
    view = server.card_view("tkt-1", "lisi01")
    assert view["markdown"] == "已接"
    assert ("title" in view) is kept


@pytest.mark.parametrize("by_key", [True, False])
async def test_private_data_has_its_own_option(
    server: DingTalkServer, caller: Caller, *, by_key: bool
) -> None:
    await caller.call(
        CREATE_AND_DELIVER, card_body(privateData={"lisi01": {"cardParamMap": {"a": "1", "b": "2"}}})
    )
    body = {
        "outTrackId": "tkt-1",
        "privateData": {"lisi01": {"cardParamMap": {"a": "3"}}},
        "cardUpdateOptions": {"updatePrivateDataByKey": by_key},
    }
    await caller.call(INSTANCES, body, "PUT")
    view = server.card_view("tkt-1", "lisi01")
    assert (view["a"], view.get("b")) == ("3", "2" if by_key else None)
    assert view["title"] == "T-1 打印机"


async def test_refusals_of_updates(caller: Caller, card: Json) -> None:
    unknown = update({"a": "1"}) | {"outTrackId": "no"}
    assert await caller.code(INSTANCES, unknown, "PUT") == (400, "param.cardNotExist")
    assert await caller.code(INSTANCES, update({"a": 1}), "PUT") == (400, "MissingStringValue")
    assert await caller.code(INSTANCES, {"cardData": {}}, "PUT") == (400, "param.outTrackIdEmpty")


async def test_union_ids_are_understood_with_user_id_type_two(server: DingTalkServer, caller: Caller) -> None:
    body = card_body(
        userIdType=2,
        privateData={"union-lisi01": {"cardParamMap": {"tips": "归你了"}}},
        imGroupOpenDeliverModel={"robotCode": "dingabc", "atUserIds": {"union-lisi01": "李四"}},
    )
    await caller.call(CREATE_AND_DELIVER, body)
    assert server.card_view("tkt-1", "lisi01")["tips"] == "归你了"
    assert server.chats.of(GROUP)[-1].mentions == ("lisi01",)


async def test_the_history_tells_who_painted_what(server: DingTalkServer, caller: Caller, card: Json) -> None:
    await caller.call(INSTANCES, update({"markdown": "已接"}, by_key=True), "PUT")
    assert [painted.by for painted in server.card("tkt-1").history] == ["create", "update"]


async def test_streaming_appends_or_replaces(server: DingTalkServer, caller: Caller, card: Json) -> None:
    chunk: Json = {"outTrackId": "tkt-1", "guid": "g", "key": "markdown", "content": "正在", "isFull": True}
    await caller.call("/v1.0/card/streaming", chunk, "PUT")
    await caller.call("/v1.0/card/streaming", chunk | {"content": "处理", "isFull": False}, "PUT")
    assert server.card_view("tkt-1", "lisi01")["markdown"] == "正在处理"
    for name in ("guid", "key", "content"):
        refused = await caller.code("/v1.0/card/streaming", chunk | {name: ""}, "PUT")
        assert refused == (400, f"param.stream.{name}Empty")
    unknown = chunk | {"outTrackId": "no"}
    assert await caller.code("/v1.0/card/streaming", unknown, "PUT") == (400, "param.stream.outTrackId")


async def test_a_top_card_can_be_put_up_and_taken_down(server: DingTalkServer, caller: Caller) -> None:
    body = card_body(
        openSpaceId=f"dtv1.card//ONE_BOX.{GROUP}",
        topOpenSpaceModel={"spaceType": "ONE_BOX"},
        topOpenDeliverModel={"expiredTimeMillis": server.tenant.millis() + 60_000},
    )
    assert (await caller.call(CREATE_AND_DELIVER, body))["result"]["deliverResults"][0]["success"]
    assert server.cards.sees(server.card("tkt-1"), "lisi01")
    await caller.call("/v1.0/card/tops/close", outTrackId="tkt-1", openConversationId=GROUP)
    assert server.cards.sees(server.card("tkt-1"), "lisi01") is None
    assert server.chats.of(GROUP)[-1].body["closed"] is True
    unknown = await caller.code("/v1.0/card/tops/close", outTrackId="no", openConversationId=GROUP)
    assert unknown == (400, "param.cardNotExist")


async def test_the_chat_list_shows_the_summary(server: DingTalkServer, caller: Caller) -> None:
    summary = {"supportForward": False, "lastMessageI18n": {"ZH_CN": "新工单 T-1"}}
    await caller.call(CREATE_AND_DELIVER, card_body(imGroupOpenSpaceModel=summary))
    assert server.chats.of(GROUP)[-1].text == "新工单 T-1"


async def test_a_direct_card_is_seen_by_its_owner_alone(server: DingTalkServer, caller: Caller) -> None:
    await caller.call(CREATE_AND_DELIVER, card_body() | DIRECT)
    assert server.cards.sees(server.card("tkt-1"), "lisi01")
    assert not server.cards.sees(server.card("tkt-1"), "zhangsan")
    with pytest.raises(KeyError):
        server.card("no-such-card")


@pytest.mark.parametrize("sees", [True, False])
async def test_late_joiners_see_the_card_or_not(
    server: DingTalkServer, caller: Caller, card: Json, *, sees: bool
) -> None:
    server.switches.late_joiners_see_cards = sees
    server.tenant.company.groups[GROUP].members.append("wangfang")
    assert (server.cards.sees(server.card("tkt-1"), "wangfang") is not None) is sees
    assert server.cards.sees(server.card("tkt-1"), "lisi01") is not None


async def test_a_card_s_life_and_the_pace_of_its_updates_can_be_limited(
    server: DingTalkServer, caller: Caller, card: Json
) -> None:
    server.switches.card_updates_per_second = 1
    codes = [await caller.code(INSTANCES, update({"a": "1"}, by_key=True), "PUT") for _ in range(2)]
    assert codes == [(200, None), (403, "Forbidden.AccessDenied.QpsLimitForApi")]
    server.switches.card_life_seconds = 3600
    server.tenant.clock.advance(timedelta(hours=1))
    assert await caller.code(INSTANCES, update({"a": "1"}), "PUT") == (400, "param.cardNotExist")


async def test_callbacks_go_to_this_machine_only(caller: Caller) -> None:
    route = {"callbackRouteKey": "k", "callbackUrl": "http://example.com/card", "apiSecret": "s"}
    assert await caller.code("/v1.0/card/callbacks/register", route) == (400, "param.invalid")


async def test_updating_during_a_callback_can_be_a_defect(
    server: DingTalkServer, caller: Caller, bot: StreamBot, card: Json
) -> None:
    server.switches.answer_during_put_is_defect = True
    server.card_api.pressing.add("tkt-1")
    await caller.call(INSTANCES, update({"markdown": "已接"}, by_key=True), "PUT")
    assert len(server.defects) == 1
