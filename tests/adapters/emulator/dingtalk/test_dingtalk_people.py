"""The contact directory and signing in."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.emulator.dingtalk.contacts import Department
from adapters.emulator.dingtalk.server import DingTalkServer
from tests.adapters.emulator.dingtalk.bots import SECRET, Caller, Json

USER_TOKEN = "/v1.0/oauth2/userAccessToken"
ME = "/v1.0/contact/users/me"


async def old(caller: Caller, path: str, body: Json) -> Json:
    return await caller.call(path, body, access_token=caller.token)


async def test_a_profile_has_what_the_company_knows(caller: Caller) -> None:
    answer = await old(caller, "/topapi/v2/user/get", {"userid": "lisi01"})
    profile = answer["result"]
    assert (profile["name"], profile["title"], profile["mobile"]) == ("李四", "工程师", "13800000002")
    assert (profile["unionid"], profile["dept_id_list"]) == ("union-lisi01", [1])


async def test_the_mobile_is_a_permission_of_its_own(server: DingTalkServer, caller: Caller) -> None:
    server.tenant.scopes = {"qyapi_get_member"}
    answer = await old(caller, "/topapi/v2/user/get", {"userid": "lisi01"})
    assert answer["errcode"] == 0
    assert "mobile" not in answer["result"]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/topapi/v2/user/getbymobile", {"mobile": "13800000001"}, {"userid": "zhangsan"}),
        ("/topapi/user/getbyunionid", {"unionid": "union-lisi01"}, {"userid": "lisi01", "contact_type": 0}),
        ("/topapi/user/getbyunionid", {"unionid": "customer"}, {"userid": "customer", "contact_type": 1}),
        ("/topapi/user/listid", {"dept_id": 1}, {"userid_list": ["wangfang"]}),
        ("/topapi/v2/department/listsubid", {"dept_id": 1}, {"dept_id_list": [2]}),
        ("/topapi/v2/department/get", {"dept_id": "2"}, {"dept_id": 2, "name": "IT", "parent_id": 1}),
        (
            "/topapi/v2/department/listsub",
            {"dept_id": 1},
            [{"dept_id": 2, "name": "IT", "parent_id": 1}],
        ),
        (
            "/topapi/v2/department/listparentbyuser",
            {"userid": "lisi01"},
            {"parent_list": [{"parent_dept_id_list": [2, 1]}]},
        ),
    ],
)
async def test_look_ups(
    server: DingTalkServer, caller: Caller, path: str, body: Json, expected: object
) -> None:
    server.contacts.departments[2] = Department(2, "IT", 1, ("lisi01", "zhangsan"))
    server.tenant.outsiders["customer"] = "客户"
    answer = await old(caller, path, body)
    assert (answer["errcode"], answer["result"]) == (0, expected)


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        ("/topapi/v2/user/get", {"userid": "ghost"}, 60121),
        ("/topapi/v2/user/get", {}, 40035),
        ("/topapi/v2/user/getbymobile", {"mobile": "1"}, 60121),
        ("/topapi/user/getbyunionid", {"unionid": "x"}, 60122),
        ("/topapi/v2/user/list", {"dept_id": 9}, 60003),
        ("/topapi/v2/user/list", {"dept_id": 1, "size": 101}, 40035),
        ("/topapi/v2/user/list", {"dept_id": None}, 40035),
    ],
)
async def test_refused_look_ups(caller: Caller, path: str, body: Json, errcode: int) -> None:
    assert (await old(caller, path, body))["errcode"] == errcode


async def test_members_come_in_pages(caller: Caller) -> None:
    first = (await old(caller, "/topapi/v2/user/list", {"dept_id": 1, "cursor": 0, "size": 2}))["result"]
    assert [person["userid"] for person in first["list"]] == ["zhangsan", "lisi01"]
    rest = await old(
        caller, "/topapi/v2/user/list", {"dept_id": 1, "cursor": first["next_cursor"], "size": 2}
    )
    assert [person["userid"] for person in rest["result"]["list"]] == ["wangfang"]
    assert rest["result"]["has_more"] is False


async def test_who_is_out_of_range_is_told_apart_from_nobody(server: DingTalkServer, caller: Caller) -> None:
    server.tenant.visible = {"zhangsan"}
    assert (await old(caller, "/topapi/v2/user/get", {"userid": "lisi01"}))["errcode"] == 50002


async def test_people_are_found_by_name(caller: Caller) -> None:
    answer = await caller.call("/v1.0/contact/users/search", {"queryWord": "李", "offset": 0, "size": 10})
    assert answer["list"] == ["lisi01"]
    exact = await caller.call("/v1.0/contact/users/search", {"queryWord": "李", "fullMatchField": 1})
    assert exact["list"] == []


# ── signing in ──────────────────────────────────────────────────────────────────────────────────────


def auth(**changes: str) -> dict[str, str]:
    query = {
        "redirect_uri": "http://127.0.0.1:1/back",
        "response_type": "code",
        "client_id": "dingabc",
        "scope": "openid",
        "state": "s1",
        "prompt": "consent",
    }
    return query | changes


async def sign_in(server: DingTalkServer, caller: Caller, who: str) -> dict[str, list[str]]:
    address = f"{server.base_url}/oauth2/auth"
    async with caller.http.get(address, params=auth(**{"as": who}), allow_redirects=False) as response:
        assert response.status == 302
        return parse_qs(urlsplit(response.headers["Location"]).query)


async def test_the_page_offers_everybody_and_leads_back(server: DingTalkServer, caller: Caller) -> None:
    async with caller.http.get(f"{server.base_url}/oauth2/auth", params=auth()) as response:
        page = await response.text()
    assert "李四" in page
    assert "as=lisi01" in page
    assert (await sign_in(server, caller, "lisi01"))["state"] == ["s1"]


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "x"},
        {"response_type": "token"},
        {"scope": ""},
        {"redirect_uri": "http://evil"},
        {"as": "ghost"},
    ],
)
async def test_the_page_refuses_wrong_addresses(
    server: DingTalkServer, caller: Caller, change: dict[str, str]
) -> None:
    server.login.redirects = {"http://127.0.0.1:1/back"}
    async with caller.http.get(f"{server.base_url}/oauth2/auth", params=auth(**change)) as response:
        assert response.status == 400


async def test_a_code_becomes_a_user_token_once(server: DingTalkServer, caller: Caller) -> None:
    code = (await sign_in(server, caller, "lisi01"))["authCode"][0]
    body = {"clientId": "dingabc", "clientSecret": SECRET, "code": code, "grantType": "authorization_code"}
    answer = await caller.call(USER_TOKEN, body)
    assert (answer["expireIn"], answer["corpId"]) == (7200, "dingcorp")
    assert await caller.code(USER_TOKEN, body) == (400, "invalidCode")
    refresh = body | {"grantType": "refresh_token", "refreshToken": answer["refreshToken"]}
    caller.token = (await caller.call(USER_TOKEN, refresh))["accessToken"]
    me = await caller.call(ME, method="GET")
    assert (me["nick"], me["unionId"], me["mobile"]) == ("李四", "union-lisi01", "13800000002")


async def test_refusals_of_user_tokens(server: DingTalkServer, caller: Caller) -> None:
    code = server.login.code_for("lisi01")
    body = {"clientId": "dingabc", "clientSecret": SECRET, "code": code, "grantType": "authorization_code"}
    wrong = body | {"clientSecret": "x"}
    assert await caller.code(USER_TOKEN, wrong) == (400, "invalidClientIdOrSecret")
    assert await caller.code(USER_TOKEN, body | {"grantType": "password"}) == (400, "invalidGrantType")
    server.tenant.clock.advance(timedelta(minutes=5))
    assert await caller.code(USER_TOKEN, body) == (400, "invalidCode")


async def test_the_app_s_token_is_no_user_token(caller: Caller) -> None:
    assert await caller.code(ME, method="GET") == (400, "InvalidAuthentication")


async def test_somebody_from_outside_can_sign_in_but_is_external(
    server: DingTalkServer, caller: Caller
) -> None:
    server.tenant.outsiders["customer"] = "客户"
    app_token = caller.token
    body = {"clientId": "dingabc", "clientSecret": SECRET, "grantType": "authorization_code"}
    body["code"] = (await sign_in(server, caller, "customer"))["authCode"][0]
    caller.token = (await caller.call(USER_TOKEN, body))["accessToken"]
    me = await caller.call(ME, method="GET")
    caller.token = app_token
    found = await old(caller, "/topapi/user/getbyunionid", {"unionid": me["unionId"]})
    assert found["result"]["contact_type"] == 1


async def test_the_code_inside_the_client_tells_who_it_is(server: DingTalkServer, caller: Caller) -> None:
    code = server.login.code_for("lisi01")
    answer = await old(caller, "/topapi/v2/user/getuserinfo", {"code": code})
    assert (answer["result"]["userid"], answer["result"]["name"]) == ("lisi01", "李四")
    assert (await old(caller, "/topapi/v2/user/getuserinfo", {"code": code}))["errcode"] == 40078
