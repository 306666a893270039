"""Everything that the control API can do, over HTTP."""

from __future__ import annotations

import pytest

from adapters.emulator.dingtalk.server import DingTalkServer
from tests.adapters.emulator.dingtalk.bots import GROUP, Caller, Json, StreamBot, card_body

CREATE = "/v1.0/card/instances/createAndDeliver"


async def control(caller: Caller, path: str, body: Json | None = None, method: str = "POST") -> Json:
    return await caller.call(f"/_emu/dingtalk{path}", body, method)


async def test_saying_and_looking(caller: Caller, bot: StreamBot) -> None:
    body = {
        "userid": "zhangsan",
        "text": "打印机坏了",
        "group": GROUP,
        "mentions": ["lisi01"],
        "quoting": "上次",
    }
    delivery = await control(caller, "/says", body)
    assert (delivery["acked"], delivery["code"], delivery["late"]) == (True, 200, False)
    assert bot.payload()["text"]["isReplyMsg"] is True
    shown = await control(caller, f"/chats/{GROUP}", method="GET")
    assert [b["text"] for b in shown["bubbles"]] == ["打印机坏了 @李四"]
    people = await control(caller, "/people", method="GET")
    assert [p["name"] for p in people["people"]] == ["张三", "李四", "王芳"]
    assert [g["id"] for g in people["groups"]] == [GROUP]


@pytest.mark.parametrize("kind", ["picture", "richText", "audio", "video", "file", "unknown"])
async def test_other_kinds(caller: Caller, bot: StreamBot, kind: str) -> None:
    delivery = await control(caller, "/sends", {"userid": "zhangsan", "kind": kind, "content": "好"})
    assert delivery["acked"]


async def test_pressing_and_looking_at_cards(server: DingTalkServer, caller: Caller, bot: StreamBot) -> None:
    await caller.call(CREATE, card_body())
    assert (await control(caller, "/cards", method="GET"))["cards"][0]["outTrackId"] == "tkt-1"
    seen = await control(caller, "/cards/tkt-1?user=lisi01", method="GET")
    assert (seen["visible"], seen["buttons"][0]["action"]) == (True, "accept")
    press = {"userid": "lisi01", "outTrackId": "tkt-1", "action": "accept"}
    assert (await control(caller, "/presses", press))["acked"]
    assert (await control(caller, "/presses", press | {"stale": True}))["acked"]
    refused = await control(caller, "/presses", press | {"action": "resolve"})
    assert refused["http"] == 409
    form = {"userid": "lisi01", "outTrackId": "tkt-1", "values": {"x": "y"}}
    assert (await control(caller, "/forms", form))["http"] == 409


async def test_mistakes_are_told(caller: Caller) -> None:
    assert (await control(caller, "/says", {"userid": "zhangsan"}))["http"] == 400
    assert (await control(caller, "/says", {"userid": "ghost", "text": "x"}))["http"] == 409
    assert (await control(caller, "/cards/none", method="GET"))["http"] == 404
    assert (await control(caller, "/groups/none", {}))["http"] == 404
    assert (await control(caller, "/sockets", {"how": "sing"}))["http"] == 400
    assert (await control(caller, "/faults", {"path": "/", "fault": "smoke"}))["http"] == 400


async def test_events_frames_pings_and_redelivery(caller: Caller, bot: StreamBot) -> None:
    event = {"type": "user_leave_org", "data": {"userId": ["lisi01"]}}
    assert (await control(caller, "/events", event))["acked"]
    assert (await control(caller, "/ping"))["deliveries"][0]["acked"]
    assert (await control(caller, "/redeliver"))["deliveries"] == []
    assert (await control(caller, "/repeat"))["acked"]
    raw = '{"headers": {"messageId": "m", "topic": "x"}, "data": "{}", "type": "CALLBACK"}'
    assert (await control(caller, "/frame", {"raw": raw}))["message_id"] == "m"


async def test_faults_and_switches(server: DingTalkServer, caller: Caller) -> None:
    await control(caller, "/faults", {"path": "/v1.0", "fault": "unavailable", "times": 2})
    assert (await caller.code(CREATE, card_body()))[0] == 503
    await control(caller, "/faults", method="DELETE")
    assert (await caller.call(CREATE, card_body()))["success"]
    await control(caller, "/switches", {"qps": 3, "allowed_ips": ["127.0.0.1"]}, "PATCH")
    assert (server.switches.qps, server.switches.allowed_ips) == (3, frozenset({"127.0.0.1"}))
    assert (await control(caller, "/switches", method="GET"))["qps"] == 3
    assert (await control(caller, "/switches", {"smoke": 1}, "PATCH"))["http"] == 400


async def test_sockets_can_be_made_to_go(server: DingTalkServer, caller: Caller, bot: StreamBot) -> None:
    await control(caller, "/disconnect", {"reason": "connection is expired"})
    await bot.got(1)
    assert bot.payload() == {"reason": "connection is expired"}
    state = await control(caller, "/state", method="GET")
    assert state["connections"][0]["health"] == "retired"
    await control(caller, "/sockets", {"how": "half open"})
    await control(caller, "/sockets", {"how": "close"})
    await control(caller, "/sockets", {"how": "reset"})
    await server.connected(0)


async def test_things_expire(server: DingTalkServer, caller: Caller, bot: StreamBot) -> None:
    await server.says("zhangsan", "在吗")
    for what in ("tokens", "sessions", "files"):
        await control(caller, "/expire", {"what": what})
    assert await caller.code(CREATE, card_body()) == (400, "InvalidAuthentication")
    async with caller.http.post(bot.payload()["sessionWebhook"], json={}) as response:
        assert (await response.json())["errcode"] == 300001
    assert (await control(caller, "/expire", {"what": "hope"}))["http"] == 404


async def test_setting_up(server: DingTalkServer, caller: Caller) -> None:
    await control(caller, "/templates", {"id": "own.schema"})
    assert (await caller.call(CREATE, card_body(cardTemplateId="own.schema")))["success"]
    await control(caller, "/robots", {"token": "tok", "group": GROUP, "keywords": ["工单"]})
    body = {"msgtype": "text", "text": {"content": "工单"}}
    assert (await caller.call("/robot/send", body, access_token="tok"))["errcode"] == 0
    await control(caller, "/outsiders", {"id": "customer", "name": "客户", "group": GROUP})
    assert "customer" in server.tenant.company.groups[GROUP].members
    await control(caller, f"/groups/{GROUP}", {"robot_inside": False, "disbanded": True})
    assert GROUP in server.tenant.disbanded
    assert (await control(caller, "/login", {"userid": "lisi01"}))["code"]
