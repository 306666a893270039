"""Driving the played WeCom from outside, over HTTP and JSON, under ``/_emu/wecom``.

| request | body or query | does |
|---|---|---|
| GET  /app | | the app: credentials, callback_url, webhooks {key: group} |
| PATCH /app | callback_url?, webhooks? | sets the address, adds webhooks |
| GET  /chats | | keys of all chats: members, groups of webhooks, groups of the app |
| GET  /chats/{chat} | | bubbles of a direct chat (userid) or a group, oldest first |
| GET  /app-chats | | groups of the app: id, name, owner, members, agent, is_shown |
| POST /dissolve | chat | its owner ends one |
| GET  /sent, /refused, /defects | | what the app sent, what it was refused, what was wrong unnoticed |
| POST /says | userid, text | a sentence to the app |
| POST /sends | userid, kind image, voice or video, base64? | a picture and so on |
| POST /sends | userid, kind file, name, base64 | a file |
| POST /sends | userid, kind location, lat, lon, label | a place |
| POST /sends | userid, kind link, title, url, description? | a link |
| POST /opens | userid | opens the chat with the app |
| POST /menu | userid, key | a click on the app's menu |
| POST /presses | userid, card, key, selections?, stale? | a button or menu item; card is a bubble id or task_id |
| POST /events | the event's own fields | any event; sender ``sys`` if none is named |
| POST /redeliver | | the last delivery once more, with the same content |
| POST /verify | | verifies the callback URL: {ok, status, took} |
| POST /expire | what: token, codes, media | before their time |
| POST /faults | path, kind, errcode?, times? | the next calls of that path fail; kinds of ``faults.Kind`` |
| POST /faults | path, delay | every call of that path takes so many seconds |
| DELETE /faults | | neither faults nor delays any more |
| … /aibot … | | the AI bot, see ``aibot.control`` |
| GET, PATCH /switches | name: value … | ``switches.Switches``, limits nested |

Deliveries are answered as ``{"attempts", "status", "reply": {"kind", "body"} | null, "took"}``; mistakes of the
caller as ``{"error"}`` with 400 (bad request), 404 (nobody, nothing there) or 409 (not on the screen).
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from aiohttp import web

from adapters.emulator.wecom.aibot.control import BotControl
from adapters.emulator.wecom.aibot.members import BotMembers
from adapters.emulator.wecom.callback import Delivery
from adapters.emulator.wecom.faults import Fault, Kind
from adapters.emulator.wecom.loopback import require_loopback_url
from adapters.emulator.wecom.members import AMR, MP4, PNG, Members
from adapters.emulator.wecom.presses import NotOnScreen
from adapters.emulator.wecom.switches import as_json, set_from_json

Asked = Mapping[str, Any]
Act = Callable[[Asked], Awaitable[Any]]


class Control:
    def __init__(self, server: Members, aibot: BotMembers) -> None:
        self._server = server
        self._aibot = BotControl(aibot)

    def add_routes(self, app: web.Application) -> None:
        for method, path, act in self._actions():
            app.router.add_route(method, f"/_emu/wecom/{path}", _handler(act))

    def _actions(self) -> list[tuple[str, str, Act]]:
        return [
            ("GET", "app", self._app),
            ("PATCH", "app", self._set_app),
            ("GET", "chats", self._chats),
            ("GET", "chats/{chat}", self._chat),
            ("GET", "app-chats", self._app_chats),
            ("POST", "dissolve", self._dissolve),
            ("GET", "sent", self._sent),
            ("GET", "refused", self._refused),
            ("GET", "defects", self._defects),
            ("POST", "says", self._says),
            ("POST", "sends", self._sends),
            ("POST", "opens", self._opens),
            ("POST", "menu", self._menu),
            ("POST", "presses", self._presses),
            ("POST", "events", self._events),
            ("POST", "redeliver", self._redeliver),
            ("POST", "verify", self._verify),
            ("POST", "expire", self._expire),
            ("POST", "faults", self._add_fault),
            ("DELETE", "faults", self._clear_faults),
            ("GET", "switches", self._switches),
            ("PATCH", "switches", self._set_switches),
            *self._aibot.actions(),
        ]

    # ── looking ─────────────────────────────────────────────────────────────────────────────────

    async def _app(self, _: Asked) -> Any:
        names = ("corp_id", "agent_id", "secret", "token", "encoding_aes_key", "callback_url", "webhooks")
        return {name: getattr(self._server, name) for name in names}

    async def _chats(self, _: Asked) -> Any:
        members = [member.wecom for member in self._server.members()]
        return members + list(dict.fromkeys([*self._server.webhooks.values(), *self._server.app_chats]))

    async def _chat(self, asked: Asked) -> Any:
        return [asdict(bubble) for bubble in self._server.chats.of(asked["chat"])]

    async def _app_chats(self, _: Asked) -> Any:
        return [asdict(chat) for chat in self._server.app_chats.values()]

    async def _sent(self, _: Asked) -> Any:
        return [asdict(sent) for sent in self._server.sent]

    async def _refused(self, _: Asked) -> Any:
        return [asdict(refused) for refused in self._server.refused]

    async def _defects(self, _: Asked) -> Any:
        return self._server.defects

    async def _switches(self, _: Asked) -> Any:
        return as_json(self._server.switches)

    # ── what members do ─────────────────────────────────────────────────────────────────────────

    async def _says(self, asked: Asked) -> Any:
        return await self._server.says(asked["userid"], asked["text"])

    async def _sends(self, asked: Asked) -> Any:
        who, server = asked["userid"], self._server
        match asked["kind"]:
            case "image":
                return await server.sends_image(who, _data(asked, PNG))
            case "voice":
                return await server.sends_voice(who, _data(asked, AMR))
            case "video":
                return await server.sends_video(who, _data(asked, MP4))
            case "file":
                return await server.sends_file(who, asked["name"], _data(asked, b""))
            case "location":
                return await server.sends_location(who, asked["lat"], asked["lon"], asked["label"])
            case "link":
                return await server.sends_link(
                    who, asked["title"], asked["url"], asked.get("description", "")
                )
            case kind:
                raise ValueError(f"kind {kind}")

    async def _opens(self, asked: Asked) -> Any:
        return await self._server.opens(asked["userid"])

    async def _menu(self, asked: Asked) -> Any:
        return await self._server.clicks_menu(asked["userid"], asked["key"])

    async def _presses(self, asked: Asked) -> Any:
        press = self._server.presses_stale if asked.get("stale") else self._server.presses
        return await press(asked["userid"], asked["card"], asked["key"], asked.get("selections"))

    async def _dissolve(self, asked: Asked) -> Any:
        self._server.dissolves(asked["chat"])
        return {}

    async def _events(self, asked: Asked) -> Any:
        return await self._server.event(asked)

    # ── what Tencent and its console do ─────────────────────────────────────────────────────────

    async def _redeliver(self, _: Asked) -> Any:
        return await self._server.redeliver()

    async def _verify(self, _: Asked) -> Any:
        verified = await self._server.verify_url()
        return {"ok": verified.ok, "status": verified.status, "took": verified.took}

    async def _set_app(self, asked: Asked) -> Any:
        if "callback_url" in asked:
            require_loopback_url(asked["callback_url"])
            self._server.callback_url = asked["callback_url"]
        for key, group in asked.get("webhooks", {}).items():
            self._server.add_webhook(key, group)
        return await self._app(asked)

    async def _expire(self, asked: Asked) -> Any:
        expire = {
            "token": self._server.tokens.expire,
            "codes": self._server.cards.expire,
            "media": self._server.media.expire,
        }
        if asked["what"] not in expire:
            raise ValueError(f"what {asked['what']}")
        expire[asked["what"]]()
        return {}

    async def _add_fault(self, asked: Asked) -> Any:
        if "delay" in asked:
            self._server.faults.delay(asked["path"], asked["delay"])
        else:
            fault = Fault(Kind(asked["kind"]), asked.get("errcode", 0))
            self._server.faults.add(asked["path"], fault, asked.get("times", 1))
        return {}

    async def _clear_faults(self, _: Asked) -> Any:
        self._server.faults.clear()
        return {}

    async def _set_switches(self, asked: Asked) -> Any:
        set_from_json(self._server.switches, asked)
        return as_json(self._server.switches)


def _handler(act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            body = await request.json() if request.can_read_body else {}
            answer = await act({**request.match_info, **body})
        except NotOnScreen as nothing:
            return _json({"error": str(nothing)}, 409)
        except KeyError as missing:
            return _json({"error": f"{missing} is missing"}, 400)
        except LookupError as nobody:
            return _json({"error": f"unknown: {nobody}"}, 404)
        except (TypeError, ValueError) as wrong:
            return _json({"error": str(wrong)}, 400)
        return _json(_told(answer) if isinstance(answer, Delivery) else answer)

    return handle


def _told(delivery: Delivery) -> Any:
    reply = delivery.reply
    told = {"kind": reply.kind, "body": reply.body} if reply else None
    return {"attempts": delivery.attempts, "status": delivery.status, "reply": told, "took": delivery.took}


def _data(asked: Asked, default: bytes) -> bytes:
    return b64decode(asked["base64"]) if "base64" in asked else default


def _json(value: Any, status: int = 200) -> web.Response:
    text = json.dumps(value, ensure_ascii=False, default=_moment)
    return web.Response(text=text, status=status, content_type="application/json")


def _moment(value: datetime) -> str:
    return value.isoformat()
