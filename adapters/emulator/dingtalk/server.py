"""DingTalk's servers for one organisation and one app. Tests and the playground hold this object."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from adapters.emulator.chats import Bubble, Chats
from adapters.emulator.clock import Clock
from adapters.emulator.company import Company
from adapters.emulator.dingtalk.card_api import CardApi
from adapters.emulator.dingtalk.card_faces import Button, FormField, buttons_of, form_of
from adapters.emulator.dingtalk.cards import CardInstance, Cards
from adapters.emulator.dingtalk.connections import Connections, Health
from adapters.emulator.dingtalk.contacts import Contacts
from adapters.emulator.dingtalk.control import add_control
from adapters.emulator.dingtalk.custom_robots import CustomRobots
from adapters.emulator.dingtalk.extras import Extras
from adapters.emulator.dingtalk.faults import Faults
from adapters.emulator.dingtalk.files import FILE_PATH, Files
from adapters.emulator.dingtalk.gate import Gate, Hook
from adapters.emulator.dingtalk.login import PAGE, Login
from adapters.emulator.dingtalk.messages import Message, Text
from adapters.emulator.dingtalk.people import People
from adapters.emulator.dingtalk.presses import Presses
from adapters.emulator.dingtalk.robot_api import RobotApi
from adapters.emulator.dingtalk.sessions import Sessions
from adapters.emulator.dingtalk.stream import Delivery, Stream
from adapters.emulator.dingtalk.switches import Switches
from adapters.emulator.dingtalk.tenant import App, Calls, RefusedCall, Sent, Tenant
from adapters.emulator.dingtalk.timers import Timers
from adapters.emulator.dingtalk.tokens import Tokens
from adapters.emulator.wire import Wire


class DingTalkServer:
    def __init__(
        self,
        company: Company,
        clock: Clock,
        wire: Wire,
        *,
        client_id: str,
        client_secret: str,
        robot_code: str,
    ) -> None:
        self.tenant = Tenant(company, clock, wire, App(client_id, client_secret, robot_code))
        self.faults = Faults()
        self.timers = Timers(clock)
        self.tokens = Tokens(self.tenant)
        self.gate = Gate(self.tenant, self.tokens, self.faults)
        self.connections = Connections(self.tenant, self.faults)
        self.stream = Stream(self.tenant, self.connections, self.timers)
        self.files = Files(self.tenant, self.faults.files)
        self.sessions = Sessions(self.tenant)
        self.people = People(self.tenant, self.files, self.sessions)
        self.robot = RobotApi(self.tenant)
        self.cards = Cards(self.tenant)
        self.card_api = CardApi(self.tenant, self.cards)
        self.contacts = Contacts(self.tenant)
        self.login = Login(self.tenant)
        self.custom_robots = CustomRobots(self.tenant)
        self.extras = Extras(self.tenant)
        self._watching: list[asyncio.Future[None]] = []
        self.chats.on_change(self._chat_changed)
        self.presser = Presses(self.tenant, self.cards, self.card_api, self.stream)

    def add_routes(self, app: web.Application) -> None:
        for area in (
            self.tokens, self.connections, self.robot, self.sessions, self.files, self.card_api,
            self.contacts, self.login, self.custom_robots, self.extras,
        ):  # fmt: skip
            app.router.add_routes([self.gate.route(api) for api in area.apis()])
        app.router.add_get("/connect", self.connections.connect)
        app.router.add_get(FILE_PATH, self.files.serve)
        app.router.add_get(PAGE, self.login.page)
        add_control(app, self)
        app.on_shutdown.append(self._stop)

    async def _stop(self, _: web.Application) -> None:
        self.gate.stop()
        await self.timers.stop()
        await self.connections.close_all()

    # ── what people do ──────────────────────────────────────────────────────────────────────────

    async def says(
        self, userid: str, text: str, group: str | None = None, mentions: Sequence[str] = ()
    ) -> Delivery:
        """``userid`` writes ``text`` to the robot, in a group with an @ of the robot in front."""
        return await self.sends(userid, Text(text), group, mentions)

    async def sends(
        self, userid: str, message: Message, group: str | None = None, mentions: Sequence[str] = ()
    ) -> Delivery:
        """Like ``says``, for any kind of message."""
        return (await self.stream.push(self.people.message(userid, message, group, mentions)))[0]

    async def presses(
        self,
        userid: str,
        out_track_id: str,
        action_id: str,
        params: Mapping[str, Any] | None = None,
    ) -> Delivery:
        """Press a button that this viewer's card shows now; ``params`` are added to the button's own."""
        return await self.presser.press(userid, out_track_id, action_id, params)

    async def presses_stale(self, userid: str, out_track_id: str, action_id: str) -> Delivery:
        """Press what the card showed once, as a client does whose picture is out of date."""
        return await self.presser.press_stale(userid, out_track_id, action_id)

    async def submits_form(
        self, userid: str, out_track_id: str, values: Mapping[str, Any], action_id: str = "submit"
    ) -> Delivery:
        return await self.presser.submit(userid, out_track_id, values, action_id)

    async def org_event(self, event_type: str, **data: Any) -> Delivery:
        """For example ``org_event("user_leave_org", userId=["lisi01"])``."""
        return (await self.stream.push(self.people.event(event_type, data)))[0]

    async def frame(self, raw: str | bytes, patience: float = 0.5) -> Delivery:
        """Any text (or bytes) on one socket, well formed or not."""
        return await self.stream.push_raw(raw, patience)

    async def redeliver(self) -> list[Delivery]:
        return await self.stream.redeliver()

    async def repeat(self) -> Delivery:
        """The last message, press or event once more, acked or not. A press's second answer is not painted."""
        return await self.stream.repeat()

    async def ping(self) -> list[Delivery]:
        return await self.stream.ping()

    # ── what goes wrong with sockets ────────────────────────────────────────────────────────────

    async def disconnect(self, reason: str = "persistent connection is timeout") -> None:
        for connection in self.connections.served():
            await self.stream.disconnect(connection, reason)

    def stall(self, health: Health = Health.STALLED) -> None:
        """All present sockets stay open and carry nothing any more."""
        for connection in self.connections.served():
            connection.health = health

    async def close_sockets(self) -> None:
        await self.connections.close_all()

    def reset_sockets(self) -> None:
        self.connections.reset_all()

    # ── what can be seen ────────────────────────────────────────────────────────────────────────

    async def connected(self, count: int = 1, timeout: float = 10.0) -> None:
        """Wait until the bot has that many live sockets."""
        await self.connections.until(count, timeout)

    async def shown(self, chat: str, fits: Callable[[Bubble], bool], timeout: float = 5.0) -> Bubble:
        """Wait for the newest bubble in ``chat`` that ``fits``; it may be there already."""
        async with asyncio.timeout(timeout):
            while (found := next(filter(fits, reversed(self.chats.of(chat))), None)) is None:
                change = asyncio.get_running_loop().create_future()
                self._watching.append(change)
                await change
        return found

    def _chat_changed(self, _: str) -> None:
        watching, self._watching = self._watching, []
        for change in watching:
            if not change.done():
                change.set_result(None)

    def card_view(self, out_track_id: str, userid: str) -> dict[str, str]:
        """The variables that this viewer's client draws from."""
        return self.card(out_track_id).view(userid)

    def card(self, out_track_id: str) -> CardInstance:
        card = self.cards.find(out_track_id)
        if card is None:
            raise KeyError(out_track_id)
        return card

    def buttons(self, out_track_id: str, userid: str) -> list[Button]:
        return buttons_of(self.card_view(out_track_id, userid), self.switches)

    def form(self, out_track_id: str, userid: str) -> list[FormField]:
        return form_of(self.card_view(out_track_id, userid))

    @property
    def chats(self) -> Chats:
        return self.tenant.chats

    @property
    def switches(self) -> Switches:
        return self.tenant.switches

    @property
    def sent(self) -> list[Sent]:
        return self.tenant.sent

    @property
    def refused(self) -> list[RefusedCall]:
        return self.tenant.refused

    @property
    def defects(self) -> list[str]:
        return self.tenant.defects

    @property
    def late_answers(self) -> list[Delivery]:
        """Answers to presses that came after the limit and were thrown away."""
        return self.presser.late_answers

    @property
    def calls(self) -> Calls:
        return self.tenant.calls

    @property
    def base_url(self) -> str:
        return self.tenant.base_url

    @base_url.setter
    def base_url(self, address: str) -> None:
        self.tenant.base_url = address.rstrip("/")

    @property
    def on_call(self) -> Hook | None:
        return self.gate.on_call

    @on_call.setter
    def on_call(self, hook: Hook | None) -> None:
        self.gate.on_call = hook

    @property
    def after_call(self) -> Hook | None:
        return self.gate.after_call

    @after_call.setter
    def after_call(self, hook: Hook | None) -> None:
        self.gate.after_call = hook
