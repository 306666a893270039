"""Driving the played AI bot from outside, under ``/_emu/wecom/aibot``.

| request | body | does |
|---|---|---|
| GET /aibot | | bot_id, secret, name, ws_url, groups, connected |
| PATCH /aibot | groups | puts the bot into those groups |
| POST /aibot/says | userid, text, group?, quote? | a sentence; in a group with the mention |
| POST /aibot/opens | userid | the first look into the private chat |
| POST /aibot/presses | userid, card, key, selections?, stale? | card is a bubble id or task_id |
| POST /aibot/kick, /aibot/close | | as another subscriber would; a clean close |

Acts are answered as ``{"answered"}``: whether the bot answered within a few seconds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from adapters.emulator.wecom.aibot.members import BotMembers

Asked = Mapping[str, Any]
Act = Callable[[Asked], Awaitable[Any]]


class BotControl:
    def __init__(self, bot: BotMembers) -> None:
        self._bot = bot

    def actions(self) -> list[tuple[str, str, Act]]:
        return [
            ("GET", "aibot", self._look),
            ("PATCH", "aibot", self._enter),
            ("POST", "aibot/says", self._says),
            ("POST", "aibot/opens", self._opens),
            ("POST", "aibot/presses", self._presses),
            ("POST", "aibot/kick", self._kick),
            ("POST", "aibot/close", self._close),
        ]

    async def _look(self, _: Asked) -> Any:
        names = ("bot_id", "secret", "name", "ws_url")
        told = {name: getattr(self._bot, name) for name in names}
        return {**told, "groups": sorted(self._bot.groups), "connected": self._bot.live is not None}

    async def _enter(self, asked: Asked) -> Any:
        self._bot.groups.update(asked["groups"])
        return await self._look(asked)

    async def _says(self, asked: Asked) -> Any:
        group, quote = asked.get("group", ""), asked.get("quote", "")
        return {"answered": (await self._bot.says(asked["userid"], asked["text"], group, quote)).answered}

    async def _opens(self, asked: Asked) -> Any:
        return {"answered": (await self._bot.opens(asked["userid"])).answered}

    async def _presses(self, asked: Asked) -> Any:
        stale = bool(asked.get("stale"))
        who, card, key = asked["userid"], asked["card"], asked["key"]
        act = await self._bot.presses(who, card, key, asked.get("selections"), stale=stale)
        return {"answered": act.answered}

    async def _kick(self, _: Asked) -> Any:
        await self._bot.kick()
        return {}

    async def _close(self, _: Asked) -> Any:
        await self._bot.close_all()
        return {}
