"""The AI bot with all its parts, as the program opens it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random

from aiohttp import ClientSession, web

from adapters.chat import Receive
from adapters.ports import Lease
from adapters.wecom.aibot.app import AiBotApp
from adapters.wecom.aibot.callback import Answers, UrlDoor
from adapters.wecom.aibot.desk import Desk
from adapters.wecom.aibot.diagnosing import by_url, findings
from adapters.wecom.aibot.line import Line
from adapters.wecom.aibot.platform import AiBot, WayRound
from adapters.wecom.aibot.turns import Turns


@dataclass
class AiBotDoor:
    """``platform`` can be talked through at once; ``serve`` before ``run``."""

    app: AiBotApp
    line: Line | None
    answers: Answers | None
    turns: Turns
    platform: AiBot
    now: Callable[[], datetime]
    desk: Desk | None = None
    url_door: UrlDoor | None = None

    @classmethod
    def build(
        cls,
        app: AiBotApp,
        session: ClientSession,
        lease: Lease,
        *,
        now: Callable[[], datetime],
        way_round: WayRound,
    ) -> AiBotDoor:
        turns = Turns()
        if app.by_url:
            answers = Answers(app, session)
            bot = AiBot(app, session, answers, turns, now=now, way_round=way_round, findings=by_url)
            return cls(app, None, answers, turns, bot, now)
        line = Line(app, session, lease, now=now, rng=Random())
        looking = partial(findings, line)
        bot = AiBot(app, session, line, turns, now=now, way_round=way_round, findings=looking)
        return cls(app, line, None, turns, bot, now)

    def serve(self, receive: Receive) -> list[web.RouteDef]:
        """The routes that it needs: none for the long connection."""
        wire = self.line or self.answers
        assert wire is not None
        self.desk = Desk(self.app, receive, wire, self.platform, self.turns)
        if self.line is not None:
            self.line.serve(self.desk.work)
        if self.answers is None:
            return []
        self.url_door = UrlDoor(self.app, self.answers, self.desk, now=self.now)
        return self.url_door.routes()

    async def run(self) -> None:
        if self.line is not None:
            await self.line.run()

    async def stop(self) -> None:
        if self.desk is not None:
            await self.desk.close()
        if self.line is not None:
            await self.line.stop()
        if self.url_door is not None:
            await self.url_door.stop()

    def trouble(self) -> str:
        """Why this replica can't serve, in zh-CN; "" while all is well, or while another one has the connection."""
        if self.line is None:
            return ""
        health = self.line.health()
        if not health.leading or health.connected:
            return ""
        if health.kicked:
            return "智能机器人的长连接被另一处顶替，稍后重试"
        return health.misconfigured or "智能机器人的长连接没有连上"
