"""A ticket through the encrypted WeCom callback, answered after its commit, beside the raw server.

Sending is held: what the vendors' servers take to answer says nothing about us. All else is on as by default.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median
from time import time
from urllib.parse import urlencode

from adapters.wecom import WeComApp
from bot.bench.report import Chapter, Figure
from storage import filling
from storage.database import Database
from storage.outbox_hold import RESTORED, put_on_hold
from tests.adapters.wecom.knocking import knock
from tests.bench.load import Offered, Request, offer
from tests.bench.serving import Server, serving
from tests.stories.stage import free_port

ROUNDS, REQUESTS = 5, 300
USERS = 50
KEY = secrets.token_hex(22)[:43]
APP = WeComApp("wwbench000000001", 1000002, "not called", "benchToken", KEY)
MESSAGE = (
    "<xml><ToUserName>{corp}</ToUserName><FromUserName>U{user}</FromUserName><CreateTime>{at}</CreateTime>"
    "<MsgType>text</MsgType><Content>报修 {text}</Content><MsgId>{id}</MsgId><AgentID>{agent}</AgentID></xml>"
)
TEXT = "3楼打印机卡纸，第 {} 次"


@dataclass
class Contender:
    """Somebody who makes tickets, and what each round of it took."""

    name: str
    server: Server
    requests: Requests
    rounds: list[Offered] = field(default_factory=list)
    cpu: float = 0.0

    async def run(self, connections: int) -> None:
        made = self.requests(REQUESTS)
        before = self.server.cpu()
        self.rounds.append(await offer(made, connections))
        self.cpu += self.server.cpu() - before

    def samples(self) -> Sequence[float]:
        return [offered.seconds * 1000 / REQUESTS for offered in self.rounds]

    def told(self) -> str:
        waits = sorted(wait for offered in self.rounds for wait in offered.waits)
        p99 = waits[int(len(waits) * 0.99)]
        cpu = self.cpu * 1000 / (REQUESTS * len(self.rounds))
        pace = 1000 / median(self.samples())
        return f"{self.name} {pace:.0f}/s, p50 {median(waits):.1f} ms, p99 {p99:.1f} ms, {cpu:.2f} ms of CPU each"


class Requests:
    """Makes requests that were never made before."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._numbers = count(1)

    def __call__(self, many: int) -> list[Request]:
        return [self.one(next(self._numbers)) for _ in range(many)]

    def one(self, number: int) -> Request:
        body = f'{{"user": "U{number % USERS}", "text": "{TEXT.format(number)}"}}'
        return Request(f"{self.base}/create", body.encode())


class Callbacks(Requests):
    def one(self, number: int) -> Request:
        now = datetime.fromtimestamp(time(), UTC)
        xml = MESSAGE.format(
            corp=APP.corp_id,
            user=number % USERS,
            at=int(now.timestamp()),
            text=TEXT.format(number),
            id=f"{secrets.randbits(40)}{number:06}",
            agent=APP.agent_id,
        )
        made = knock(APP, xml.encode(), now)
        return Request(f"{self.base}/wecom/callback?{urlencode(made.query)}", made.body)


async def bench_create(url: str, raw: str, folder: Path, connections: Sequence[int]) -> list[Chapter]:
    """``url`` and ``raw`` are two empty databases of one kind."""
    await _prepared(url)
    async with AsyncExitStack() as stack:
        ours_port, raw_port = free_port(), free_port()
        baseline = await stack.enter_async_context(
            serving("tests.bench.raw", raw, str(raw_port), port=raw_port)
        )
        env = _environment(url, folder, ours_port)
        ours = await stack.enter_async_context(serving("bot", "serve", port=ours_port, env=env))
        return [await _chapter(baseline, ours, many, await _kind(url)) for many in connections]


async def _chapter(baseline: Server, ours: Server, connections: int, kind: str) -> Chapter:
    both = (
        Contender("raw", baseline, Requests(baseline.base)),
        Contender("ours", ours, Callbacks(ours.base)),
    )
    for one in both:
        await offer(one.requests(REQUESTS // 4), connections)
    for _ in range(ROUNDS):
        for one in both:
            await one.run(connections)
    figures = [Figure(f"{one.name}, one ticket", one.samples()) for one in both]
    note = "; ".join(one.told() for one in both) + f"; ours holds {ours.megabytes():.0f} MB (PSS)"
    return Chapter(f"Create over {connections} connections", kind, figures, note)


async def _prepared(url: str) -> None:
    database = Database(url)
    try:
        await database.migrate()
        await filling.require_empty(database)
        async with database.write() as connection:
            await put_on_hold(connection, datetime.fromtimestamp(time(), UTC), RESTORED)
    finally:
        await database.close()


async def _kind(url: str) -> str:
    database = Database(url)
    try:
        return await filling.version_of(database)
    finally:
        await database.close()


def _environment(url: str, folder: Path, port: int) -> dict[str, str]:
    config = folder / f"{port}.toml"
    config.write_text(
        f"""
[server]
port = {port}
[storage]
url = "{url}"
spool = "{folder}/spool-{port}"
files = "{folder}/files-{port}"
backups = ""
[wecom]
corp_id = "{APP.corp_id}"
api_base = "http://127.0.0.1:9"
[wecom.app]
agent_id = {APP.agent_id}
secret = "{APP.secret}"
token = "{APP.token}"
encoding_aes_key = "{APP.encoding_aes_key}"
[[people]]
name = "李四"
wecom = "LiSi"
[[desks]]
key = "it"
name = "IT 服务台"
prefix = "IT"
members = ["李四"]
sla = "standard"
keywords = ["打印机"]
[[sla]]
name = "standard"
P3 = {{ respond = "2h", resolve = "24h" }}
ladder = ["0s", "30m"]
""",
        encoding="utf-8",
    )
    return {"PAIDAN_CONFIG": str(config)}
