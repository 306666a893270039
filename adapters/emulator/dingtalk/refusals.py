"""The two shapes in which DingTalk says no: an HTTP status with a code, or 200 with an errcode (§3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any
from urllib.parse import quote
from uuid import uuid4


class Family(Enum):
    NEW = "api.dingtalk.com"
    OLD = "oapi.dingtalk.com"


class Refusal(Exception):
    """Raised by whatever finds the fault; the gate writes it out."""

    def __init__(self, status: int, code: str, body: Mapping[str, Any]) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.body = body


def refuse(code: str, message: str = "", *, status: int = 400, **extra: Any) -> Refusal:
    """As the new host words it."""
    # The key is spelled "requestid", all in lower case.
    body = {"code": code, "message": message or code, "requestid": str(uuid4()).upper(), **extra}
    return Refusal(status, code, body)


def refuse_old(errcode: int, errmsg: str, **extra: Any) -> Refusal:
    """As the old host words it: always HTTP 200."""
    return Refusal(200, str(errcode), {"errcode": errcode, "errmsg": errmsg, **extra})


def bad_token(family: Family, status: int, *, expired: bool) -> Refusal:
    if family is Family.NEW:
        return refuse("InvalidAuthentication", "不合法的access_token", status=status)
    if expired:
        return refuse_old(42001, "access_token超时")
    return refuse_old(40014, "不合法的access_token")


def too_fast(family: Family) -> Refusal:
    if family is Family.NEW:
        code = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"
        return refuse(code, "您的应用调用该接口超过QPS限制", status=403)
    return refuse_old(90018, "您的服务器调用钉钉开放平台当前接口的所有请求都被暂时禁用了")


def quota_spent(family: Family) -> Refusal:
    if family is Family.NEW:
        code = "Forbidden.AccessDenied.ApiCountLimitForOrg"
        return refuse(code, "该组织的API调用量已超过本月上限", status=403)
    return refuse_old(90020, "该组织的API调用量已超过本月上限")


def address_refused(family: Family, address: str) -> Refusal:
    message = f"访问ip不在白名单之中,请求ip={address}"
    if family is Family.NEW:
        return refuse("Forbidden.AccessDenied.IpNotInWhiteList", message, status=403)
    return refuse_old(60020, message)


def scope_missing(family: Family, client_id: str, scope: str) -> Refusal:
    apply = f"https://open-dev.dingtalk.com/appscope/apply?content={client_id}%23{quote(scope)}"
    message = f"应用尚未开通所需的权限：[{scope}]，点击链接申请并开通即可：{apply}"
    if family is Family.NEW:
        code = "Forbidden.AccessDenied.AccessTokenPermissionDenied"
        return refuse(code, message, status=403, accessdenieddetail={"requiredScopes": [scope]})
    detail = f"ding talk error[subcode=60011,submsg={message}]"
    return refuse_old(88, detail, sub_code="60011", sub_msg=message)
