"""The emulator's own doors under /_emu/wecom/: hands for the playground, for `curl` and for other people's tests."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any

from aiohttp import web

from adapters.emulator.wecom.callback import Delivery
from adapters.emulator.wecom.faults import Fault, Kind
from adapters.emulator.wecom.loopback import NotLoopback, require_loopback_url
from adapters.emulator.wecom.members import AMR, MP4, PNG, Members
from adapters.emulator.wecom.presses import NotOnScreen
from adapters.emulator.wecom.state import NoSuchMember
from adapters.emulator.wecom.switches import as_json, set_from_json

Asked = Mapping[str, Any]


class Control:
    """All bodies and answers are JSON. An act of a member answers with the delivery it led to:
    ``{attempts, status, reply: {kind, body} | null, took}``; 404 for nobody, 409 for nothing to press, 400 else.

    | method, path                 | body → what it does                                                          |
    |------------------------------|------------------------------------------------------------------------------|
    | POST /_emu/wecom/says        | ``userid, text``                                                             |
    | POST /_emu/wecom/sends       | ``userid, kind``: image, voice, video (``base64``?), file (``name, base64``), |
    |                              | location (``lat, lon, label``), link (``title, url, description``?)          |
    | POST /_emu/wecom/opens       | ``userid`` opens the chat with the app                                       |
    | POST /_emu/wecom/menu        | ``userid, key`` of the app's menu                                            |
    | POST /_emu/wecom/presses     | ``userid, card`` (bubble id or task_id), ``key, selections``? {question: ids} |
    | POST /_emu/wecom/presses/stale | the same without looking at what the copy shows now                        |
    | POST /_emu/wecom/event       | the fields of any event, as JSON                                             |
    | POST /_emu/wecom/verify      | verifies the callback URL → ``{ok, status, took}``                           |
    | GET /_emu/wecom/chats        | keys of all chats: members, then groups of webhooks                          |
    | GET /_emu/wecom/chats/{key}  | the bubbles of one chat, oldest first                                        |
    | GET /_emu/wecom/sent, /refused, /defects | what the app asked for, and what was wrong with it               |
    | GET /_emu/wecom/app          | credentials, callback_url, webhooks                                          |
    | POST /_emu/wecom/app         | ``callback_url``?, ``webhooks``? {key: group id}                             |
    | GET, POST /_emu/wecom/switches | all switches; POST changes those in the body, ``limits`` nested            |
    | POST /_emu/wecom/faults      | ``path, kind`` (errcode, bad_gateway, lost_answer, reset_before, reset_after), |
    |                              | ``errcode``?, ``times``?; or ``path, delay`` in seconds                      |
    | DELETE /_emu/wecom/faults    | forgets all faults and delays                                                |
    | POST /_emu/wecom/expire      | ``what``: token, codes or media                                              |
    """

    def __init__(self, server: Members) -> None:
        self._server = server

    def add_routes(self, app: web.Application) -> None:
        acts: Mapping[str, Callable[[Asked], Awaitable[Any]]] = {
            "says": self._says,
            "sends": self._sends,
            "opens": self._opens,
            "menu": self._menu,
            "presses": self._presses,
            "presses/stale": self._presses_stale,
            "event": self._event,
            "verify": self._verify,
            "app": self._set_app,
            "switches": self._set_switches,
            "faults": self._add_fault,
            "expire": self._expire,
        }
        looks: Mapping[str, Callable[[], Any]] = {
            "chats": self._chats,
            "sent": lambda: [asdict(sent) for sent in self._server.sent],
            "refused": lambda: [asdict(refused) for refused in self._server.refused],
            "defects": lambda: self._server.defects,
            "app": self._app,
            "switches": lambda: as_json(self._server.switches),
        }
        for path, act in acts.items():
            app.router.add_post(f"/_emu/wecom/{path}", _act(act))
        for path, look in looks.items():
            app.router.add_get(f"/_emu/wecom/{path}", _look(look))
        app.router.add_get("/_emu/wecom/chats/{key}", self._chat)
        app.router.add_delete("/_emu/wecom/faults", self._clear_faults)

    async def _says(self, asked: Asked) -> Any:
        return _told(await self._server.says(asked["userid"], asked["text"]))

    async def _sends(self, asked: Asked) -> Any:
        sends = {
            "image": lambda: self._server.sends_image(asked["userid"], _data(asked, PNG)),
            "voice": lambda: self._server.sends_voice(asked["userid"], _data(asked, AMR)),
            "video": lambda: self._server.sends_video(asked["userid"], _data(asked, MP4)),
            "file": lambda: self._server.sends_file(asked["userid"], asked["name"], _data(asked, b"")),
            "location": lambda: self._server.sends_location(
                asked["userid"], asked["lat"], asked["lon"], asked["label"]
            ),
            "link": lambda: self._server.sends_link(
                asked["userid"], asked["title"], asked["url"], asked.get("description", "")
            ),
        }
        return _told(await sends[asked["kind"]]())

    async def _opens(self, asked: Asked) -> Any:
        return _told(await self._server.opens(asked["userid"]))

    async def _menu(self, asked: Asked) -> Any:
        return _told(await self._server.clicks_menu(asked["userid"], asked["key"]))

    async def _presses(self, asked: Asked) -> Any:
        selections = asked.get("selections", {})
        return _told(await self._server.presses(asked["userid"], asked["card"], asked["key"], selections))

    async def _presses_stale(self, asked: Asked) -> Any:
        selections = asked.get("selections", {})
        return _told(
            await self._server.presses_stale(asked["userid"], asked["card"], asked["key"], selections)
        )

    async def _event(self, asked: Asked) -> Any:
        return _told(await self._server.event(asked))

    async def _verify(self, _asked: Asked) -> Any:
        verified = await self._server.verify_url()
        return {"ok": verified.ok, "status": verified.status, "took": verified.took}

    async def _set_app(self, asked: Asked) -> Any:
        if "callback_url" in asked:
            require_loopback_url(asked["callback_url"])
            self._server.callback_url = asked["callback_url"]
        for key, group in asked.get("webhooks", {}).items():
            self._server.add_webhook(key, group)
        return self._app()

    async def _set_switches(self, asked: Asked) -> Any:
        set_from_json(self._server.switches, asked)
        return as_json(self._server.switches)

    async def _add_fault(self, asked: Asked) -> Any:
        if "delay" in asked:
            self._server.faults.delay(asked["path"], asked["delay"])
        else:
            fault = Fault(Kind(asked["kind"]), asked.get("errcode", 0))
            self._server.faults.add(asked["path"], fault, asked.get("times", 1))
        return {}

    async def _expire(self, asked: Asked) -> Any:
        expires = {
            "token": self._server.tokens.expire,
            "codes": self._server.cards.expire,
            "media": self._server.media.expire,
        }
        expires[asked["what"]]()
        return {}

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self._server.faults.clear()
        return _json({})

    async def _chat(self, request: web.Request) -> web.Response:
        return _json([asdict(bubble) for bubble in self._server.chats.of(request.match_info["key"])])

    def _chats(self) -> Any:
        members = [member.wecom for member in self._server.members()]
        return members + list(dict.fromkeys(self._server.webhooks.values()))

    def _app(self) -> Any:
        names = ("corp_id", "agent_id", "secret", "token", "encoding_aes_key", "callback_url", "webhooks")
        return {name: getattr(self._server, name) for name in names}


def _act(act: Callable[[Asked], Awaitable[Any]]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            return _json(await act(await request.json() if request.can_read_body else {}))
        except NoSuchMember as nobody:
            return _json({"error": f"no member {nobody}"}, 404)
        except NotOnScreen as nothing:
            return _json({"error": str(nothing)}, 409)
        except NotLoopback as elsewhere:
            return _json({"error": f"not an address of this machine: {elsewhere}"}, 400)
        except (KeyError, TypeError, ValueError) as wrong:
            return _json({"error": f"{type(wrong).__name__}: {wrong}"}, 400)

    return handle


def _look(look: Callable[[], Any]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(_: web.Request) -> web.Response:
        return _json(look())

    return handle


def _told(delivery: Delivery) -> Any:
    reply = delivery.reply
    told = {"kind": reply.kind, "body": reply.body} if reply else None
    return {"attempts": delivery.attempts, "status": delivery.status, "reply": told, "took": delivery.took}


def _data(asked: Asked, default: bytes) -> bytes:
    return b64decode(asked["base64"]) if "base64" in asked else default


def _json(value: Any, status: int = 200) -> web.Response:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return web.Response(text=text, status=status, content_type="application/json")
