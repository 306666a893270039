"""Secrets stay where they belong: all that the program says at DEBUG, to anybody, is searched for them."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from adapters.emulator.clock import Clock
from adapters.emulator.server import Emulator
from bot.__main__ import cli
from bot.redaction import STARS, Redaction, secrets_in
from bot.settings import Settings
from tests.faults.victim import Victim
from tests.stories.stage import (
    ALERTS,
    BOTH_GROUPS,
    GROUP,
    WEBHOOK_KEY,
    company,
    free_port,
    settings_for,
    shown,
)

TOLD = "VPN 连不上，私事四七九二"
KEY = base64.b64encode(secrets.token_bytes(32)).decode()
COMMANDS = (
    ("check",),
    ("doctor",),
    ("export",),
    ("outbox", "list", "--json"),
    ("quota",),
    ("verify", "--json"),
    ("sla", "explain", "1001"),
)


@dataclass
class Life:
    emulator: Emulator
    settings: Settings
    victim: Victim

    @property
    def base(self) -> str:
        return self.settings.server.public_url

    def secrets(self) -> frozenset[str]:
        """Credentials, and each token that the emulated servers gave out."""
        given = self.emulator.wecom.tokens.given | self.emulator.dingtalk.tokens.given
        assert len(given) >= 2
        return frozenset(secrets_in(self.settings)) | given

    async def seen(self, platform: str, chat: str, words: str) -> None:
        """Waits until it is on the screen."""
        server = self.emulator.wecom if platform == "wecom" else self.emulator.dingtalk
        changed = asyncio.Event()
        server.chats.on_change(lambda _: changed.set())
        async with asyncio.timeout(20):
            while not any(words in shown(bubble) for bubble in server.chats.of(chat)):
                changed.clear()
                await changed.wait()

    def environment(self) -> dict[str, str]:
        """The configuration for commands, as an operator may give it in the environment."""
        sections = ("server", "storage", "wecom", "dingtalk", "sla")
        given = {name: getattr(self.settings, name) for name in sections}
        return {f"PAIDAN_{name.upper()}": json.dumps(_plain(value)) for name, value in given.items()}


def _plain(value: Any) -> Any:
    if hasattr(value, "model_fields_set"):
        return {name: _plain(getattr(value, name)) for name in value.model_fields_set}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(getattr(key, "value", key)): _plain(one) for key, one in value.items()}
    if isinstance(value, timedelta):
        return f"{int(value.total_seconds())}s"
    return value.get_secret_value() if isinstance(value, SecretStr) else value


@pytest.fixture
async def life(database_url: str, tmp_path: Path) -> AsyncIterator[Life]:
    emulator = Emulator(company(), Clock())
    emulator.wecom.add_webhook(WEBHOOK_KEY, ALERTS)
    await emulator.start(0)
    port = free_port()
    emulator.wecom.callback_url = f"http://127.0.0.1:{port}/wecom/callback"
    settings = settings_for(
        emulator, database_url, tmp_path, port, BOTH_GROUPS, storage={"encryption_keys": [f"test:{KEY}"]}
    )
    loud = settings.server.model_copy(update={"log_level": "debug"})
    settings = settings.model_copy(update={"server": loud})
    victim = Victim(settings, tmp_path)
    try:
        victim.start()
        await emulator.dingtalk.connected(timeout=30)
        yield Life(emulator, settings, victim)
        await victim.stop()
    finally:
        victim.kill()
        await emulator.stop()


async def misfortunes(life: Life) -> None:
    """Calls are refused, broken and cut off, tokens run out in the middle."""
    emulator = life.emulator
    emulator.wecom.faults.fail("message/send", 42001)
    emulator.wecom.faults.bad_gateway("message/send")
    emulator.wecom.faults.reset_before("webhook/send")
    emulator.wecom.tokens.expire()
    emulator.dingtalk.tokens.expire()
    await emulator.wecom.says("ZhangSan", f"报修 {TOLD}")
    await life.seen("wecom", "ZhangSan", "IT-1001")
    await life.seen("dingtalk", GROUP, "IT-1001")
    await emulator.dingtalk.says("lisi01", "接单 1001")
    await life.seen("wecom", "ZhangSan", "李四")


async def answers(life: Life) -> list[str]:
    """What any door says, to who may ask and to who may not."""
    found = []
    async with aiohttp.ClientSession(life.base) as session:
        for path in (
            "/healthz",
            "/readyz",
            "/metrics",
            "/",
            "/t/IT-1001",
            "/t/IT-1001?sig=wrong",
            "/wecom/callback",
            "/wecom/callback?msg_signature=a&timestamp=1&nonce=2&echostr=b",
        ):
            async with session.get(path) as answer:
                found.append(f"{answer.headers} {await answer.text()}")
        async with session.post("/wecom/callback", data=b"<xml>" + b"\xff" * 99) as answer:
            found.append(f"{answer.headers} {await answer.text()}")
    return found


def commands(life: Life, folder: Path) -> list[str]:
    """What the operator's commands print, and the bytes of a backup."""
    runner = CliRunner(env={**life.environment(), "PAIDAN_CONFIG": ""})
    found = []
    for words in (*COMMANDS, ("backup", str(folder))):
        result = runner.invoke(cli, words)
        assert result.exit_code in (0, 1), (words, result.output)
        found.append(result.output)
    [backup] = folder.glob("*.backup")
    return [*found, backup.read_bytes().decode("latin-1")]


async def test_no_secret_gets_out_and_no_word_of_a_message_into_the_log(life: Life, tmp_path: Path) -> None:
    await misfortunes(life)
    said = await answers(life)
    printed = await asyncio.to_thread(commands, life, tmp_path / "backups")
    await life.victim.stop()
    log = life.victim.log.read_text(encoding="utf-8")
    screens = [
        shown(bubble)
        for server, chats in (
            (life.emulator.wecom, ("ZhangSan", ALERTS)),
            (life.emulator.dingtalk, ("lisi01", GROUP)),
        )
        for chat in chats
        for bubble in server.chats.of(chat)
    ]
    assert '"level": "debug"' in log
    assert "IT-1001" in "".join(printed)
    for sink, text in {
        "log": log,
        "door": "".join(said),
        "command": "".join(printed),
        "chat": "".join(screens),
    }.items():
        assert [secret for secret in life.secrets() if secret in text] == [], sink
    assert TOLD not in log
    assert TOLD not in printed[-1]


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("GET https://host/cgi-bin/message/send?access_token=abcdef&debug=1", "abcdef"),
        ("wss://host/connect?ticket=0123-4567", "0123-4567"),
        ("https://host/t/1?sig=ABCD_ef-12 failed", "ABCD_ef-12"),
        ("postgresql://paidan:hunter2@db/paidan", "hunter2"),
        ("ValueError('top/secret+value=')", "top/secret+value="),
        ('{"error": "top/secret+value="}', "top/secret+value="),
    ],
)
def test_what_is_hidden_in_a_line(line: str, hidden: str) -> None:
    redaction = Redaction()
    redaction.learn(["top/secret+value=", "", "ab"])
    assert hidden not in redaction(line)
    assert STARS in redaction(line)


@pytest.mark.parametrize(
    "line", ["a ticket=12 and a key: abc", "about ab", "https://host/t/1?page=2", "12:30@home"]
)
def test_what_stays(line: str) -> None:
    redaction = Redaction()
    redaction.learn(["ab", "not here"])
    assert redaction(line) == line
