"""Delivering over the stream (§1.5, 1.8): who gets a frame, who acked it, what is sent again."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from dataclasses import dataclass, field
from random import Random
from typing import Any

from adapters.emulator.dingtalk.connections import Connection, Connections, Health
from adapters.emulator.dingtalk.frames import (
    CARD_TOPIC,
    Ack,
    NotAnAck,
    Push,
    disconnect,
    new_message_id,
    ping,
    read_ack,
)
from adapters.emulator.dingtalk.masking import masked
from adapters.emulator.dingtalk.tenant import Tenant
from adapters.emulator.dingtalk.timers import Timer, Timers
from adapters.emulator.wire import Passed

_REMEMBERED = 10_000


@dataclass(frozen=True)
class Delivery:
    """What became of one push. ``response`` is what the bot answered, parsed; ``took`` is real seconds."""

    acked: bool
    code: int = 0
    response: Any = None
    took: float = 0.0
    late: bool = False
    message_id: str = ""


@dataclass(eq=False)
class _Waiting:
    push: Push
    connection: Connection
    message_id: str
    since: float
    given_up: bool = False
    answer: asyncio.Future[Ack | None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


@dataclass(eq=False)
class Unacked:
    push: Push
    message_ids: list[str]
    tries: int = 0
    timer: Timer | None = None


class Stream:
    def __init__(self, tenant: Tenant, connections: Connections, timers: Timers) -> None:
        self._tenant = tenant
        self._timers = timers
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._latest: Unacked | None = None
        self.connections = connections
        self.random = Random()
        self.acks: list[Ack] = []
        self.unacked: list[Unacked] = []
        self.too_late: list[Ack] = []  # came when nobody waited any more
        self.strange: list[str] = []  # what the bot wrote that is no ack of ours
        connections.on_text = self._hear
        connections.on_open = self._welcome
        connections.on_close = self._lose

    # ── delivering ──────────────────────────────────────────────────────────────────────────────

    async def push(self, push: Push) -> list[Delivery]:
        """One delivery, or as many copies as the switches ask for."""
        times = self._tenant.switches.deliver_times
        if self._tenant.switches.deliver_together:
            return list(await asyncio.gather(*(self._first(push) for _ in range(times))))
        return [await self._first(push) for _ in range(times)]

    async def push_raw(self, raw: str | bytes, patience: float) -> Delivery:
        """Any bytes to one connection; waits for an ack if they carry a messageId."""
        connection = self._draw(self.connections.served())
        if connection is None:
            return Delivery(acked=False)
        waiting = self._expect(Push("RAW", "", {}), connection, _message_id_in(raw))
        await connection.write_raw(raw)
        return await self._outcome(waiting, patience if waiting.message_id else 0.0)

    async def redeliver(self) -> list[Delivery]:
        """Send everything again that nobody has acked."""
        return [await self._send(entry) for entry in tuple(self.unacked)]

    async def repeat(self) -> Delivery:
        """What was delivered last once more, though it was acked: the network can always do that (§1.5)."""
        return Delivery(acked=False) if self._latest is None else await self._send(self._latest)

    async def _first(self, push: Push) -> Delivery:
        entry = self._latest = Unacked(push, [])
        self.unacked.append(entry)
        return await self._send(entry)

    async def _send(self, entry: Unacked) -> Delivery:
        push = entry.push
        entry.tries += 1
        self._plan_redelivery(entry)
        connection = self._draw(self.connections.listening((push.type, push.topic)))
        if connection is None:
            return Delivery(acked=False)
        message_id = self._message_id(entry)
        entry.message_ids.append(message_id)
        waiting = self._expect(push, connection, message_id)
        self._note(f"{push.type} {push.topic}", push.data, to_bot=True)
        await connection.write(push, self._tenant, message_id)
        return await self._outcome(waiting, self._tenant.switches.patience_seconds)

    def _message_id(self, entry: Unacked) -> str:
        if entry.message_ids and self._tenant.switches.redelivery_keeps_message_id:
            return entry.message_ids[0]
        return new_message_id(self._tenant.millis())

    def _draw(self, candidates: list[Connection]) -> Connection | None:
        return self.random.choice(candidates) if candidates else None

    def _expect(self, push: Push, connection: Connection, message_id: str) -> _Waiting:
        waiting = _Waiting(push, connection, message_id, asyncio.get_running_loop().time())
        self._waiting[message_id] = waiting
        if len(self._waiting) > _REMEMBERED:
            self._waiting.popitem(last=False)
        return waiting

    async def _outcome(self, waiting: _Waiting, patience: float) -> Delivery:
        # Nothing can come from a deaf socket: do not make the caller wait for it.
        seconds = 0.0 if waiting.connection.deaf else patience
        done, _ = await asyncio.wait([waiting.answer], timeout=seconds)
        took = asyncio.get_running_loop().time() - waiting.since
        ack = waiting.answer.result() if done else None
        if ack is None:
            waiting.given_up = True
            return Delivery(acked=False, took=took, message_id=waiting.message_id)
        return Delivery(True, ack.code, ack.response, took, message_id=waiting.message_id)

    # ── redelivering ────────────────────────────────────────────────────────────────────────────

    def _plan_redelivery(self, entry: Unacked) -> None:
        """The next try is due so long after this one, and is dropped when an ack comes before."""
        if entry.timer:
            self._timers.cancel(entry.timer)
        if self._may_repeat(entry):
            seconds = self._tenant.switches.redeliver_after_seconds
            entry.timer = self._timers.after(seconds, lambda: self._retry(entry))

    def _may_repeat(self, entry: Unacked) -> bool:
        switches = self._tenant.switches
        allowed = switches.redelivers and (switches.redelivers_cards or entry.push.topic != CARD_TOPIC)
        return allowed and entry in self.unacked and entry.tries <= switches.redeliver_times

    async def _retry(self, entry: Unacked) -> None:
        if self._may_repeat(entry):
            await self._send(entry)

    # ── hearing ─────────────────────────────────────────────────────────────────────────────────

    def _hear(self, connection: Connection, text: str) -> None:
        try:
            ack = read_ack(text)
        except NotAnAck as fault:
            self._tenant.defects.append(f"not an ack: {fault}")
            return
        self.acks.append(ack)
        waiting = self._waiting.get(ack.message_id)
        if waiting is None:
            self.strange.append(text)
            return
        if waiting.connection is connection or self._tenant.switches.ack_from_any_socket:
            self._take(waiting, ack)

    def _take(self, waiting: _Waiting, ack: Ack) -> None:
        self._note(f"ACK {waiting.push.topic}", {"code": ack.code, "data": ack.data}, to_bot=False)
        if waiting.given_up:
            self.too_late.append(ack)
        elif not waiting.answer.done():
            waiting.answer.set_result(ack)
        if not self._asks_again(waiting.push, ack):
            self._settle(ack.message_id)

    def _settle(self, message_id: str) -> None:
        for entry in [e for e in self.unacked if message_id in e.message_ids]:
            self.unacked.remove(entry)
            if entry.timer:
                self._timers.cancel(entry.timer)

    def _asks_again(self, push: Push, ack: Ack) -> bool:
        switches = self._tenant.switches
        if ack.code != 200:
            return switches.error_code_redelivers
        later = isinstance(ack.data, dict) and ack.data.get("status") == "LATER"
        return later and push.type == "EVENT" and switches.later_redelivers

    # ── connections ─────────────────────────────────────────────────────────────────────────────

    async def ping(self) -> list[Delivery]:
        """An application ping on every socket that is still served."""
        live = [c for c in self.connections.all() if c.health is Health.LIVE]
        return [await self._system(c, ping(), self._tenant.switches.patience_seconds) for c in live]

    async def disconnect(self, connection: Connection, reason: str) -> None:
        """Announce the end: nothing more is delivered, and the socket is closed some seconds later."""
        connection.health = Health.RETIRED
        await self._system(connection, disconnect(reason), 0.0)
        self._timers.after(self._tenant.switches.close_after_disconnect_seconds, connection.socket.close)

    async def _system(self, connection: Connection, push: Push, patience: float) -> Delivery:
        message_id = new_message_id(self._tenant.millis())
        waiting = self._expect(push, connection, message_id)
        self._note(f"{push.type} {push.topic}", push.data, to_bot=True)
        await connection.write(push, self._tenant, message_id)
        return await self._outcome(waiting, patience)

    def _welcome(self, connection: Connection) -> None:
        if self._tenant.switches.greets:
            self._timers.spawn(self._greet(connection))
        if self._tenant.switches.ping_seconds:
            self._timers.spawn(self._keep_pinging(connection))

    async def _greet(self, connection: Connection) -> None:
        for topic in ("CONNECTED", "REGISTERED"):
            await self._system(connection, Push("SYSTEM", topic, {}), 0.0)

    async def _keep_pinging(self, connection: Connection) -> None:
        while not connection.socket.closed and connection.health is not Health.RETIRED:
            await asyncio.sleep(self._tenant.switches.ping_seconds)
            await self._system(connection, ping(), 0.0)

    def _lose(self, connection: Connection) -> None:
        """Whoever waits for an ack from this socket need not wait on."""
        for waiting in self._waiting.values():
            if waiting.connection is connection and not waiting.answer.done():
                waiting.answer.set_result(None)

    def _note(self, what: str, body: Any, *, to_bot: bool) -> None:
        self._tenant.wire.note(Passed(self._tenant.now(), "dingtalk", to_bot, what, masked(body)))


def _message_id_in(raw: str | bytes) -> str:
    try:
        return str(json.loads(raw)["headers"]["messageId"])
    except (ValueError, KeyError, TypeError):
        return ""
