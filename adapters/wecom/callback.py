"""The door through which WeCom knocks: verify, decrypt, hand in, answer in time (documents 90238 to 90241).

WeCom cuts the line after five seconds and knocks again, so an answer never takes longer than the budget.
Whatever is wrong with an envelope is answered alike: no stranger learns which check failed.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from string import ascii_letters

import structlog
from aiohttp import web

from adapters.chat import Incoming, Pressed, Receive, Reply
from adapters.wecom.app import WeComApp
from adapters.wecom.capped import TooBig, read_capped
from adapters.wecom.decode import Silent, WrongTenant, decode
from adapters.wecom.envelope import Envelope, EnvelopeRefused, check_time
from adapters.wecom.passive import card_answer, text_answer
from adapters.wecom.render import showable, update
from adapters.wecom.replying import with_words, words_of
from adapters.wecom.xmltree import BrokenXml, read_xml

log = structlog.get_logger()

BUDGET_SECONDS = 2.5
READING_SECONDS = 2.0
# WeCom's longest text is 2,048 bytes; the largest envelope among the vectors has about 100 KB. The worst XML
# of this size (nothing but attributes) holds up the loop for 15 ms.
MAX_BODY = 128 * 1024
# As for an application that is not there: no stranger learns which addresses there are.
REFUSED = 404


def callback_routes(
    app: WeComApp,
    receive: Receive,
    *,
    now: Callable[[], datetime],
    path: str = "/wecom/callback",
    budget: float = BUDGET_SECONDS,
    further: Sequence[WeComApp] = (),
) -> list[web.RouteDef]:
    """``further`` applications have addresses below ``path``, by their names.

    Raises ``envelope.BadKey`` where an application's key cannot be one.
    """
    first = _Door(app, receive, now, budget)
    doors = _Doors(
        {one.name: _Door(one, receive, now, budget) for one in further},
        # Keys that nobody has: what comes to no application takes the same way, and ends with its signature.
        blank=_Door(
            replace(app, token=secrets.token_hex(16), encoding_aes_key=_unknown()), receive, now, budget
        ),
    )
    return [
        web.get(path, first.verify, allow_head=False),
        web.post(path, first.take),
        web.get(f"{path}/{{app}}", doors.verify, allow_head=False),
        web.post(f"{path}/{{app}}", doors.take),
    ]


def _unknown() -> str:
    return "".join(secrets.choice(ascii_letters) for _ in range(43))


class MalformedRequest(Exception):
    """A parameter is missing or doubled, or the body does not arrive."""


@dataclass(frozen=True)
class _Query:
    signature: str
    timestamp: str
    nonce: str
    echo: str

    @classmethod
    def of(cls, request: web.Request) -> _Query:
        echo = _only(request, "echostr") if request.method == "GET" else ""
        return cls(
            signature=_only(request, "msg_signature"),
            timestamp=_only(request, "timestamp"),
            nonce=_only(request, "nonce"),
            echo=echo,
        )


def _only(request: web.Request, name: str) -> str:
    values = request.query.getall(name, [])
    if len(values) != 1:
        raise MalformedRequest(f"{name} {len(values)} times")
    return values[0]


class _Door:
    def __init__(self, app: WeComApp, receive: Receive, now: Callable[[], datetime], budget: float) -> None:
        self._app = app
        self._receive = receive
        self._now = now
        self._budget = budget
        self._envelope = Envelope(app.token, app.encoding_aes_key, app.corp_id)
        self._late: set[asyncio.Task[Reply]] = set()

    # ── GET: is this address ours? ──

    async def verify(self, request: web.Request) -> web.Response:
        """The plaintext byte for byte: a quote or a line end more, and the console refuses to save."""
        try:
            query = _Query.of(request)
            plain = self._open(query.echo, query)
        except (EnvelopeRefused, MalformedRequest) as refused:
            return self._refuse(refused)
        return web.Response(body=plain.encode(), content_type="text/plain")

    # ── POST: something happened ──

    async def take(self, request: web.Request) -> web.Response:
        deadline = asyncio.get_running_loop().time() + self._budget
        sys.audit("paidan.callback.arrived")
        try:
            incoming = await self._read(request)
        except TooBig as refused:
            return self._refuse(refused, status=413)
        except (EnvelopeRefused, MalformedRequest, BrokenXml, WrongTenant) as refused:
            return self._refuse(refused)
        if isinstance(incoming, Silent):
            _note(incoming)
            return web.Response()
        return await self._answer(incoming, deadline)

    async def _read(self, request: web.Request) -> Incoming | Silent:
        query = _Query.of(request)
        body = await self._body(request)
        encrypt = read_xml(body).value("Encrypt")
        return decode(self._app, self._open(encrypt, query), now=self._now())

    async def _body(self, request: web.Request) -> str:
        try:
            async with asyncio.timeout(READING_SECONDS):
                body = await read_capped(request.content, MAX_BODY, announced=request.content_length)
            return body.decode()
        except (TimeoutError, UnicodeDecodeError, web.RequestPayloadError) as broken:
            raise MalformedRequest(type(broken).__name__) from broken

    def _open(self, encrypt: str, query: _Query) -> str:
        plain = self._envelope.open(
            encrypt, signature=query.signature, timestamp=query.timestamp, nonce=query.nonce
        )
        check_time(query.timestamp, self._now())
        return plain

    def _refuse(self, refused: Exception, status: int = REFUSED) -> web.Response:
        kind = refused.kind if isinstance(refused, EnvelopeRefused) else type(refused).__name__
        log.warning("callback refused", agent=self._app.agent_id, kind=kind, detail=str(refused))
        response = web.Response(status=status)
        # What was not read must not be taken for the next request on this connection.
        response.force_close()
        return response

    # ── the answer ──

    async def _answer(self, incoming: Incoming, deadline: float) -> web.Response:
        """An exception rises: nothing is durable, aiohttp says 500, and WeCom knocks again."""
        loop = asyncio.get_running_loop()
        work = loop.create_task(_received(self._receive, incoming))
        done, _ = await asyncio.wait({work}, timeout=max(0.0, deadline - loop.time()))
        if not done:
            self._let_it_finish(work, incoming)
            return web.Response()
        answer = self._passive(incoming, work.result())
        return self._sealed(answer) if answer else web.Response()

    def _let_it_finish(self, work: asyncio.Task[Reply], incoming: Incoming) -> None:
        """Too late for a passive answer, never for the work itself."""
        log.warning("callback took too long", id=incoming.id)
        self._late.add(work)
        work.add_done_callback(self._late.discard)
        work.add_done_callback(lambda done: _tell_failure(done, incoming))

    def _passive(self, incoming: Incoming, reply: Reply) -> str:
        to, now = incoming.sender.user_id, self._now()
        if isinstance(incoming, Pressed) and reply.card is not None:
            return card_answer(self._app, to, update(showable(with_words(reply.card, reply))), now=now)
        words = words_of(reply)
        return text_answer(self._app, to, words, now=now) if words else ""

    def _sealed(self, answer: str) -> web.Response:
        timestamp = str(int(self._now().timestamp()))
        xml = self._envelope.seal(answer, timestamp=timestamp, nonce=secrets.token_hex(8))
        return web.Response(text=xml, content_type="application/xml")


@dataclass(frozen=True)
class _Doors:
    """Which door a path means."""

    by_name: Mapping[str, _Door]
    blank: _Door

    async def verify(self, request: web.Request) -> web.Response:
        return await self._of(request).verify(request)

    async def take(self, request: web.Request) -> web.Response:
        return await self._of(request).take(request)

    def _of(self, request: web.Request) -> _Door:
        return self.by_name.get(request.match_info["app"], self.blank)


async def _received(receive: Receive, incoming: Incoming) -> Reply:
    return await receive(incoming)


def _note(silent: Silent) -> None:
    if silent.alarming:
        log.error("企业微信提醒：应用因活跃度低将被停用或已停用，请到管理后台处理", wecom_event=silent.event)
    else:
        log.info("callback event ignored", wecom_event=silent.event)


def _tell_failure(work: asyncio.Task[Reply], incoming: Incoming) -> None:
    if not work.cancelled() and (error := work.exception()) is not None:
        log.error("callback failed after its answer", id=incoming.id, exc_info=error)
