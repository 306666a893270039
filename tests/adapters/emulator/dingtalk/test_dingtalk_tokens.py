from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.emulator.dingtalk.server import DingTalkServer
from tests.adapters.emulator.dingtalk.bots import SECRET, Caller

NEW = "/v1.0/oauth2/accessToken"
ANY_NEW_API = "/v1.0/contact/users/search"
ANY_OLD_API = "/topapi/v2/user/getbymobile"


@pytest.fixture(name="old_token")
async def _old_token(caller: Caller) -> str:
    answer = await caller.call("/gettoken", method="GET", appkey="dingabc", appsecret=SECRET)
    token: str = answer["access_token"]
    return token


async def test_asking_again_gives_the_same_token_with_a_full_life(
    server: DingTalkServer, caller: Caller
) -> None:
    server.tenant.clock.advance(timedelta(hours=1))
    answer = await caller.call(NEW, {"appKey": "dingabc", "appSecret": SECRET})
    assert (answer["accessToken"], answer["expireIn"]) == (caller.token, 7200)


async def test_without_renewal_the_rest_of_the_life_is_told(server: DingTalkServer, caller: Caller) -> None:
    server.switches.token_renews = False
    server.tenant.clock.advance(timedelta(hours=1))
    answer = await caller.call(NEW, {"appKey": "dingabc", "appSecret": SECRET})
    assert (answer["accessToken"], answer["expireIn"]) == (caller.token, 3600)


async def test_both_kinds_of_token_are_good_on_both_hosts(caller: Caller, old_token: str) -> None:
    caller.token = old_token
    assert (await caller.call(ANY_NEW_API, {"queryWord": "张"}))["http"] == 200
    mobile = {"mobile": "13800000001"}
    new = await caller.call(NEW, {"appKey": "dingabc", "appSecret": SECRET})
    answer = await caller.call(ANY_OLD_API, mobile, access_token=new["accessToken"])
    assert answer["errcode"] == 0


async def test_the_corp_token_needs_the_right_corp(caller: Caller) -> None:
    body = {"client_id": "dingabc", "client_secret": SECRET, "grant_type": "client_credentials"}
    assert (await caller.call("/v1.0/oauth2/dingcorp/token", body))["access_token"] == caller.token
    assert await caller.code("/v1.0/oauth2/dingother/token", body) == (400, "invalidClientIdOrSecret")
    wrong = body | {"grant_type": "password"}
    assert await caller.code("/v1.0/oauth2/dingcorp/token", wrong) == (400, "invalidGrantType")


async def test_a_wrong_secret_is_refused_in_each_host_s_own_way(caller: Caller) -> None:
    assert await caller.code(NEW, {"appKey": "dingabc", "appSecret": "x"}) == (400, "invalidClientIdOrSecret")
    assert await caller.code("/gettoken", method="GET", appkey="dingabc", appsecret="x") == (200, 40089)


async def test_a_missing_field_is_named_by_the_gateway(caller: Caller) -> None:
    assert await caller.code(NEW, {"appKey": "dingabc"}) == (400, "MissingappSecret")
    assert await caller.code(NEW, {"appKey": 7, "appSecret": SECRET}) == (400, "Invalidbody")


@pytest.mark.parametrize("status", [400, 401])
async def test_a_dead_token_is_refused(server: DingTalkServer, caller: Caller, status: int) -> None:
    server.switches.bad_token_status = status
    server.tenant.clock.advance(timedelta(seconds=7200))
    assert await caller.code(ANY_NEW_API, {"queryWord": "张"}) == (status, "InvalidAuthentication")
    assert await caller.code(ANY_OLD_API, {"mobile": "1"}, access_token=caller.token) == (200, 42001)
    assert await caller.code(ANY_OLD_API, {"mobile": "1"}, access_token="never") == (200, 40014)


async def test_tokens_can_be_ended_early_and_the_next_one_is_new(
    server: DingTalkServer, caller: Caller
) -> None:
    before = caller.token
    server.tokens.expire()
    await caller.sign_in()
    assert caller.token != before
