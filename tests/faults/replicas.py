"""Several real ``paidan serve`` on one database, behind a balancer that knows no more than whether a port answers."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from adapters.emulator.server import Emulator
from tests.stories.stage import free_port

CONFIG = """
[server]
drain = "10s"
[storage]
url = "{url}"
files = "{folder}/files"
spool = "{folder}/spool"
backups = ""
[wecom]
corp_id = "{wecom.corp_id}"
api_base = "{base}"
[wecom.app]
agent_id = {wecom.agent_id}
secret = "{wecom.secret}"
token = "{wecom.token}"
encoding_aes_key = "{wecom.encoding_aes_key}"
[wecom.aibot]
bot_id = "{wecom.aibot.bot_id}"
secret = "{wecom.aibot.secret}"
name = "小单"
ws_url = "{wecom.aibot.ws_url}"
[dingtalk]
client_id = "{made.dingtalk_client_id}"
client_secret = "{made.dingtalk_client_secret}"
robot_code = "{made.dingtalk_robot_code}"
api_base = "{base}"
oapi_base = "{base}"
[digest]
to = []
[[people]]
name = "李四"
wecom = "LiSi"
dingtalk = "lisi01"
roles = ["agent"]
[[desks]]
key = "it"
name = "IT 服务台"
prefix = "IT"
members = ["李四"]
channels = ["dingtalk:cidIT=="]
keywords = ["VPN"]
"""

STARTS_WITHIN = 60.0


def config_for(emulator: Emulator, url: str, folder: Path) -> Path:
    path = folder / "config.toml"
    made = {"base": emulator.base_url, "wecom": emulator.wecom, "made": emulator.credentials}
    path.write_text(CONFIG.format(url=url, folder=folder, **made), encoding="utf-8")
    return path


@dataclass
class Replica:
    """One process. ``program`` is the folder whose bot, adapters, domain and storage it runs."""

    config: Path
    log: Path
    program: Path
    port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PAIDAN_")}
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "serve", "--config", str(self.config)),
                cwd=self.program,
                env={**environment, "PAIDAN_SERVER__PORT": str(self.port), "PYTHONPATH": str(self.program)},
                stdout=log,
                stderr=log,
            )

    async def ready(self) -> None:
        url = f"http://127.0.0.1:{self.port}/readyz"
        async with asyncio.timeout(STARTS_WITHIN), aiohttp.ClientSession() as session:
            while True:
                assert self.process is not None
                assert self.process.returncode is None, self.log.read_text()[-3000:]
                with suppress(aiohttp.ClientError):
                    async with session.get(url) as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.1)

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def kill(self) -> None:
        if self.is_alive and self.process is not None:
            self.process.kill()
            await self.process.wait()

    async def stop(self) -> int:
        assert self.process is not None
        if self.is_alive:
            self.process.terminate()
        return await self.process.wait()


@dataclass
class Balancer:
    """Each connection goes to the next port, or to the one after it where nobody answers."""

    ports: list[int]
    port: int = 0
    _turn: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in tuple(self._open):
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await self._connect()
        except ConnectionError:
            writer.transport.abort()
            return
        self._open |= {writer, there_writer}
        await asyncio.gather(_copy(reader, there_writer), _copy(there_reader, writer))
        self._open -= {writer, there_writer}

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for _ in self.ports:
            self._turn = (self._turn + 1) % len(self.ports)
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", self.ports[self._turn])
        raise ConnectionRefusedError


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    with suppress(ConnectionError, RuntimeError):
        writer.close()


@dataclass
class Cluster:
    replicas: list[Replica]
    balancer: Balancer

    def add(self, replica: Replica) -> None:
        self.replicas.append(replica)
        self.balancer.ports.append(replica.port)

    def remove(self, replica: Replica) -> None:
        self.replicas.remove(replica)
        self.balancer.ports.remove(replica.port)

    def logs(self) -> str:
        return "\n".join(f"── {r.log.name}\n{r.log.read_text()[-1500:]}" for r in self.replicas)


@asynccontextmanager
async def cluster(
    emulator: Emulator, url: str, folder: Path, program: Path, count: int = 3
) -> AsyncIterator[Cluster]:
    """All of them at once on a database without a table: one makes the schema, the others wait for it."""
    config = config_for(emulator, url, folder)
    replicas = [Replica(config, folder / f"{name}.log", program) for name in "abcdefgh"[:count]]
    made = Cluster(replicas, Balancer([replica.port for replica in replicas]))
    await made.balancer.start()
    emulator.wecom.callback_url = f"http://127.0.0.1:{made.balancer.port}/wecom/callback"
    try:
        await asyncio.gather(*(replica.start() for replica in replicas))
        await asyncio.gather(*(replica.ready() for replica in replicas))
        yield made
        ended = await asyncio.gather(*(replica.stop() for replica in made.replicas))
        assert set(ended) == {0}, made.logs()
    finally:
        for replica in made.replicas:
            await replica.kill()
        await made.balancer.stop()
