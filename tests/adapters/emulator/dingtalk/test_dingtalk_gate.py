"""What every API has in common: faults, allow-list, rate, quota, permissions, hooks and the wire strip."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from aiohttp import ClientConnectionError, ClientError

from adapters.emulator.dingtalk.faults import Fault
from adapters.emulator.dingtalk.server import DingTalkServer
from tests.adapters.emulator.dingtalk.bots import GROUP, SECRET, Caller, StreamBot, card_body, spawn

SEND = "/v1.0/robot/groupMessages/send"
SENDING = {
    "robotCode": "dingabc",
    "openConversationId": GROUP,
    "msgKey": "sampleText",
    "msgParam": '{"content": "好"}',
}
OLD = "/topapi/v2/user/getbymobile"
MOBILE = {"mobile": "13800000001"}


async def test_unknown_fields_are_everywhere_until_switched_off(
    server: DingTalkServer, caller: Caller
) -> None:
    assert "unknownToClients" in await caller.call(SEND, SENDING)
    server.switches.extra_fields = False
    assert "unknownToClients" not in await caller.call(SEND, SENDING)


async def test_bodies_that_are_no_json_objects_are_refused(caller: Caller) -> None:
    assert await caller.code(SEND, [1, 2]) == (400, "Invalidbody")
    assert await caller.code(SEND) == (400, "Missingbody")


async def test_an_address_off_the_list_is_told_which_one_it_is(
    server: DingTalkServer, caller: Caller
) -> None:
    server.switches.allowed_ips = frozenset({"203.0.113.7"})
    answer = await caller.call(SEND, SENDING)
    assert answer["code"] == "Forbidden.AccessDenied.IpNotInWhiteList"
    assert "127.0.0.1" in answer["message"]
    assert await caller.code(OLD, MOBILE, access_token=caller.token) == (200, 60020)


async def test_the_twenty_first_call_of_a_second_is_refused_and_not_counted(
    server: DingTalkServer, caller: Caller
) -> None:
    answers = [await caller.code(SEND, SENDING) for _ in range(21)]
    assert answers[-1] == (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi")
    assert server.calls.total() == 20
    server.tenant.clock.advance(timedelta(seconds=1))
    assert (await caller.call(SEND, SENDING))["http"] == 200


async def test_the_rate_is_kept_for_each_api_by_itself(server: DingTalkServer, caller: Caller) -> None:
    server.switches.qps = 1
    await caller.call(SEND, SENDING)
    assert (await caller.call("/v1.0/contact/users/search", {"queryWord": "张"}))["http"] == 200
    assert (await caller.call(OLD, MOBILE, access_token=caller.token))["errcode"] == 0
    assert await caller.code(OLD, MOBILE, access_token=caller.token) == (200, 90018)


async def test_the_month_s_quota_ends_metered_calls_until_the_next_month(
    server: DingTalkServer, caller: Caller
) -> None:
    server.switches.monthly_calls = 1
    assert (await caller.call(SEND, SENDING))["http"] == 200
    assert await caller.code(SEND, SENDING) == (403, "Forbidden.AccessDenied.ApiCountLimitForOrg")
    notice = "/topapi/message/corpconversation/asyncsend_v2"
    assert await caller.code(notice, {"agent_id": 1}, access_token=caller.token) == (200, 90020)
    assert (await caller.call(OLD, MOBILE, access_token=caller.token))["errcode"] == 0
    server.tenant.clock.advance(timedelta(days=31))
    await caller.sign_in()
    assert (await caller.call(SEND, SENDING))["http"] == 200
    assert server.calls.by_api("2026-03") == {"POST /v1.0/robot/groupMessages/send": 1}


async def test_the_month_turns_at_midnight_in_china_or_where_the_switch_says(server: DingTalkServer) -> None:
    server.tenant.clock.advance(timedelta(days=29, hours=15))  # 31 March, 16:00 UTC
    assert server.tenant.month() == "2026-04"
    server.switches.month_offset_hours = 0
    assert server.tenant.month() == "2026-03"


async def test_a_permission_that_is_not_granted_comes_with_the_link_to_ask_for_it(
    server: DingTalkServer, caller: Caller
) -> None:
    server.tenant.scopes = set()
    answer = await caller.call(SEND, SENDING)
    assert answer["code"] == "Forbidden.AccessDenied.AccessTokenPermissionDenied"
    assert answer["accessdenieddetail"] == {"requiredScopes": ["qyapi_robot_sendmsg"]}
    assert "content=dingabc%23qyapi_robot_sendmsg" in answer["message"]
    assert (await caller.call(OLD, MOBILE, access_token=caller.token))["sub_code"] == "60011"
    server.tenant.scopes = {"qyapi_robot_sendmsg"}
    assert (await caller.call(SEND, SENDING))["http"] == 200


# ── faults ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.UNAVAILABLE, (503, "ServiceUnavailable")),
        (Fault.TOO_FAST, (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi")),
        (Fault.QUOTA, (403, "Forbidden.AccessDenied.ApiCountLimitForOrg")),
        (Fault.SIGNED_OUT, (400, "InvalidAuthentication")),
        (Fault.BLOCKED, (200, None)),
    ],
)
async def test_a_planned_fault_hits_the_next_call_only(
    server: DingTalkServer, caller: Caller, fault: Fault, expected: tuple[int, str]
) -> None:
    server.faults.plan("/v1.0/robot", fault)
    assert await caller.code(SEND, SENDING) == expected
    assert server.sent == []
    assert (await caller.call(SEND, SENDING))["http"] == 200


async def test_a_blocked_address_gets_a_page_instead_of_json(server: DingTalkServer, caller: Caller) -> None:
    server.faults.plan(SEND, Fault.HTML)
    async with await caller.open(SEND, SENDING) as response:
        assert (response.status, response.content_type) == (200, "text/html")


@pytest.mark.parametrize(("fault", "done"), [(Fault.RESET_BEFORE, 0), (Fault.RESET_AFTER, 1)])
async def test_a_reset_loses_the_answer_before_or_after_the_work(
    server: DingTalkServer, caller: Caller, fault: Fault, done: int
) -> None:
    server.faults.plan(SEND, fault)
    with pytest.raises(ClientConnectionError):
        await caller.call(SEND, SENDING)
    assert len(server.sent) == done


async def test_a_slow_answer_comes_late_but_the_work_is_done(server: DingTalkServer, caller: Caller) -> None:
    server.faults.plan(SEND, Fault.SLOW, seconds=60)
    calling = spawn(caller.call(SEND, SENDING))
    await server.shown(GROUP, lambda bubble: bubble.text == "好")
    assert not calling.done()
    calling.cancel()


async def test_trouble_can_be_occasional(server: DingTalkServer, caller: Caller) -> None:
    server.switches.qps = 0
    server.faults.random.seed(1)
    server.faults.plan(SEND, Fault.UNAVAILABLE, times=99, chance=0.3)
    statuses = [(await caller.call(SEND, SENDING))["http"] for _ in range(20)]
    assert set(statuses) == {200, 503}


async def test_the_wire_shows_what_a_get_asks_for(server: DingTalkServer, caller: Caller) -> None:
    await caller.call("/gettoken", method="GET", appkey="dingabc", appsecret=SECRET)
    [passed] = [p for p in server.tenant.wire if p.what == "GET /gettoken"]
    assert passed.body == {"appkey": "dingabc", "appsecret": "***"}


async def test_text_that_is_no_json_is_refused(server: DingTalkServer, caller: Caller) -> None:
    headers = {"x-acs-dingtalk-access-token": caller.token}
    async with caller.http.post(f"{server.base_url}{SEND}", data=b"{", headers=headers) as response:
        assert (response.status, (await response.json())["code"]) == (400, "Invalidbody")
    async with caller.http.post(f"{server.base_url}{OLD}?access_token={caller.token}", data=b"{") as response:
        assert (await response.json())["errcode"] == 40035


async def test_faults_can_be_cleared(server: DingTalkServer, caller: Caller) -> None:
    server.faults.plan("/", Fault.UNAVAILABLE, times=99)
    server.faults.clear()
    assert (await caller.call(SEND, SENDING))["http"] == 200


# ── hooks and what is recorded ──────────────────────────────────────────────────────────────────────


async def test_hooks_run_before_the_work_and_between_work_and_answer(
    server: DingTalkServer, caller: Caller
) -> None:
    seen: list[tuple[str, int]] = []

    async def before(path: str, body: bytes) -> None:
        assert json.loads(body) == SENDING
        seen.append((path, len(server.sent)))

    async def after(path: str, body: bytes) -> None:
        seen.append((path, len(server.sent)))

    server.on_call, server.after_call = before, after
    await caller.call(SEND, SENDING)
    assert seen == [(SEND, 0), (SEND, 1)]


async def test_a_hook_that_fails_loses_the_answer(server: DingTalkServer, caller: Caller) -> None:
    async def before(path: str, body: bytes) -> None:
        raise asyncio.CancelledError

    server.on_call = before
    with pytest.raises(ClientError):
        await caller.call(SEND, SENDING)
    assert server.sent == []


async def test_refusals_and_metered_calls_are_recorded(server: DingTalkServer, caller: Caller) -> None:
    await caller.code(SEND, SENDING | {"robotCode": "other"})
    assert [(r.api, r.code, r.status) for r in server.refused] == [
        (f"POST {SEND}", "invalidParameter.robotCode.notExsit", 400)
    ]
    assert server.calls.of(f"POST {SEND}", "2026-03") == 1
    assert server.calls.of("POST /v1.0/oauth2/accessToken") == 0


async def test_the_wire_shows_every_exchange_without_secrets(
    server: DingTalkServer, caller: Caller, bot: StreamBot
) -> None:
    await server.says("zhangsan", "你好")
    await caller.call("/v1.0/card/instances/createAndDeliver", card_body())
    await caller.call(OLD, MOBILE, access_token=caller.token)
    shown = [passed.what for passed in server.tenant.wire]
    for what in (
        "POST /v1.0/gateway/connections/open",
        "CONNECT /connect",
        "CALLBACK /v1.0/im/bot/messages/get",
        "ACK /v1.0/im/bot/messages/get",
        "POST /v1.0/card/instances/createAndDeliver",
    ):
        assert what in shown
    everything = repr(list(server.tenant.wire))
    for secret in (SECRET, caller.token, bot.payload()["sessionWebhook"].split("=")[1]):
        assert secret not in everything
