"""One question to WeCom over HTTP and its answer. Knows neither tokens nor what is asked.

WeCom answers 200 with an ``errcode``, gateways answer HTML, and sometimes nothing comes. Only a readable
answer with a number counts as one; everything else is Unreachable: whether it arrived is unknown.
Addresses carry tokens and keys, so no error text of the HTTP library is passed on (reference §9.2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from adapters.chat import Sink, Unreachable
from adapters.pouring import PIECE, pour
from adapters.wecom import capped
from adapters.wecom.capped import read_capped
from adapters.wecom.errors import OK, error_for

TIMEOUT = aiohttp.ClientTimeout(total=10)
TRANSFER_TIMEOUT = aiohttp.ClientTimeout(total=60)
MAX_ANSWER = 4 * 1024 * 1024  # a department of some thousand members
_LOST = (aiohttp.ClientError, TimeoutError, OSError)


@dataclass(frozen=True)
class Question:
    """``query`` is secret. ``body`` is JSON, ``form`` a multipart upload; without both it is a GET."""

    url: str
    query: Mapping[str, str] = field(repr=False)
    body: Mapping[str, Any] | None = None
    form: aiohttp.FormData | None = None

    @property
    def method(self) -> str:
        return "GET" if self.body is None and self.form is None else "POST"

    @property
    def name(self) -> str:
        return self.url.partition("/cgi-bin/")[2]

    def without_secrets(self, text: str) -> str:
        """What WeCom says may quote what it was given, and goes into logs."""
        given = [*self.query.values(), str((self.body or {}).get("response_code", ""))]
        for secret in filter(None, given):
            text = text.replace(secret, "***")
        return text


@dataclass(frozen=True)
class Answer:
    code: int
    body: Mapping[str, Any]
    message: str = ""

    def text(self, name: str) -> str:
        value = self.body.get(name)
        return value if isinstance(value, str) else ""

    def ok(self) -> Answer:
        """Itself. Raises what its number means."""
        if self.code != OK:
            raise error_for(self.code, self.message)
        return self


async def ask(session: aiohttp.ClientSession, question: Question) -> Answer:
    """Raises Unreachable."""
    try:
        async with _sent(session, question, TRANSFER_TIMEOUT if question.form else TIMEOUT) as response:
            raw = await read_capped(response.content, MAX_ANSWER, announced=response.content_length)
            return read_answer(raw, response.status, question)
    except (*_LOST, capped.TooBig) as lost:
        raise Unreachable(f"{question.name}: {type(lost).__name__}") from None


async def download(session: aiohttp.ClientSession, question: Question, into: Sink, limit: int) -> Answer:
    """The file into ``into``. Raises Unreachable, and TooBig for more than ``limit`` bytes.

    media/get answers a refusal as JSON with status 200, sometimes labelled as text (the page on media/get).
    """
    try:
        async with _sent(session, question, TRANSFER_TIMEOUT) as response:
            if _is_file(response):
                pieces = response.content.iter_chunked(PIECE)
                await pour(pieces, into, limit, announced=response.content_length)
                return Answer(OK, {})
            raw = await read_capped(response.content, MAX_ANSWER, announced=response.content_length)
            return read_answer(raw, response.status, question)
    except (*_LOST, capped.TooBig) as lost:
        raise Unreachable(f"{question.name}: {type(lost).__name__}") from None


def read_answer(raw: bytes, status: int, question: Question) -> Answer:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unreachable(f"{question.name}: status {status}, not JSON") from None
    code = body.get("errcode", OK if "media_id" in body else None) if isinstance(body, dict) else None
    if not isinstance(code, int):
        raise Unreachable(f"{question.name}: status {status}, no errcode")
    return Answer(code, body, message=question.without_secrets(str(body.get("errmsg", ""))))


def _is_file(response: aiohttp.ClientResponse) -> bool:
    if response.status not in {200, 206}:
        return False
    named = "Content-Disposition" in response.headers
    return named or response.content_type not in {"application/json", "text/plain", "text/html"}


def _sent(
    session: aiohttp.ClientSession, question: Question, timeout: aiohttp.ClientTimeout
) -> Any:  # aiohttp's request context manager has no public name
    data: Any = question.form
    headers = {}
    if question.body is not None:
        data = encoded(question.body)
        headers = {"Content-Type": "application/json; charset=utf-8"}
    return session.request(
        question.method,
        question.url,
        params=question.query,
        data=data,
        headers=headers,
        timeout=timeout,
        allow_redirects=False,
    )


def encoded(body: Mapping[str, Any]) -> bytes:
    """UTF-8 as it is: bodies with \\uxxxx are refused with 40033. Same body, same bytes."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
