"""[storage] of files: mistakes are told with their path."""

from __future__ import annotations

from typing import Any

import pytest

from bot.settings import Settings, cross_check
from bot.settings.server import caps_of


@pytest.mark.parametrize(
    ("storage", "path", "words"),
    [
        ({"file_mb": 50, "ticket_mb": 20}, "storage.ticket_mb", "比一个文件的上限"),
        ({"file_types": ["step", "exe"]}, "storage.file_types[1]", "可以直接运行"),
        ({"file_types": [".dwg"]}, "storage.file_types[0]", "不带点"),
        ({"clamd": "clamd.sock"}, "storage.clamd", "主机:端口"),
        ({"clamd": "localhost"}, "storage.clamd", "主机:端口"),
    ],
)
def test_a_mistake_is_told_with_its_path(storage: dict[str, Any], path: str, words: str) -> None:
    found = [problem for problem in cross_check(Settings(storage=storage)) if problem.path == path]
    assert [words in str(problem) for problem in found] == [True]


@pytest.mark.parametrize(
    "clamd", ["127.0.0.1:3310", "clamav:3310", "[::1]:3310", "/run/clamav/clamd.ctl", ""]
)
def test_every_way_to_name_a_scanner(clamd: str) -> None:
    settings = Settings(storage={"clamd": clamd})
    assert not [problem for problem in cross_check(settings) if problem.path == "storage.clamd"]


def test_limits_are_written_in_megabytes() -> None:
    caps = caps_of(Settings(storage={"file_mb": 5, "file_types": ["step"]}).storage)
    assert (caps.file_bytes, caps.endings) == (5 * 1024 * 1024, frozenset({"step"}))
