"""The way of every HTTP call: hooks, faults, allow-list, token, rate, quota, permission, then the work."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp import web

from adapters.emulator.dingtalk.calls import Api, Call, Json, Upload, json_body
from adapters.emulator.dingtalk.faults import BLOCKED_BODY, BLOCKED_PAGE, Fault, Faults, Trouble, reset
from adapters.emulator.dingtalk.masking import masked
from adapters.emulator.dingtalk.rate import Rate
from adapters.emulator.dingtalk.refusals import (
    Family,
    Refusal,
    address_refused,
    bad_token,
    quota_spent,
    refuse,
    scope_missing,
    too_fast,
)
from adapters.emulator.dingtalk.tenant import RefusedCall, Tenant
from adapters.emulator.dingtalk.tokens import Tokens
from adapters.emulator.wire import Passed

Hook = Callable[[str, bytes], Awaitable[None]]
UNKNOWN_FIELD = {"unknownToClients": {"since": "tomorrow"}}
_MOST_BYTES = 24 * 1024 * 1024


class Gate:
    def __init__(self, tenant: Tenant, tokens: Tokens, faults: Faults) -> None:
        self._tenant = tenant
        self._tokens = tokens
        self._faults = faults
        self._rate = Rate()
        self.on_call: Hook | None = None
        self.after_call: Hook | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Slow answers go out at once."""
        self._stopping.set()

    def route(self, api: Api) -> web.RouteDef:
        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(api, request)

        return web.route(api.method, api.path, serve)

    async def _serve(self, api: Api, request: web.Request) -> web.StreamResponse:
        call = await _read(request)
        trouble = self._faults.take(request.path)
        if self.on_call:
            await self.on_call(call.path, call.raw)
        instead = _instead(trouble, request)
        if instead is not None:
            self._note(api, call, instead)
            return instead
        answer = self._answer(api, call, trouble)
        self._note(api, call, answer)
        if self.after_call:
            await self.after_call(call.path, call.raw)
        return await self._delayed(trouble, request, answer)

    def _answer(self, api: Api, call: Call, trouble: Trouble | None) -> web.Response:
        try:
            call = self._admitted(api, call, trouble)
            answer = api.handler(call)
        except Refusal as refusal:
            self._tenant.refused.append(
                RefusedCall(api.name, refusal.code, refusal.status, self._tenant.now())
            )
            return _json(dict(refusal.body), refusal.status)
        if isinstance(answer, web.Response):
            return answer
        return _json(answer | UNKNOWN_FIELD if self._tenant.switches.extra_fields else answer)

    def _admitted(self, api: Api, call: Call, trouble: Trouble | None) -> Call:
        """``call`` with its body parsed, or the refusal that the gateway would write."""
        family, switches = api.family, self._tenant.switches
        seen = switches.seen_ip or call.remote
        if switches.allowed_ips is not None and seen not in switches.allowed_ips:
            raise address_refused(family, seen)
        if api.token:
            self._check_token(family, call, trouble)
        self._check_rate(api, trouble)
        self._check_quota(api, trouble)
        self._check_scope(api)
        return _parsed(api, call)

    def _check_token(self, family: Family, call: Call, trouble: Trouble | None) -> None:
        lies = trouble is not None and trouble.fault is Fault.SIGNED_OUT
        if lies or not self._tokens.lives(call.token):
            expired = self._tokens.was_known(call.token)
            raise bad_token(family, self._tenant.switches.bad_token_status, expired=expired)

    def _check_rate(self, api: Api, trouble: Trouble | None) -> None:
        planned = trouble is not None and trouble.fault is Fault.TOO_FAST
        if planned or not self._rate.admits(api.name, self._tenant.switches.qps, self._tenant.now()):
            raise too_fast(api.family)

    def _check_quota(self, api: Api, trouble: Trouble | None) -> None:
        if not api.metered:
            return
        limit, month = self._tenant.switches.monthly_calls, self._tenant.month()
        planned = trouble is not None and trouble.fault is Fault.QUOTA
        if planned or (limit and self._tenant.calls.total(month) >= limit):
            raise quota_spent(api.family)
        self._tenant.calls.add(month, api.name)

    def _check_scope(self, api: Api) -> None:
        granted = self._tenant.scopes
        if api.scope and granted is not None and api.scope not in granted:
            raise scope_missing(api.family, self._tenant.app.client_id, api.scope)

    async def _delayed(
        self, trouble: Trouble | None, request: web.Request, answer: web.Response
    ) -> web.Response:
        match trouble:
            case Trouble(fault=Fault.SLOW, seconds=seconds):
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), seconds)
            case Trouble(fault=Fault.RESET_AFTER):
                return reset(request)
        return answer

    def _note(self, api: Api, call: Call, answer: web.Response) -> None:
        self._tenant.requests.append(api.name)
        passed = Passed(
            self._tenant.now(),
            "dingtalk",
            False,
            f"{api.method} {call.path}",
            masked(_shown(call.raw) or dict(call.query)),
            masked(_shown(answer.body)),
        )
        self._tenant.wire.note(passed)


async def _read(request: web.Request) -> Call:
    multipart = request.content_type == "multipart/form-data"
    form = await _form(request) if multipart else {}
    raw = b"" if multipart else await request.read()
    return Call(
        path=request.path,
        raw=raw,
        remote=request.remote or "",
        headers=request.headers,
        query=request.query,
        parts=request.match_info,
        form=form,
    )


async def _form(request: web.Request) -> dict[str, str | Upload]:
    posted = await request.clone(client_max_size=_MOST_BYTES).post()
    return {name: _field(value) for name, value in posted.items()}


def _field(value: str | bytes | bytearray | web.FileField) -> str | Upload:
    if isinstance(value, web.FileField):
        with value.file as file:
            return Upload(value.filename, file.read())
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def _parsed(api: Api, call: Call) -> Call:
    if api.method == "GET" or call.form:
        return call
    empty = not (call.raw.strip() or call.query)
    if empty and api.family is Family.NEW and api.method in ("POST", "PUT"):
        raise refuse("Missingbody", "body is mandatory for this action.")
    return Call(
        call.path,
        call.raw,
        call.remote,
        call.headers,
        call.query,
        call.parts,
        json_body(call.raw, api.family),
    )


def _instead(trouble: Trouble | None, request: web.Request) -> web.Response | None:
    """What is answered without doing the work."""
    match trouble:
        case Trouble(fault=Fault.UNAVAILABLE):
            refusal = refuse("ServiceUnavailable", "服务暂不可用", status=503)
            return _json(dict(refusal.body), refusal.status)
        case Trouble(fault=Fault.UNAUTHORIZED):
            refusal = refuse("authFailed", "鉴权失败", status=401)
            return _json(dict(refusal.body), refusal.status)
        case Trouble(fault=Fault.HTML):
            return web.Response(text=BLOCKED_PAGE, content_type="text/html")
        case Trouble(fault=Fault.BLOCKED):
            return _json(BLOCKED_BODY)
        case Trouble(fault=Fault.RESET_BEFORE):
            return reset(request)
        case _:
            return None


def _json(body: Json, status: int = 200) -> web.Response:
    return web.Response(
        text=json.dumps(body, ensure_ascii=False), status=status, content_type="application/json"
    )


def _shown(body: object) -> Any:
    if not isinstance(body, bytes):
        return None
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body[:2000].decode("utf-8", "replace")
