"""What is wrong, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}：{self.text}"


def duplicates(path: str, values: list[str], what: str) -> Iterator[Problem]:
    for value in sorted({v for v in values if values.count(v) > 1}):
        yield Problem(path, f"{what}「{value}」重复")
