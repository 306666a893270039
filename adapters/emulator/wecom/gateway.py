"""The one gate of /cgi-bin/: faults, token, body, work, answer, and a note in the wire for each call."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from adapters.emulator.wecom.faults import Fault, Kind
from adapters.emulator.wecom.masking import masked, masked_query
from adapters.emulator.wecom.refusal import Refusal, errmsg
from adapters.emulator.wecom.shape import Node
from adapters.emulator.wecom.state import Hook, Refused, State
from adapters.emulator.wire import Passed

_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")
_BROKEN_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    query: Mapping[str, str]
    raw: bytes
    content_type: str
    address: str  # the caller's, as Tencent sees it
    body: Node
    good_json: bool

    @property
    def is_form(self) -> bool:
        return "multipart/" in self.content_type


@dataclass(frozen=True)
class Binary:
    """An answer that is a file and not JSON."""

    data: bytes
    name: str


Answer = Mapping[str, Any] | Binary
Work = Callable[[Call], Answer]


class Gateway:
    def __init__(self, state: State) -> None:
        self._state = state

    def with_token(self, work: Work) -> Work:
        """``work`` for callers that show a good access_token from an address that is trusted."""

        def guarded(call: Call) -> Answer:
            self._state.tokens.check(call.query.get("access_token", ""))
            if self._state.switches.untrusted_ip:
                raise Refusal(60020)
            return work(call)

        return guarded

    def handler(self, work: Work) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._pass(request, work)

        return handle

    async def _pass(self, request: web.Request, work: Work) -> web.StreamResponse:
        call = await self._read(request)
        await _tell(self._state.on_call, call)
        await asyncio.sleep(self._state.faults.delay_of(call.path))
        fault = self._state.faults.take(call.path)
        if fault and fault.kind in (Kind.BAD_GATEWAY, Kind.RESET_BEFORE):
            self._note(call, {}, fault)
            return await _break(request, fault)
        answer = self._answer(call, work, fault)
        self._note(call, answer, fault)
        await _tell(self._state.after_call, call)
        if fault and fault.kind.after_the_work:
            return await _break(request, fault)
        if isinstance(answer, Binary):
            return await self._state.faults.files.answer(request, _file(answer))
        return _response(answer)

    async def _read(self, request: web.Request) -> Call:
        raw = await request.read()
        address = self._state.switches.untrusted_ip or request.remote or ""
        content_type = request.headers.get("Content-Type", "")
        value, good_json = _json(raw) if _has_json(request) else ({}, True)
        body = Node(value, "", report=self._state.defect)
        query = dict(request.query)
        return Call(request.method, request.path, query, raw, content_type, address, body, good_json)

    def _answer(self, call: Call, work: Work, fault: Fault | None) -> Answer:
        try:
            self._check_door(call, fault)
            answer = work(call)
        except Refusal as refusal:
            answer = self._refuse(call, refusal)
        return answer if isinstance(answer, Binary) else {"errcode": 0, "errmsg": "ok"} | dict(answer)

    def _check_door(self, call: Call, fault: Fault | None) -> None:
        if fault and fault.kind is Kind.ERRCODE:
            raise Refusal(fault.errcode)
        if not self._state.per_minute.take("calls", self._state.switches.limits.calls_per_minute):
            raise Refusal(45009)
        escaped = not call.is_form and _ESCAPE.search(call.raw)
        if escaped and self._state.switches.refuse_unicode_escapes:
            raise Refusal(40033)

    def _refuse(self, call: Call, refusal: Refusal) -> Mapping[str, Any]:
        now = self._state.clock.now()
        text = errmsg(refusal, now, call.address, bad_json=not call.good_json)
        path = call.path.removeprefix("/cgi-bin/")
        self._state.refused.append(Refused(now, path, refusal.errcode, text, call.body.value))
        return {"errcode": refusal.errcode, "errmsg": text}

    def _note(self, call: Call, answer: Answer, fault: Fault | None) -> None:
        what = f"{call.method} {call.path}{masked_query(call.query)}"
        body = {"form": f"{len(call.raw)} bytes"} if call.is_form else masked(call.body.value)
        told = _told(answer) | ({"fault": fault.kind.value} if fault else {})
        self._state.wire.note(Passed(self._state.clock.now(), "wecom", False, what, body, told))


def _told(answer: Answer) -> dict[str, Any]:
    if isinstance(answer, Binary):
        return {"file": answer.name, "bytes": len(answer.data)}
    return dict(masked(answer))


def _has_json(request: web.Request) -> bool:
    return request.method == "POST" and request.content_type != "multipart/form-data"


def _json(raw: bytes) -> tuple[Any, bool]:
    """Tencent takes a body it cannot read for an empty one, and adds a warning to the errmsg it ends in."""
    try:
        value = json.loads(raw)
    except ValueError:
        return {}, False
    return (value, True) if isinstance(value, dict) else ({}, False)


async def _tell(hook: Hook | None, call: Call) -> None:
    if hook:
        await hook(call.path, call.raw)


async def _break(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.kind is Kind.BAD_GATEWAY:
        return web.Response(status=502, text=_BROKEN_GATEWAY, content_type="text/html")
    if fault.kind is Kind.LOST_ANSWER:
        await _hung_up(request)
    elif request.transport:
        request.transport.abort()
    return web.Response()


async def _hung_up(request: web.Request) -> None:
    while request.transport and not request.transport.is_closing():  # noqa: ASYNC110  nothing tells of it
        await asyncio.sleep(0.02)


def _file(answer: Binary) -> web.Response:
    disposition = f'attachment; filename="{answer.name}"'
    return web.Response(body=answer.data, headers={"Content-Disposition": disposition})


def _response(answer: Mapping[str, Any]) -> web.Response:
    return web.json_response(answer, dumps=lambda value: json.dumps(value, ensure_ascii=False))
