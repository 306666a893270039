"""What was measured, as Markdown: the machine, versions, medians, and how they compare in the same rounds."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median

LIBRARIES = ("sqlalchemy", "aiosqlite", "asyncpg", "aiohttp")


@dataclass(frozen=True)
class Figure:
    """``samples`` in milliseconds, of several rounds; ``limit`` is what the median may be."""

    name: str
    samples: Sequence[float]
    limit: float | None = None

    @property
    def median(self) -> float:
        return median(self.samples)

    @property
    def p95(self) -> float:
        return sorted(self.samples)[int(len(self.samples) * 0.95)]

    @property
    def is_good(self) -> bool:
        return self.limit is None or self.median < self.limit


@dataclass(frozen=True)
class Chapter:
    """The first figure is what the others are compared with."""

    title: str
    database: str
    figures: Sequence[Figure]
    note: str = ""

    @property
    def is_good(self) -> bool:
        return all(figure.is_good for figure in self.figures)


def markdown(chapters: Iterable[Chapter]) -> str:
    return "\n".join([*_machine(), *(line for chapter in chapters for line in _chapter(chapter))])


def _machine() -> Iterator[str]:
    yield "# Benchmarks"
    yield ""
    yield f"- {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.system()}"
    yield f"- Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in LIBRARIES)}"


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield ""
    yield f"## {chapter.title} — {chapter.database}"
    yield ""
    yield "| | median ms | p95 ms | ratio | limit ms | |"
    yield "|---|---:|---:|---:|---:|---|"
    base = chapter.figures[0].median
    for figure in chapter.figures:
        limit = f"{figure.limit:g}" if figure.limit is not None else ""
        verdict = "" if figure.limit is None else "✓" if figure.is_good else "✗"
        ratio = f"{figure.median / base:.1f}"
        yield f"| {figure.name} | {figure.median:.2f} | {figure.p95:.2f} | {ratio} | {limit} | {verdict} |"
    if chapter.note:
        yield ""
        yield chapter.note
