"""The playground: two phones side by side, driven by hand, over the emulated vendors' servers.

`GET /` is the page. `POST /playground/<act>` are its acts (acts.py), `GET /playground/events` tells it what
changed (feed.py), `/playground/media/…` has pictures and files, `/playground/static/…` its own files.

A host program makes one `Playground` for one `Emulator` and adds its routes to an application of its own; the
constructor says what it may lend. After changing the company or wiping chats it calls `refresh()`.

For tests in a browser, these hooks stay (values in angle brackets):

| hook                                                  | what                                             |
|-------------------------------------------------------|--------------------------------------------------|
| body[data-idle="true"]                                | nothing is under way, all its effects are drawn  |
| [data-phone="wecom"], …="dingtalk"                    | a phone; data-viewer: the id of who holds it     |
| [data-people="<platform>"] [data-person="<id>"]       | gives that phone to a person; data-unread        |
| [data-notice="<platform>:<id>"]                       | "王强 有 1 条新消息"; switches there               |
| [data-tab="wecom"], …="dingtalk"                      | on a narrow page: which phone is seen            |
| in a phone                                            |                                                  |
| [data-chat="<id>"]                                    | a row of the list of chats; data-unread          |
| [data-open-chat="<id>"], [data-action="back"]         | the open chat; back to the list                  |
| [data-bubble="<id>"]                                  | a message; data-kind, data-from (me, robot, …)   |
| [data-card="<type or template id>"]                   | a card in a bubble                               |
| [data-top-card="<id>"]                                | DingTalk's card at the top of a chat             |
| button[data-key="<key>"]                              | on a card or in its menu; aria-busy until answered |
| [data-action="card-menu"]                             | opens a card's menu                              |
| [data-question="<key>"], [data-option="<id>"]         | what a card lets choose, and the choices         |
| [data-field="<name>"]                                 | an input of a DingTalk form                      |
| [data-say="<text>"]                                   | a link that says its text (dtmd)                 |
| [data-testid="composer-text"], [data-action="send"]   | what is typed, and sending it                    |
| [data-suggestion="<text>"], [data-mention="<id>"]     | a first sentence; a member to be mentioned       |
| [data-action="forward"]; [data-forward="record"]      | passing on what somebody said; also "one"        |
| [data-action="attach"]; [data-attach="demo-image"]    | the "+", its sheet (image, demo-file, file, voice) |
| [data-testid="voice-text"], [data-action="send-voice"] | the sheet of a voice                            |
| [data-testid="client-hint"]                           | what the client says of a failure                |
| tools                                                 |                                                  |
| [data-action="tools"], [data-action="wire"]           | opens the tools on a narrow page; opens the log  |
| [data-testid="clock"], [data-testid="toast"]          | the demo's time; a word from the page itself     |
| [data-action="advance-5m"], -1h, -next                | fast forward                                     |
| [data-trouble="offline"][data-platform="<platform>"]  | a switch (aria-checked); also "limited"          |
| [data-action="redeliver"][data-platform="<platform>"] | the last message or press once more              |
| [data-action="expire"], [data-action="reset"]         | rights to answer end; the demo starts anew       |
| [data-step="said"], pressed, answered                 | the first steps; class step-done                 |
| [data-wire="<n>"]                                     | one message; data-platform, data-to-bot          |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from urllib.parse import quote
from uuid import uuid4

from aiohttp import web

from adapters.emulator.login_page import cookie_of
from adapters.emulator.playground.acts import Acts, Hooks, NextDue, OnAdvance, Reset
from adapters.emulator.playground.assets import SECURITY, STATIC, Assets
from adapters.emulator.playground.dingtalk_phone import DingTalkPhone
from adapters.emulator.playground.feed import Feed
from adapters.emulator.playground.media import Media
from adapters.emulator.playground.phones import Phone
from adapters.emulator.playground.showing import Json, Showing
from adapters.emulator.playground.wecom_phone import WeComPhone
from adapters.emulator.playground.wire_log import WireLog
from adapters.emulator.server import Emulator

SignIn = Callable[[str, str], str]  # platform, page -> where to go
_PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


@dataclass(frozen=True)
class Link:
    """Another page of the host program, for the top of this one."""

    title: str
    url: str


class Playground:
    """``on_advance`` runs the bot's due work after the clock was moved; ``next_due`` says when the bot has
    something to do next, which offers 快进到下一件事; ``reset`` puts the demo back to its beginning, which
    offers 重新开始. All are awaited. ``sign_in`` makes the address that logs somebody in on a platform before it
    shows a page of the host: phones open pages so, as the vendors' clients do. ``bot`` is the
    robot's name in both clients."""

    def __init__(
        self,
        emulator: Emulator,
        *,
        on_advance: OnAdvance | None = None,
        next_due: NextDue | None = None,
        reset: Reset | None = None,
        links: Sequence[Link] = (),
        sign_in: SignIn | None = None,
        bot: str = "派单助手",
    ) -> None:
        self._company, self._clock = emulator.company, emulator.clock
        self._links, self._bot = links, bot
        self._sign_in = sign_in
        self._hooks = Hooks(on_advance, next_due, reset)
        self._phones: dict[str, Phone] = {
            "wecom": WeComPhone(emulator.wecom),
            "dingtalk": DingTalkPhone(emulator.dingtalk),
        }
        self._assets, self.media = Assets(), Media()
        self._showing = Showing(emulator.company, self._phones, self.media)
        self._feed = Feed(self._state, emulator.clock)
        self._tenant = emulator.dingtalk.tenant
        self._billed = self._quota()
        self._wire = WireLog(emulator.wire, self._publish)
        self._acts = Acts(
            emulator, self._phones, self.media, self._feed, self._wire, self._hooks, self._begin_anew
        )
        self._run = uuid4().hex
        self._groups = self._showing.groups()
        for platform, phone in self._phones.items():
            phone.chats.on_change(partial(self._tell, platform))

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/", self._page)
        app.router.add_get("/playground/open/{platform}/{person}", self._open)
        app.router.add_get("/playground/events", self._events)
        app.router.add_get("/playground/media/sent/{bubble}", self._sent_medium)
        app.router.add_get("/playground/media/{platform}/{medium}", self._bot_medium)
        app.router.add_get(f"{STATIC}/{{version}}/{{name}}", self._assets.serve)
        app.router.add_routes(self._acts.routes())
        app.on_shutdown.append(self._stop)

    def refresh(self) -> None:
        self._feed.publish_all()

    def _begin_anew(self) -> None:
        """Pages forget what was read and done when the run is another."""
        self._run = uuid4().hex
        self.refresh()

    def close(self) -> None:
        """Ends the streams of all pages. The application does so by itself when it shuts down."""
        self._feed.close()

    async def _stop(self, _: web.Application) -> None:
        self.close()

    def _tell(self, platform: str, chat: str) -> None:
        if self._showing.groups() != self._groups:
            self._groups = self._showing.groups()
            self.refresh()  # a bot has made a group, or moved people
            return
        changed = self._showing.changes(platform, chat)
        if changed:
            self._feed.publish("bubbles", {"platform": platform, "chat": chat, "bubbles": changed})

    def _publish(self, kind: str, data: Json) -> None:
        """What passed may have been billed."""
        self._feed.publish(kind, data)
        billed = self._quota()
        if billed != self._billed:
            self._billed = billed
            self._feed.publish("quota", {"quota": billed})

    def _quota(self) -> Json:
        """DingTalk's bill of this month, as its own servers count it; 0 allowed is no limit."""
        used = self._tenant.calls.total(self._tenant.month())
        return {"used": used, "allowed": self._tenant.switches.monthly_calls}

    def _state(self) -> Json:
        return {
            "run": self._run,
            "bot": self._bot,
            "company": self._company.name,
            "people": self._showing.people(),
            "groups": self._showing.groups(),
            "aibot": len(self._phones["wecom"].private_chats("")) > 1,
            "chats": self._showing.chats(),
            "patience": {platform: phone.patience for platform, phone in self._phones.items()},
            "trouble": self._acts.trouble(),
            "offers": {"next": bool(self._hooks.next_due), "reset": bool(self._hooks.reset)},
            "links": [asdict(link) for link in self._links],
            "wire": self._wire.entries(),
            "act": self._wire.act,
            "quota": self._quota(),
            "now": self._clock.now().isoformat(),
        }

    async def _page(self, _: web.Request) -> web.Response:
        return self._assets.page()

    async def _open(self, request: web.Request) -> web.StreamResponse:
        """A link that somebody opens in a phone: the vendor's login page then knows whose phone it is."""
        platform, person = request.match_info["platform"], request.match_info["person"]
        to = request.query.get("to", "")
        if platform not in self._phones or not to.startswith("/") or to.startswith(("//", "/\\")):
            raise web.HTTPBadRequest
        response = web.Response(status=302, headers={**SECURITY, "Cache-Control": "no-store"})
        response.headers["Location"] = self._sign_in(platform, to) if self._sign_in else to
        response.set_cookie(cookie_of(platform), person, path="/", httponly=True, samesite="Lax")
        return response

    async def _events(self, request: web.Request) -> web.StreamResponse:
        return await self._feed.stream(request, SECURITY)

    async def _sent_medium(self, request: web.Request) -> web.Response:
        sent = self.media.find(request.match_info["bubble"])
        if sent is None:
            raise web.HTTPNotFound
        return _file(sent.content, sent.name)

    async def _bot_medium(self, request: web.Request) -> web.Response:
        phone = self._phones.get(request.match_info["platform"])
        medium: Callable[[str], tuple[bytes, str]] = phone.medium if phone else _no_medium
        try:
            return _file(*medium(request.match_info["medium"]))
        except LookupError as gone:
            raise web.HTTPNotFound from gone


def _no_medium(media_id: str) -> tuple[bytes, str]:
    raise LookupError(media_id)


def _file(content: bytes, name: str) -> web.Response:
    """Only a picture is shown; everything else is saved, so that a page somebody sent runs nowhere."""
    picture = next((kind for head, kind in _PICTURES.items() if content.startswith(head)), None)
    headers = {**SECURITY, "Cache-Control": "private, max-age=3600"}
    if picture is None:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return web.Response(body=content, content_type=picture or "application/octet-stream", headers=headers)
