"""The robot's sending APIs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.emulator.dingtalk.server import DingTalkServer
from tests.adapters.emulator.dingtalk.bots import GROUP, Caller, Json

TO_PEOPLE = "/v1.0/robot/oToMessages/batchSend"
TO_GROUP = "/v1.0/robot/groupMessages/send"
TEXT: Json = {"robotCode": "dingabc", "msgKey": "sampleText", "msgParam": '{"content": "好"}'}
PEOPLE: Json = TEXT | {"userIds": ["lisi01"]}
GROUPED: Json = TEXT | {"openConversationId": GROUP}


async def test_two_hundred_can_still_mean_that_nobody_got_it(server: DingTalkServer, caller: Caller) -> None:
    server.tenant.flow_controlled = {"zhangsan"}
    server.tenant.visible = {"lisi01", "zhangsan"}
    people = ["lisi01", "zhangsan", "wangfang", "ghost"]
    answer = await caller.call(TO_PEOPLE, PEOPLE | {"userIds": people})
    assert answer["http"] == 200
    assert answer["invalidStaffIdList"] == ["ghost"]
    assert answer["flowControlledStaffIdList"] == ["zhangsan"]
    assert answer["filteredStaffIdList"] == ["wangfang"]
    [sent] = server.sent
    assert (sent.chats, sent.key) == (("lisi01",), answer["processQueryKey"])
    assert server.chats.of("ghost") == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"robotCode": None}, "invalidParameter.robotCode.missing"),
        ({"robotCode": "other"}, "invalidParameter.robotCode.notExsit"),
        ({"userIds": None}, "MissinguserIds"),
        ({"userIds": []}, "invalidParameter.userIds.empty"),
        ({"userIds": ["u"] * 21}, "invalidParameter.userIds.overMax"),
        ({"userIds": [1]}, "Invalidbody"),
        ({"msgKey": ""}, "invalidParameter.msgKey.empty"),
        ({"msgKey": "sampleSmoke"}, "invalidParameter.msgKey.invalid"),
        ({"msgParam": {"content": "好"}}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": "好"}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": "{}"}, "miss.param.content"),
        ({"msgParam": json.dumps({"content": "x" * 15_000})}, "invalidParameter.msgParam.tooLong"),
    ],
)
async def test_refusals_of_sending_to_people(
    server: DingTalkServer, caller: Caller, change: Json, code: str
) -> None:
    assert await caller.code(TO_PEOPLE, PEOPLE | change) == (400, code)
    assert server.sent == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"openConversationId": ""}, "miss.openConversationId"),
        ({"openConversationId": "cidUnknown"}, "invalid.openConversationId"),
        ({"robotCode": "other"}, "invalidParameter.robotCode.notExsit"),
    ],
)
async def test_refusals_of_sending_to_groups(caller: Caller, change: Json, code: str) -> None:
    assert await caller.code(TO_GROUP, GROUPED | change) == (400, code)


async def test_a_group_without_the_robot_or_that_is_gone_cannot_be_reached(
    server: DingTalkServer, caller: Caller
) -> None:
    server.tenant.company.groups[GROUP].robot_inside = False
    assert await caller.code(TO_GROUP, GROUPED) == (400, "resource.unavailable")
    server.tenant.disbanded.add(GROUP)
    assert await caller.code(TO_GROUP, GROUPED) == (400, "group.disbanded")


async def test_nobody_is_mentioned_by_a_group_message(server: DingTalkServer, caller: Caller) -> None:
    at = {"msgParam": json.dumps({"content": "@lisi01 看一下"}), "at": {"atUserIds": ["lisi01"]}}
    await caller.call(TO_GROUP, GROUPED | at)
    assert server.chats.of(GROUP)[-1].mentions == ()


@pytest.mark.parametrize(
    ("key", "param", "kind"),
    [
        ("sampleMarkdown", {"title": "T", "text": "# 好"}, "markdown"),
        ("sampleImageMsg", {"photoURL": "@lAL1"}, "image"),
        ("sampleLink", {"title": "T", "text": "好", "messageUrl": "https://x"}, "link"),
        (
            "sampleActionCard",
            {"title": "T", "text": "好", "singleTitle": "看", "singleURL": "u"},
            "actionCard",
        ),
        ("sampleFile", {"mediaId": "@lAL1", "fileName": "a.pdf", "fileType": "pdf"}, "file"),
    ],
)
async def test_every_template_shows_as_its_kind(
    server: DingTalkServer, caller: Caller, key: str, param: dict[str, Any], kind: str
) -> None:
    await caller.call(TO_GROUP, GROUPED | {"msgKey": key, "msgParam": json.dumps(param)})
    bubble = server.chats.of(GROUP)[-1]
    assert (bubble.kind, bubble.body["msgParam"]) == (kind, param)


async def test_an_action_card_with_two_buttons_needs_both(caller: Caller) -> None:
    param = {"title": "T", "text": "好", "actionTitle1": "接", "actionURL1": "u1", "actionTitle2": "拒"}
    body = GROUPED | {"msgKey": "sampleActionCard2", "msgParam": json.dumps(param)}
    assert await caller.code(TO_GROUP, body) == (400, "miss.param.actionURL2")


async def test_messages_can_be_taken_back(server: DingTalkServer, caller: Caller) -> None:
    key = (await caller.call(TO_PEOPLE, PEOPLE))["processQueryKey"]
    body = {"robotCode": "dingabc", "processQueryKeys": [key, "old"]}
    answer = await caller.call("/v1.0/robot/otoMessages/batchRecall", body)
    assert answer["successResult"] == [key]
    assert answer["failedResult"] == {"old": "invalid.processQueryKey"}
    assert server.chats.of("lisi01")[-1].body == {"recalled": True}


async def test_who_has_read_it_can_be_asked(server: DingTalkServer, caller: Caller) -> None:
    key = (await caller.call(TO_PEOPLE, PEOPLE | {"userIds": ["lisi01", "zhangsan"]}))["processQueryKey"]
    server.robot.read(key, "lisi01")
    path = "/v1.0/robot/oToMessages/readStatus"
    answer = await caller.call(path, method="GET", robotCode="dingabc", processQueryKey=key)
    statuses = {info["userId"]: info["readStatus"] for info in answer["messageReadInfoList"]}
    assert statuses == {"lisi01": "read", "zhangsan": "unread"}


async def test_readers_of_a_group_message_come_in_pages(server: DingTalkServer, caller: Caller) -> None:
    key = (await caller.call(TO_GROUP, GROUPED))["processQueryKey"]
    for userid in ("lisi01", "zhangsan"):
        server.robot.read(key, userid)
    query: Json = {
        "robotCode": "dingabc",
        "openConversationId": GROUP,
        "processQueryKey": key,
        "maxResults": 1,
    }
    first = await caller.call("/v1.0/robot/groupMessages/query", query)
    assert (first["readUserIds"], first["hasMore"]) == (["lisi01"], True)
    rest = await caller.call("/v1.0/robot/groupMessages/query", query | {"nextToken": first["nextToken"]})
    assert (rest["readUserIds"], rest["hasMore"]) == (["zhangsan"], False)
    unknown = query | {"processQueryKey": "old"}
    assert await caller.code("/v1.0/robot/groupMessages/query", unknown) == (400, "invalid.processQueryKey")
