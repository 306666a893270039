"""Driving the played DingTalk from outside, over HTTP and JSON, under ``/_emu/dingtalk``.

| request | body or query | does |
|---|---|---|
| GET  /state | | connections, counts, refusals, defects, metered calls |
| GET  /people | | the company's people and groups on DingTalk |
| GET  /chats/{chat} | | bubbles of a direct chat (user id) or group (openConversationId) |
| GET  /cards | | outTrackIds, templates and places |
| GET  /cards/{out_track_id}?user= | | what that user sees: variables, buttons, form fields |
| POST /says | userid, text, group?, mentions?, quoting? | a sentence to the robot |
| POST /sends | userid, kind, content?, group?, mentions? | another kind of message (``_MESSAGES`` below) |
| POST /presses | userid, outTrackId, action, params?, stale? | a button; 409 if this user cannot see it |
| POST /forms | userid, outTrackId, values, action? | a filled-in form |
| POST /events | type, data? | an organisation event |
| POST /frame | raw | any text on one socket |
| POST /redeliver | | all unacked frames once more |
| POST /repeat | | the last message, press or event once more, though it was acked |
| POST /ping | | an application ping on every socket |
| POST /disconnect | reason? | announce the end of all sockets |
| POST /sockets | how: close, reset, stalled, half open | the sockets go bad without a word |
| POST /expire | what: tokens, sessions, files | before their time |
| POST /faults | path, fault, times?, seconds?, chance? | the next calls of that path fail; faults of ``faults.Fault`` |
| DELETE /faults | | none of them any more |
| GET, PATCH /switches | name: value … | ``switches.Switches`` |
| POST /robots | token, group, secret?, keywords? | a custom robot |
| POST /templates | id, published? | a card template of the company's own |
| POST /outsiders | id, name, group? | somebody from outside the company |
| POST /groups/{group} | robot_inside?, disbanded? | change a group |
| POST /login | userid | a code as the client hands it to a page inside DingTalk |

Deliveries are answered as ``{"acked", "code", "response", "took", "late", "message_id"}``; mistakes of the
caller as ``{"error"}`` with 400 (bad request), 404 (no such card or group) or 409 (a real client could not).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from aiohttp import web

from adapters.emulator.dingtalk.connections import Health
from adapters.emulator.dingtalk.control_views import bubbles, card_seen, cards, people, state
from adapters.emulator.dingtalk.custom_robots import CustomRobot
from adapters.emulator.dingtalk.faults import Fault
from adapters.emulator.dingtalk.messages import (
    Audio,
    File,
    Message,
    Picture,
    Quote,
    RichText,
    Text,
    Unknown,
    Video,
)
from adapters.emulator.dingtalk.people import ClientCannot
from adapters.emulator.dingtalk.presses import NoSuchButton
from adapters.emulator.dingtalk.stream import Delivery

if TYPE_CHECKING:
    from adapters.emulator.dingtalk.server import DingTalkServer

Json = dict[str, Any]
Action = Callable[[Json], Awaitable[Any]]
PREFIX = "/_emu/dingtalk"

# kind of /sends -> what its ``content`` (text) stands for
_MESSAGES: dict[str, Callable[[str], Message]] = {
    "picture": lambda content: Picture(content.encode() or Picture.content),
    "richText": lambda content: RichText((content, Picture())),
    "audio": Audio,
    "video": lambda content: Video(content.encode() or Video.content),
    "file": lambda content: File("文件.pdf", content.encode() or b"%PDF-1.4"),
    "unknown": lambda content: Unknown(content or Unknown.kind),
}


def add_control(app: web.Application, server: DingTalkServer) -> None:
    control = Control(server)
    for method, path, action in control.actions():
        app.router.add_route(method, f"{PREFIX}{path}", _handler(action))


def _handler(action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            body = await request.json() if request.can_read_body else {}
            answer = await action({**request.query, **request.match_info, **body})
        except (ClientCannot, NoSuchButton) as fault:
            return web.json_response({"error": str(fault)}, status=409)
        except LookupError as fault:
            return web.json_response({"error": f"unknown: {fault}"}, status=404)
        except (ValueError, TypeError) as fault:
            return web.json_response({"error": str(fault)}, status=400)
        return web.json_response(asdict(answer) if isinstance(answer, Delivery) else answer)

    return handle


class Control:
    def __init__(self, server: DingTalkServer) -> None:
        self._server = server

    def actions(self) -> list[tuple[str, str, Action]]:
        return [
            ("GET", "/state", self._state),
            ("GET", "/people", self._people),
            ("GET", "/chats/{chat}", self._chat),
            ("GET", "/cards", self._cards),
            ("GET", "/cards/{out_track_id}", self._card),
            ("POST", "/says", self._says),
            ("POST", "/sends", self._sends),
            ("POST", "/presses", self._presses),
            ("POST", "/forms", self._forms),
            ("POST", "/events", self._events),
            ("POST", "/frame", self._frame),
            ("POST", "/redeliver", self._redeliver),
            ("POST", "/repeat", self._repeat),
            ("POST", "/ping", self._ping),
            ("POST", "/disconnect", self._disconnect),
            ("POST", "/sockets", self._sockets),
            ("POST", "/expire", self._expire),
            ("POST", "/faults", self._plan_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("GET", "/switches", self._show_switches),
            ("PATCH", "/switches", self._set_switches),
            ("POST", "/robots", self._add_robot),
            ("POST", "/templates", self._add_template),
            ("POST", "/outsiders", self._add_outsider),
            ("POST", "/groups/{group}", self._change_group),
            ("POST", "/login", self._login),
        ]

    # ── looking ─────────────────────────────────────────────────────────────────────────────────

    async def _state(self, _: Json) -> Json:
        return state(self._server)

    async def _people(self, _: Json) -> Json:
        return people(self._server)

    async def _chat(self, asked: Json) -> Json:
        return {"bubbles": bubbles(self._server, asked["chat"])}

    async def _cards(self, _: Json) -> Json:
        return {"cards": cards(self._server)}

    async def _card(self, asked: Json) -> Json:
        return card_seen(self._server, asked["out_track_id"], asked.get("user", ""))

    # ── what people do ──────────────────────────────────────────────────────────────────────────

    async def _says(self, asked: Json) -> Delivery:
        quote = Quote(asked["quoting"]) if asked.get("quoting") else None
        return await self._sent(asked, Text(_word(asked, "text"), quote))

    async def _sends(self, asked: Json) -> Delivery:
        return await self._sent(asked, _MESSAGES[_word(asked, "kind")](asked.get("content", "")))

    async def _sent(self, asked: Json, message: Message) -> Delivery:
        mentions = asked.get("mentions") or ()
        return await self._server.sends(_word(asked, "userid"), message, asked.get("group"), mentions)

    async def _presses(self, asked: Json) -> Delivery:
        who, card, action = _word(asked, "userid"), _word(asked, "outTrackId"), _word(asked, "action")
        if asked.get("stale"):
            return await self._server.presses_stale(who, card, action)
        return await self._server.presses(who, card, action, asked.get("params"))

    async def _forms(self, asked: Json) -> Delivery:
        who, card = _word(asked, "userid"), _word(asked, "outTrackId")
        return await self._server.submits_form(who, card, asked["values"], asked.get("action", "submit"))

    async def _events(self, asked: Json) -> Delivery:
        return await self._server.org_event(_word(asked, "type"), **asked.get("data", {}))

    async def _login(self, asked: Json) -> Json:
        return {"code": self._server.login.code_for(_word(asked, "userid"))}

    # ── what goes wrong ─────────────────────────────────────────────────────────────────────────

    async def _frame(self, asked: Json) -> Delivery:
        return await self._server.frame(_word(asked, "raw"))

    async def _redeliver(self, _: Json) -> Json:
        return {"deliveries": [asdict(d) for d in await self._server.redeliver()]}

    async def _repeat(self, _: Json) -> Delivery:
        return await self._server.repeat()

    async def _ping(self, _: Json) -> Json:
        return {"deliveries": [asdict(d) for d in await self._server.ping()]}

    async def _disconnect(self, asked: Json) -> Json:
        await self._server.disconnect(asked.get("reason", "persistent connection is timeout"))
        return _DONE

    async def _sockets(self, asked: Json) -> Json:
        match asked.get("how"):
            case "close":
                await self._server.close_sockets()
            case "reset":
                self._server.reset_sockets()
            case how:
                self._server.stall(Health(how))
        return _DONE

    async def _expire(self, asked: Json) -> Json:
        actions = {
            "tokens": self._server.tokens.expire,
            "sessions": self._server.sessions.expire,
            "files": self._server.files.forget_codes,
        }
        actions[_word(asked, "what")]()
        return _DONE

    async def _plan_fault(self, asked: Json) -> Json:
        times, seconds = int(asked.get("times", 1)), float(asked.get("seconds", 3))
        chance = float(asked.get("chance", 1))
        self._server.faults.plan(
            _word(asked, "path"), Fault(asked.get("fault")), times=times, seconds=seconds, chance=chance
        )
        return _DONE

    async def _clear_faults(self, _: Json) -> Json:
        self._server.faults.clear()
        return _DONE

    # ── how it is set up ────────────────────────────────────────────────────────────────────────

    async def _show_switches(self, _: Json) -> Json:
        addresses = self._server.switches.allowed_ips
        return asdict(self._server.switches) | {"allowed_ips": sorted(addresses) if addresses else None}

    async def _set_switches(self, asked: Json) -> Json:
        known = {f.name for f in fields(self._server.switches)}
        if unknown := set(asked) - known:
            raise ValueError(f"no such switches: {sorted(unknown)}")
        if asked.get("allowed_ips") is not None:
            asked["allowed_ips"] = frozenset(asked["allowed_ips"])
        checked = replace(self._server.switches, **asked)
        for name in asked:
            setattr(self._server.switches, name, getattr(checked, name))
        return _DONE

    async def _add_robot(self, asked: Json) -> Json:
        robot = CustomRobot(
            _word(asked, "group"), asked.get("secret", ""), tuple(asked.get("keywords") or ())
        )
        self._server.custom_robots.add(_word(asked, "token"), robot)
        return _DONE

    async def _add_template(self, asked: Json) -> Json:
        self._server.card_api.templates[_word(asked, "id")] = asked.get("published", True)
        return _DONE

    async def _add_outsider(self, asked: Json) -> Json:
        self._server.tenant.outsiders[_word(asked, "id")] = _word(asked, "name")
        if "group" in asked:
            self._server.tenant.company.groups[asked["group"]].members.append(asked["id"])
        return _DONE

    async def _change_group(self, asked: Json) -> Json:
        group = self._server.tenant.company.groups[asked["group"]]
        group.robot_inside = asked.get("robot_inside", group.robot_inside)
        if asked.get("disbanded"):
            self._server.tenant.disbanded.add(group.id)
        return _DONE


_DONE: Json = {"done": True}


def _word(asked: Json, name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is missing")
    return value
