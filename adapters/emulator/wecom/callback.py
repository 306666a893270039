"""Tencent as the caller: envelopes to the callback URL, five seconds' patience, repetitions (wecom.md §1)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from secrets import randbelow, token_hex
from time import monotonic

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from adapters.emulator.wecom import xml
from adapters.emulator.wecom.answering import perform
from adapters.emulator.wecom.crypto import Envelope, Sealed
from adapters.emulator.wecom.loopback import require_loopback_url
from adapters.emulator.wecom.masking import masked_xml
from adapters.emulator.wecom.passive import Context, PassiveReplies, PassiveReply
from adapters.emulator.wecom.state import State
from adapters.emulator.wire import Passed

_VERIFY_SECONDS = 1.0  # page 90238


class NothingSent(LookupError):
    pass


@dataclass(frozen=True)
class Delivery:
    """How a callback ended. ``status`` is the last HTTP status, 0 when nothing came in time."""

    attempts: int
    status: int
    reply: PassiveReply | None
    took: float  # seconds, of the last attempt


@dataclass(frozen=True)
class Verification:
    """What the console would say after saving the URL (page 90238: the exact plaintext within a second)."""

    ok: bool
    status: int
    body: bytes
    took: float


@dataclass
class Outgoing:
    """One thing to be told. However often it is delivered, one answer counts: Tencent repeats only what it
    got no answer to."""

    fields: xml.Fields
    context: Context
    answered: bool = False


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes
    took: float


class Callback:
    def __init__(self, state: State) -> None:
        self._state = state
        self._passive = PassiveReplies(state)
        self._session: ClientSession | None = None
        self._last: Outgoing | None = None

    async def send(self, out: Outgoing) -> Delivery:
        """Delivers, and again while nobody answers with 200; ``switches.duplicates`` times over."""
        require_loopback_url(self._state.callback_url)
        self._last = out
        runs = [self._until_answered(out) for _ in range(self._state.switches.duplicates)]
        if self._state.switches.duplicates_at_once:
            ends = await asyncio.gather(*runs)
        else:
            ends = [await run for run in runs]
        reply = next((end.reply for end in ends if end.reply), None)
        return replace(ends[-1], attempts=sum(end.attempts for end in ends), reply=reply)

    async def send_again(self) -> Delivery:
        """The last delivery once more: same content, hence the same MsgId or ResponseCode."""
        if self._last is None:
            raise NothingSent("nothing was delivered yet")
        return await self.send(self._last)

    async def deliver(self, raw_body: bytes, query: Mapping[str, str]) -> Delivery:
        """One POST of whatever was given; its answer is not looked into."""
        require_loopback_url(self._state.callback_url)
        answer = await self._request("POST", query, raw_body, self._state.switches.callback_timeout)
        self._note("raw", raw_body.decode(errors="replace"), answer, None)
        return Delivery(1, answer.status, None, answer.took)

    async def verify(self) -> Verification:
        require_loopback_url(self._state.callback_url)
        echo = str(randbelow(10**19))
        sealed = self._seal_text(echo)
        query = _query(sealed) | {"echostr": sealed.encrypt}
        answer = await self._request("GET", query, b"", _VERIFY_SECONDS)
        self._note("verify", echo, answer, None)
        ok = answer.status == 200 and answer.body == echo.encode()
        return Verification(ok, answer.status, answer.body, answer.took)

    async def close(self) -> None:
        if self._session:
            await self._session.close()
            self._session = None

    async def _until_answered(self, out: Outgoing) -> Delivery:
        sealed = self._seal_text(xml.write(out.fields))
        answer = _Answer(0, b"", 0.0)
        for attempt in range(1, self._state.switches.deliveries + 1):
            if attempt > 1:
                await asyncio.sleep(self._state.switches.retry_spacing)
                sealed = self._again(out, sealed)
            answer = await self._post(sealed)
            reply = self._reply(answer, out) if answer.status == 200 else None
            self._note(_what(out), xml.write(out.fields), answer, reply)
            if answer.status == 200:
                return Delivery(attempt, 200, reply, answer.took)
        return Delivery(self._state.switches.deliveries, answer.status, None, answer.took)

    def _reply(self, answer: _Answer, out: Outgoing) -> PassiveReply | None:
        reply = self._passive.read(answer.body, out.context)
        if reply and not out.answered:
            out.answered = True
            perform(reply, out.context, self._state)
        return reply

    def _again(self, out: Outgoing, sealed: Sealed) -> Sealed:
        """A repetition carries the same message; whether the envelope and the code are new is not known."""
        fresh = self._state.switches.fresh_envelope_on_retry
        if self._state.switches.fresh_response_code_on_retry and out.context.card:
            code, fresh = self._state.cards.issue(out.context.card), True
            out.fields, out.context = {**out.fields, "ResponseCode": code}, replace(out.context, code=code)
        return self._seal_text(xml.write(out.fields)) if fresh else sealed

    def _seal_text(self, text: str) -> Sealed:
        envelope = Envelope(self._state.token, self._state.encoding_aes_key, self._state.corp_id)
        timestamp = str(int(self._state.clock.now().timestamp()))
        return envelope.seal(text.encode(), timestamp, token_hex(8))

    async def _post(self, sealed: Sealed) -> _Answer:
        body = xml.write(
            {
                "ToUserName": self._state.corp_id,
                "AgentID": str(self._state.agent_id),
                "Encrypt": sealed.encrypt,
            }
        )
        seconds = self._state.switches.callback_timeout
        return await self._request("POST", _query(sealed), body.encode(), seconds)

    async def _request(self, method: str, query: Mapping[str, str], body: bytes, seconds: float) -> _Answer:
        started = monotonic()
        try:
            async with self._client().request(
                method,
                self._state.callback_url,
                params=query,
                data=body,
                headers={"Content-Type": "text/xml"},
                timeout=ClientTimeout(total=seconds),
                allow_redirects=False,
            ) as response:
                return _Answer(response.status, await response.read(), monotonic() - started)
        except (ClientError, TimeoutError):
            return _Answer(0, b"", monotonic() - started)

    def _client(self) -> ClientSession:
        if self._session is None:
            # A connection for each delivery: a bot that was killed and started again is met by a fresh one.
            self._session = ClientSession(connector=TCPConnector(force_close=True, limit=0))
        return self._session

    def _note(self, what: str, plain: str, answer: _Answer, reply: PassiveReply | None) -> None:
        told = {"status": answer.status} | ({"reply": reply.plain} if reply else {})
        passed = Passed(self._state.clock.now(), "wecom", True, f"CALLBACK {what}", masked_xml(plain), told)
        self._state.wire.note(passed)


def _query(sealed: Sealed) -> dict[str, str]:
    return {"msg_signature": sealed.signature, "timestamp": sealed.timestamp, "nonce": sealed.nonce}


def _what(out: Outgoing) -> str:
    return out.context.event or str(out.fields["MsgType"])
