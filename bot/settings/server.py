"""[server] and [storage]."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import time, timedelta
from typing import Literal

from pydantic import Field, SecretStr

from bot.settings.problems import Problem
from bot.settings.values import Clock, Duration, Section
from domain.files.file import Caps

_MB = 1024 * 1024
_RUNNABLE = frozenset(
    """exe dll com bat cmd ps1 vbs js jse wsf hta msi scr lnk jar apk sh html htm svg xhtml
    htaccess php""".split()  # noqa: SIM905
)


class Server(Section):
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    public_url: str = ""
    # Who may read a ticket's page: off = whoever has a card's link; optional = also who logs in and may see the
    # ticket in the chat; required = only these.
    login: Literal["off", "optional", "required"] = "optional"
    trusted_proxies: tuple[str, ...] = ()
    drain: Duration = timedelta(seconds=20)  # for what is under way when the program is told to end
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    ipv4_only: bool = False  # where a platform sees an IPv6 address that its allow-list does not take


class Storage(Section):
    url: str = "sqlite:///data/paidan.db"
    pooled: bool = False  # a pooler in transaction mode stands before PostgreSQL
    direct_url: str = ""  # past it, for what needs a session
    files: str = "data/files"
    spool: str = "data/spool"
    file_mb: int = Field(20, ge=1, le=100)
    ticket_files: int = Field(30, ge=1, le=500)
    ticket_mb: int = Field(200, ge=1, le=10_000)
    file_types: tuple[str, ...] = ()
    keep_files: Duration | None = None
    clamd: str = ""
    encryption_keys: tuple[SecretStr, ...] = ()
    backups: str = "data/backups"  # "" makes none
    backup_at: Clock = time(2)
    backup_keep: Duration = timedelta(days=14)


def caps_of(storage: Storage) -> Caps:
    return Caps(
        file_bytes=storage.file_mb * _MB,
        ticket_bytes=storage.ticket_mb * _MB,
        ticket_files=storage.ticket_files,
        endings=frozenset(storage.file_types),
    )


def check_storage(storage: Storage) -> Iterator[Problem]:
    for index, pair in enumerate(storage.encryption_keys):
        yield from _check_key(f"storage.encryption_keys[{index}]", pair.get_secret_value())
    if storage.backup_keep < timedelta(days=1):
        yield Problem("storage.backup_keep", "至少保留 1d")
    yield from _check_files(storage)


def _check_files(storage: Storage) -> Iterator[Problem]:
    if storage.ticket_mb < storage.file_mb:
        yield Problem("storage.ticket_mb", "比一个文件的上限 file_mb 还小")
    for index, ending in enumerate(storage.file_types):
        if not re.fullmatch(r"[a-z0-9]{1,10}", ending):
            yield Problem(f"storage.file_types[{index}]", "请写扩展名，小写、不带点，例如 dwg")
        elif ending in _RUNNABLE:
            yield Problem(f"storage.file_types[{index}]", f"{ending} 可以直接运行，不能放行")
    if storage.clamd and not re.fullmatch(r"/\S+|[^\s/:]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}", storage.clamd):
        yield Problem("storage.clamd", "请写成 主机:端口，或 socket 的绝对路径")


def _check_key(path: str, pair: str) -> Iterator[Problem]:
    name, _, value = pair.partition(":")
    try:
        size = len(base64.b64decode(value, validate=True))
    except binascii.Error:
        size = 0
    if not name or size not in (16, 24, 32):
        yield Problem(path, "请写成 名字:base64，内容为 16、24 或 32 字节")
