"""Which refusal asks for what (dossier §3.2, §3.7, §3.9, §4.1)."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.chat import (
    EditSpent,
    Misconfigured,
    NotReachable,
    PlaceGone,
    PlatformError,
    QuotaSpent,
    RateLimited,
    Rejected,
    Unreachable,
)
from adapters.dingtalk.errors import (
    AlreadyThere,
    TokenRefused,
    new_api_refusal,
    old_api_refusal,
    opening_refusal,
    webhook_refusal,
)

_FORBIDDEN = "Forbidden.AccessDenied."


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "InvalidAuthentication", TokenRefused),
        (401, "InvalidAuthentication", TokenRefused),
        (401, "", TokenRefused),
        (403, _FORBIDDEN + "QpsLimitForAppkeyAndApi", RateLimited),
        (403, _FORBIDDEN + "QpsLimitForApi", RateLimited),
        (429, "", RateLimited),
        (400, "send.too.fast", RateLimited),
        (400, "too.many.group", RateLimited),
        (403, _FORBIDDEN + "ApiCountLimitForOrg", QuotaSpent),
        (403, _FORBIDDEN + "AccessTokenPermissionDenied", Misconfigured),
        (403, _FORBIDDEN + "IpNotInWhiteList", Misconfigured),
        (400, "invalidClientIdOrSecret", Misconfigured),
        (400, "invalidParameter.robotCode.notExsit", Misconfigured),
        (400, "param.templateNotExist", Misconfigured),
        (400, "templateNotExist", Misconfigured),
        (400, "param.cardAlreadyExist", AlreadyThere),
        (400, "param.cardNotExist", EditSpent),
        (400, "group.disbanded", PlaceGone),
        (400, "staffId.notExisted", NotReachable),
        (400, "resource.unavailable", PlaceGone),
        (400, "invalidParameter.robotCode.downloadCode", Rejected),
        (400, "MissingStringValue", Rejected),
        (400, "contain.notAllowed.text", Rejected),
        (404, "", Rejected),
        (500, "system.error", Unreachable),
        (400, "system.busy", Unreachable),
        (503, "ServiceUnavailable", Unreachable),
        (502, "", Unreachable),
    ],
)
def test_new_api(status: int, code: str, kind: type[Exception]) -> None:
    assert type(new_api_refusal(status, {"code": code, "message": "…"})) is kind


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (40014, TokenRefused),
        (42001, TokenRefused),
        (33, TokenRefused),
        (90018, RateLimited),
        (90002, RateLimited),
        (90020, QuotaSpent),
        (60020, Misconfigured),
        (60011, Misconfigured),
        (88, Misconfigured),
        (60121, NotReachable),
        (50002, NotReachable),
        (-1, Unreachable),
        (40035, Rejected),
    ],
)
def test_old_api(number: int, kind: type[Exception]) -> None:
    assert type(old_api_refusal(number, "…")) is kind


@pytest.mark.parametrize(
    ("number", "message", "kind"),
    [
        (310000, "keywords not in content", Misconfigured),
        (310000, "sign not match", Misconfigured),
        (310000, "invalid ip 1.2.3.4", Misconfigured),
        (300001, "token is not exist", Misconfigured),
        (400013, "group disbanded", NotReachable),
        (130101, "send too fast, exceed 20 times per minute", RateLimited),
        (410100, "quota", QuotaSpent),
        (400105, "unsupported msgtype", Rejected),
    ],
)
def test_custom_robots(number: int, message: str, kind: type[Exception]) -> None:
    assert type(webhook_refusal(number, message, "运维群")) is kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"code": "authFailed", "message": "鉴权失败"}, Misconfigured),
        (400, {"code": "robotNotPublished"}, Misconfigured),
        (400, {}, Misconfigured),
        (403, {"code": _FORBIDDEN + "IpNotInWhiteList", "message": "1.2.3.4"}, Misconfigured),
        (503, {"code": "ServiceUnavailable"}, Unreachable),
        (404, {}, Rejected),
    ],
)
def test_opening_a_stream(status: int, body: dict[str, Any], kind: type[PlatformError]) -> None:
    assert type(opening_refusal(status, body)) is kind


def _fix(body: dict[str, Any]) -> str:
    error = new_api_refusal(403, body)
    assert isinstance(error, Misconfigured)
    return error.fix


def test_a_missing_permission_names_scope_and_link() -> None:
    link = "https://open-dev.dingtalk.com/appscope/apply?content=dingapp01%23Card.Instance.Write"
    fix = _fix(
        {
            "code": _FORBIDDEN + "AccessTokenPermissionDenied",
            "message": f"应用尚未开通所需的权限：[Card.Instance.Write]，点击链接申请：{link}",
            "accessdenieddetail": {"requiredScopes": ["Card.Instance.Write", "qyapi_robot_sendmsg"]},
        }
    )
    assert "Card.Instance.Write、qyapi_robot_sendmsg" in fix
    assert f"{link}，" in fix


def test_a_missing_permission_without_details_still_says_what_to_do() -> None:
    assert "权限管理" in _fix({"code": _FORBIDDEN + "AccessTokenPermissionDenied", "message": "denied"})


def test_a_refused_address_is_named() -> None:
    fix = _fix(
        {"code": _FORBIDDEN + "IpNotInWhiteList", "message": "request ip=203.0.113.9 not in whitelist"}
    )
    assert "203.0.113.9" in fix
    assert "IPv6" not in fix


def test_a_refused_ipv6_address_gets_the_hint() -> None:
    fix = _fix({"code": _FORBIDDEN + "IpNotInWhiteList", "message": "访问ip:2408:4002:1::9 不在白名单"})
    assert "IPv6" in fix
