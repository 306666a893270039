"""[server] and [storage]."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import time, timedelta

from pydantic import Field, SecretStr

from bot.settings.problems import Problem
from bot.settings.values import Clock, Duration, Section


class Server(Section):
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    ipv4_only: bool = False  # where a platform sees an IPv6 address that its allow-list does not take


class Storage(Section):
    url: str = "sqlite:///data/paidan.db"
    files: str = "data/files"
    spool: str = "data/spool"
    encryption_keys: tuple[SecretStr, ...] = ()
    backups: str = "data/backups"  # "" makes none
    backup_at: Clock = time(2)
    backup_keep: Duration = timedelta(days=14)


def check_storage(storage: Storage) -> Iterator[Problem]:
    for index, pair in enumerate(storage.encryption_keys):
        yield from _check_key(f"storage.encryption_keys[{index}]", pair.get_secret_value())
    if storage.backup_keep < timedelta(days=1):
        yield Problem("storage.backup_keep", "至少保留 1d")


def _check_key(path: str, pair: str) -> Iterator[Problem]:
    name, _, value = pair.partition(":")
    try:
        size = len(base64.b64decode(value, validate=True))
    except binascii.Error:
        size = 0
    if not name or size not in (16, 24, 32):
        yield Problem(path, "请写成 名字:base64，内容为 16、24 或 32 字节")
