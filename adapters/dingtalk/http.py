"""One request, one JSON answer; every way to fail has a name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, FormData

from adapters.chat import RateLimited, Unreachable
from adapters.dingtalk.payload import Undecodable, json_object, number_at

TIMEOUT = ClientTimeout(total=10)  # the platform itself gives up after about three (§3.2)
TRANSFER_TIMEOUT = ClientTimeout(total=60, sock_connect=10)
_MOST = 1 << 20


@dataclass(frozen=True)
class Answer:
    status: int
    body: Mapping[str, Any]


async def ask(
    session: ClientSession,
    method: str,
    url: str,
    *,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
) -> Answer:
    """Raises Unreachable; no address gets into its text, since queries carry tokens."""
    # Without "Accept" the gateway answers XML (§1.1).
    sent = {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})}
    data = None if body is None else dumps(body).encode()
    try:
        async with session.request(
            method, url, data=data, headers=sent, params=params, timeout=TIMEOUT, allow_redirects=False
        ) as response:
            return Answer(response.status, _object(response.status, await response.content.read(_MOST)))
    except (ClientError, TimeoutError, OSError) as error:
        raise Unreachable(f"no answer: {type(error).__name__}") from None


async def post_form(session: ClientSession, url: str, form: FormData, params: Mapping[str, str]) -> Answer:
    """An upload. Raises Unreachable."""
    headers = {"Accept": "application/json"}
    try:
        async with session.post(
            url, data=form, params=params, headers=headers, timeout=TRANSFER_TIMEOUT, allow_redirects=False
        ) as response:
            return Answer(response.status, _object(response.status, await response.content.read(_MOST)))
    except (ClientError, TimeoutError, OSError) as error:
        raise Unreachable(f"no answer: {type(error).__name__}") from None


def dumps(value: object) -> str:
    """Compact and in plain characters: limits count bytes, and "\\u6253" is twice as long as 打."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _object(status: int, raw: bytes) -> Mapping[str, Any]:
    """A blocked address gets an HTML page or a body of its own, also with status 200 (§3.2)."""
    try:
        body = json_object(raw.decode())
    except (Undecodable, UnicodeDecodeError):
        raise Unreachable(f"HTTP {status} without JSON") from None
    if "punish" in body and "uuid" in body:
        raise RateLimited(60.0 * (number_at(body, "wait") or 5), "1111")
    return body
