"""The AI bot with all its parts, as the program opens it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

from aiohttp import ClientSession

from adapters.chat import Receive
from adapters.ports import Lease
from adapters.wecom.aibot.app import AiBotApp
from adapters.wecom.aibot.desk import Desk
from adapters.wecom.aibot.line import Line
from adapters.wecom.aibot.platform import AiBot, WayRound
from adapters.wecom.aibot.turns import Turns


@dataclass
class AiBotDoor:
    """``platform`` can be talked through at once; ``serve`` before ``run``."""

    app: AiBotApp
    line: Line
    turns: Turns
    platform: AiBot
    desk: Desk | None = None

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
        line, turns = Line(app, session, lease, now=now, rng=Random()), Turns()
        return cls(app, line, turns, AiBot(app, session, line, turns, now=now, way_round=way_round))

    def serve(self, receive: Receive) -> None:
        self.desk = Desk(self.app, receive, self.line, self.platform, self.turns)
        self.line.serve(self.desk.work)

    async def run(self) -> None:
        await self.line.run()

    async def stop(self) -> None:
        if self.desk is not None:
            await self.desk.close()
        await self.line.stop()

    def trouble(self) -> str:
        """Why this replica can't serve, in zh-CN; "" while all is well, or while another one has the connection."""
        health = self.line.health()
        if not health.leading or health.connected:
            return ""
        if health.kicked:
            return "智能机器人的长连接被另一处顶替，稍后重试"
        return health.misconfigured or "智能机器人的长连接没有连上"
