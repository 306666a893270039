"""Presses and forms: what a thumb can do, what the bot hears, what its answer paints."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from adapters.emulator.dingtalk.card_callbacks import signed
from adapters.emulator.dingtalk.presses import NoSuchButton
from adapters.emulator.dingtalk.server import DingTalkServer
from tests.adapters.emulator.dingtalk.bots import GROUP, Caller, Json, StreamBot, card_body, spawn

CREATE = "/v1.0/card/instances/createAndDeliver"


def answer(variables: dict[str, Any], *, by_key: bool = True, **more: Any) -> Json:
    options = {"updateCardDataByKey": by_key, "updatePrivateDataByKey": by_key}
    card = {"cardUpdateOptions": options, "cardData": {"cardParamMap": variables}}
    return {"response": card | more}


def own_template(**variables: str) -> Json:
    return card_body(cardTemplateId="own.schema", cardData={"cardParamMap": variables})


def group_button(action: str, **changes: Any) -> Json:
    event = {"type": "sendCardRequest", "params": {"actionId": action, "params": {"action": action}}}
    return {"text": action, "color": "blue", "status": "normal", "event": event} | changes


def content_of(bot: StreamBot, key: str = "content") -> Json:
    content: Json = json.loads(bot.payload()[key])["cardPrivateData"]
    return content


@pytest.fixture(autouse=True)
async def _own_template(server: DingTalkServer) -> None:
    server.card_api.templates["own.schema"] = True


# ── what can be pressed ─────────────────────────────────────────────────────────────────────────────


async def test_a_press_on_the_built_in_template(
    server: DingTalkServer, caller: Caller, bot: StreamBot
) -> None:
    await caller.call(CREATE, card_body())
    assert (await server.presses("lisi01", "tkt-1", "accept")).acked
    pressed = bot.payload()
    assert (pressed["type"], pressed["outTrackId"], pressed["userId"]) == (
        "actionCallback",
        "tkt-1",
        "lisi01",
    )
    assert (pressed["spaceType"], pressed["spaceId"], pressed["corpId"]) == ("IM_GROUP", GROUP, "dingcorp")
    assert content_of(bot) == {"actionIds": ["accept"], "params": {"id": "accept", "text": "接单"}}


async def test_a_press_on_a_button_group_carries_its_own_parameters(
    server: DingTalkServer, caller: Caller, bot: StreamBot
) -> None:
    await caller.call(CREATE, own_template(buttons=json.dumps([group_button("accept")])))
    await server.presses("lisi01", "tkt-1", "accept", {"note": "马上"})
    assert content_of(bot) == {"actionIds": ["accept"], "params": {"action": "accept", "note": "马上"}}


async def test_what_is_not_shown_cannot_be_pressed(server: DingTalkServer, caller: Caller) -> None:
    link = {"text": "看", "event": {"type": "openLink", "params": {"url": "https://x"}}}
    disabled = group_button("close", status="disabled")
    await caller.call(CREATE, own_template(buttons=json.dumps([link, disabled, group_button("accept")])))
    for userid, card, action in (
        ("lisi01", "no-such-card", "accept"),
        ("lisi01", "tkt-1", "resolve"),
        ("lisi01", "tkt-1", "close"),
        ("wangfang", "tkt-1", "accept"),
    ):
        with pytest.raises(NoSuchButton):
            await server.presses(userid, card, action)


async def test_private_data_gives_each_viewer_other_buttons(
    server: DingTalkServer, caller: Caller, bot: StreamBot
) -> None:
    own = {"cardParamMap": {"buttons": json.dumps([group_button("resolve")])}}
    body = own_template(buttons="[]") | {"privateData": {"lisi01": own}}
    await caller.call(CREATE, body)
    assert [b.action for b in server.buttons("tkt-1", "lisi01")] == ["resolve"]
    assert (await server.presses("lisi01", "tkt-1", "resolve")).acked
    with pytest.raises(NoSuchButton):
        await server.presses("zhangsan", "tkt-1", "resolve")


async def test_recipients_alone_see_the_card(server: DingTalkServer, caller: Caller, bot: StreamBot) -> None:
    model = {"robotCode": "dingabc", "recipients": ["lisi01"]}
    await caller.call(CREATE, card_body(imGroupOpenDeliverModel=model))
    assert (await server.presses("lisi01", "tkt-1", "accept")).acked
    with pytest.raises(NoSuchButton):
        await server.presses("zhangsan", "tkt-1", "accept")


async def test_a_stale_picture_can_still_be_pressed(
    server: DingTalkServer, caller: Caller, bot: StreamBot
) -> None:
    await caller.call(CREATE, card_body())
    gone = {"sys_full_json_obj": '{"msgButtons": []}'}
    await caller.call(
        "/v1.0/card/instances", {"outTrackId": "tkt-1", "cardData": {"cardParamMap": gone}}, "PUT"
    )
    with pytest.raises(NoSuchButton):
        await server.presses("lisi01", "tkt-1", "accept")
    assert (await server.presses_stale("lisi01", "tkt-1", "accept")).acked
    with pytest.raises(NoSuchButton):
        await server.presses_stale("lisi01", "tkt-1", "resolve")


async def test_buttons_of_the_built_in_template_can_be_limited_or_dead(
    server: DingTalkServer, caller: Caller
) -> None:
    buttons = [{"text": str(n), "id": str(n), "request": True} for n in range(5)]
    body = card_body(cardData={"cardParamMap": {"sys_full_json_obj": json.dumps({"msgButtons": buttons})}})
    await caller.call(CREATE, body)
    assert len(server.buttons("tkt-1", "lisi01")) == 5
    server.switches.builtin_max_buttons = 4
    assert len(server.buttons("tkt-1", "lisi01")) == 4
    server.switches.builtin_calls_back = False
    assert server.buttons("tkt-1", "lisi01") == []


async def test_a_card_without_callback_type_stays_silent(
    server: DingTalkServer, caller: Caller, bot: StreamBot
) -> None:
    await caller.call(CREATE, card_body(callbackType=""))
    assert not (await server.presses("lisi01", "tkt-1", "accept")).acked
    assert bot.frames == []
    assert server.presser.silent == ["tkt-1"]


# ── how the callback looks ──────────────────────────────────────────────────────────────────────────


async def test_the_callback_comes_in_all_the_reported_shapes(
    server: DingTalkServer, caller: Caller, bot: StreamBot
) -> None:
    await caller.call(CREATE, card_body())
    server.switches.callback_content_key = "value"
    server.switches.builtin_params_carry_id = False
    server.switches.callback_space_type = "im"
    await server.presses("lisi01", "tkt-1", "accept")
    assert content_of(bot, "value") == {"actionIds": ["accept"], "params": {}}
    assert bot.payload()["spaceType"] == "im"
    server.switches.callback_content_is_text = False
    server.switches.callback_leaves_out_space = True
    await server.presses("lisi01", "tkt-1", "accept")
    assert bot.payload()["value"]["cardPrivateData"]["actionIds"] == ["accept"]
    assert "spaceId" not in bot.payload()


async def test_the_user_id_follows_the_card_s_type(
    server: DingTalkServer, caller: Caller, bot: StreamBot
) -> None:
    await caller.call(CREATE, card_body(userIdType=2))
    await server.presses("lisi01", "tkt-1", "accept")
    assert (bot.payload()["userId"], bot.payload()["userIdType"]) == ("union-lisi01", 2)


# ── what the answer paints ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("by_key", [True, False])
async def test_an_answer_merges_or_replaces(
    server: DingTalkServer, caller: Caller, bot: StreamBot, *, by_key: bool
) -> None:
    await caller.call(CREATE, card_body())
    bot.answer = lambda _: answer({"markdown": "已接"}, by_key=by_key)
    await server.presses("lisi01", "tkt-1", "accept")
    view = server.card_view("tkt-1", "zhangsan")
    assert view["markdown"] == "已接"
    assert ("title" in view) is by_key
    assert server.card("tkt-1").history[-1].by == "answer"
    assert server.calls.of("PUT /v1.0/card/instances") == 0


async def test_user_private_data_is_for_the_presser_alone(
    server: DingTalkServer, caller: Caller, bot: StreamBot
) -> None:
    await caller.call(CREATE, card_body())
    bot.answer = lambda _: answer({}, userPrivateData={"cardParamMap": {"hint": "已受理"}})
    await server.presses("lisi01", "tkt-1", "accept")
    assert server.card_view("tkt-1", "lisi01")["hint"] == "已受理"
    assert "hint" not in server.card_view("tkt-1", "zhangsan")


@pytest.mark.parametrize("response", [None, {}])
async def test_an_empty_answer_changes_nothing(
    server: DingTalkServer, caller: Caller, bot: StreamBot, response: Any
) -> None:
    await caller.call(CREATE, card_body())
    bot.answer = lambda _: {"response": response}
    await server.presses("lisi01", "tkt-1", "accept")
    assert len(server.card("tkt-1").history) == 1
    assert server.defects == []


@pytest.mark.parametrize(
    "wrong",
    [
        answer({"markdown": 1}),
        answer({}, userPrivateData={"lisi01": {"cardParamMap": {}}}),
        {"response": {"cardData": {"markdown": "x"}}},
        {"response": "OK"},
        {"response": {"cardParamMap": {}}},
    ],
)
async def test_a_wrong_answer_is_a_defect_and_paints_nothing(
    server: DingTalkServer, caller: Caller, bot: StreamBot, wrong: Json
) -> None:
    await caller.call(CREATE, card_body())
    before = server.card_view("tkt-1", "lisi01")
    bot.answer = lambda _: wrong
    await server.presses("lisi01", "tkt-1", "accept")
    assert len(server.defects) == 1
    assert server.card_view("tkt-1", "lisi01") == before


@pytest.mark.parametrize("applied", [False, True])
async def test_a_late_answer_is_thrown_away_and_recorded(
    server: DingTalkServer, caller: Caller, bot: StreamBot, *, applied: bool
) -> None:
    server.switches.card_answer_seconds = 0
    server.switches.late_answer_applied = applied
    await caller.call(CREATE, card_body())
    bot.answer = lambda _: answer({"markdown": "已接"})
    delivery = await server.presses("lisi01", "tkt-1", "accept")
    assert (delivery.acked, delivery.late) == (True, True)
    assert server.late_answers == [delivery]
    assert (server.card_view("tkt-1", "lisi01")["markdown"] == "已接") is applied


async def test_an_error_code_paints_nothing(server: DingTalkServer, caller: Caller, bot: StreamBot) -> None:
    await caller.call(CREATE, card_body())
    bot.answer = lambda _: None
    pressing = spawn(server.presses("lisi01", "tkt-1", "accept"))
    await bot.got(1)
    await bot.ack(bot.frames[0], answer({"markdown": "已接"}), code=500)
    assert (await pressing).code == 500
    assert server.card_view("tkt-1", "lisi01")["markdown"] == "待接单"


async def test_two_can_press_at_once(server: DingTalkServer, caller: Caller, bot: StreamBot) -> None:
    await caller.call(CREATE, card_body())
    bot.answer = lambda frame: answer({"markdown": json.loads(frame["data"])["userId"]})
    deliveries = await asyncio.gather(*(server.presses(u, "tkt-1", "accept") for u in ("lisi01", "zhangsan")))
    assert all(d.acked for d in deliveries)
    assert len({frame["headers"]["messageId"] for frame in bot.frames}) == 2


@pytest.mark.parametrize("metered", [True, False])
async def test_presses_count_as_messages_or_not(
    server: DingTalkServer, caller: Caller, bot: StreamBot, *, metered: bool
) -> None:
    server.switches.card_callbacks_metered = metered
    await caller.call(CREATE, card_body())
    await server.presses("lisi01", "tkt-1", "accept")
    assert server.calls.of(server.calls.MESSAGES) == (1 if metered else 0)


# ── forms ───────────────────────────────────────────────────────────────────────────────────────────

FIELDS = [
    {"name": "note", "label": "说明", "type": "TEXT", "required": True},
    {"name": "level", "label": "级别", "type": "SELECT", "options": [{"value": "P1", "text": "急"}]},
    {"name": "tags", "label": "标签", "type": "MULTI_SELECT", "options": [{"value": "a", "text": "甲"}]},
    {"name": "ticket", "type": "TEXT", "hidden": True, "defaultValue": "1042"},
]


@pytest.mark.parametrize("as_object", [True, False])
async def test_a_form_comes_with_its_hidden_fields(
    server: DingTalkServer, caller: Caller, bot: StreamBot, *, as_object: bool
) -> None:
    server.switches.select_as_object = as_object
    await caller.call(CREATE, own_template(form=json.dumps({"fields": FIELDS})))
    assert [f.name for f in server.form("tkt-1", "lisi01")] == ["note", "level", "tags"]
    await server.submits_form("lisi01", "tkt-1", {"note": "换墨盒", "level": "P1", "tags": ["a"]})
    form = content_of(bot)["params"]["form"]
    assert (form["note"], form["ticket"]) == ("换墨盒", "1042")
    assert form["level"] == ({"index": 0, "value": "P1"} if as_object else "P1")
    assert form["tags"] == ({"index": [0], "value": ["a"]} if as_object else ["a"])


@pytest.mark.parametrize("values", [{}, {"note": "x", "other": "y"}, {"note": "x", "level": "P9"}])
async def test_the_client_refuses_a_form_that_is_wrong(
    server: DingTalkServer, caller: Caller, values: Json
) -> None:
    await caller.call(CREATE, own_template(form=json.dumps({"fields": FIELDS})))
    with pytest.raises(NoSuchButton):
        await server.submits_form("lisi01", "tkt-1", values)


# ── HTTP cards ──────────────────────────────────────────────────────────────────────────────────────


async def test_an_http_card_is_posted_to_the_registered_address(
    server: DingTalkServer, caller: Caller, unused_tcp_port: int
) -> None:
    heard: list[web.Request] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(request)
        return web.json_response(answer({"markdown": "已接"})["response"])

    app = web.Application()
    app.router.add_post("/card", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    route = {
        "callbackRouteKey": "k",
        "callbackUrl": f"http://127.0.0.1:{unused_tcp_port}/card",
        "apiSecret": "s",
    }
    await caller.call("/v1.0/card/callbacks/register", route)
    assert await caller.code("/v1.0/card/callbacks/register", route) == (400, "param.invalid")
    await caller.call("/v1.0/card/callbacks/register", route | {"forceUpdate": True})
    await caller.call(CREATE, card_body(callbackType="HTTP", callbackRouteKey="k"))
    assert (await server.presses("lisi01", "tkt-1", "accept")).acked
    assert server.card_view("tkt-1", "zhangsan")["markdown"] == "已接"
    stamp = heard[0].headers["x-ddpaas-signature-timestamp"]
    assert heard[0].headers["x-ddpaas-signature"] == signed("s", stamp)["x-ddpaas-signature"]
    await runner.cleanup()
    assert not (await server.presses("lisi01", "tkt-1", "accept")).acked
