"""A command imports what it needs and no more: most of the time until its answer is imports."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

EXAMPLE = ("--config", str(Path(__file__).parents[2] / "config.example.toml"))

IMPORTED_BY = """
import gc, json, sys
from bot.__main__ import main
try:
    main()
finally:
    told = {"imported": sorted({name.partition(".")[0] for name in sys.modules}), "collects": gc.isenabled()}
    print(json.dumps(told), file=sys.stderr)
"""

SERVER = {"aiohttp", "apscheduler", "cryptography", "dingtalk_stream", "jinja2", "joserfc", "wechatpy"}
DATABASE = {"aiosqlite", "alembic", "asyncpg", "sqlalchemy"}
READER = SERVER | {"alembic", "asyncpg", "rich", "structlog"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("words", "unneeded"),
    [
        (["--help"], SERVER | DATABASE | {"domain", "holidays", "pydantic", "storage", "structlog"}),
        (["check", *EXAMPLE], SERVER | DATABASE | {"holidays", "rich", "storage", "structlog"}),
        (["calendar"], SERVER | DATABASE | {"rich", "structlog"}),
        (["outbox", "list", *EXAMPLE], READER | {"holidays"}),
        (["export", *EXAMPLE], READER | {"holidays"}),
        (["sla", "explain", "1", *EXAMPLE], READER),
        (["verify", "--head", *EXAMPLE], READER | {"holidays"}),
    ],
    ids=["help", "check", "calendar", "outbox", "export", "explain", "verify"],
)
async def test_a_command_imports_only_what_it_needs(
    words: list[str], unneeded: set[str], database_url: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", IMPORTED_BY, *words),
        env={**os.environ, "PAIDAN_STORAGE__URL": database_url},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaints = await process.communicate()
    told = json.loads(complaints.decode().splitlines()[-1])
    assert "typer" in told["imported"]
    assert sorted(unneeded.intersection(told["imported"])) == []
    assert told["collects"] == (
        "sqlalchemy" in told["imported"]
    )  # what only looks at a file is over too soon
