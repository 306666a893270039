"""Mutants of what really comes in: parts flipped, doubled, cut and swapped, and words that broke others before."""

from __future__ import annotations

import json
import math
import string
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

# Each once broke some parser: depth, size, numbers that are none, halves of characters, what a renderer obeys.
ODD_TEXTS = (
    "",
    " ",
    "\x00",
    "\ud83d",
    "\ufeff",
    "\u202egnp.exe",
    "\u200b",
    "e" + "\u0301" * 500,
    "👨‍👩‍👧‍👦" * 20,
    "@all @所有人 <@all>",
    "[x](javascript:1)",
    "]]>",
    "<![CDATA[",
    "&amp;&#0;&lol;",
    "9" * 5000,
    "-1",
    "1e999",
    "0x10",
    "１０４２",
    "接单 " * 200,
    "D-0",
    "IT-00000000000000000001",
    "%s%n{0}{{7*7}}${1}",
    "../../etc/passwd",
    "a" * 20_000,
    "%00%zz%",
    ":" * 50,
)
ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**40,
    1.5,
    math.nan,
    math.inf,
    [],
    {},
    [[]],
    {"": None},
    *ODD_TEXTS,
)


def texts(seeds: Sequence[str], dice: Random) -> Iterator[str]:
    """Without end."""
    ways: Sequence[Callable[[str, Random, Sequence[str]], str]] = (
        _flip,
        _cut,
        _double,
        _insert,
        _splice,
        _swap,
    )
    while True:
        text = dice.choice(seeds)
        for _ in range(dice.choice((0, 1, 1, 1, 2, 4))):
            text = dice.choice(ways)(text, dice, seeds)
        yield text


def jsons(seeds: Sequence[Any], dice: Random) -> Iterator[str]:
    """JSON with odd parts, and now and then what is none any more. Without end."""
    written = [json.dumps(seed, ensure_ascii=False) for seed in seeds]
    broken = texts(written, dice)
    while True:
        if dice.random() < 0.3:
            yield next(broken)
        elif dice.random() < 0.01:
            yield "[" * 100_000
        else:
            yield json.dumps(_odd(dice.choice(seeds), dice), ensure_ascii=dice.random() < 0.5)


def _odd(value: Any, dice: Random) -> Any:
    """``value`` with one part changed, some way down."""
    if dice.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return dice.choice(ODD_VALUES)
    if isinstance(value, list):
        at = dice.randrange(len(value))
        return [*value[:at], _odd(value[at], dice), *value[at + dice.choice((0, 1)) :]]
    name = dice.choice(list(value))
    match dice.randrange(8):
        case 0:
            return {other: one for other, one in value.items() if other != name}
        case 1:
            return {**value, str(dice.choice(ODD_TEXTS)): value[name]}
    return {**value, name: _odd(value[name], dice)}


def _place(text: str, dice: Random) -> int:
    return dice.randrange(len(text) + 1)


def _flip(text: str, dice: Random, _seeds: Sequence[str]) -> str:
    at = _place(text, dice)
    return text[:at] + dice.choice(string.printable) + text[at + 1 :]


def _cut(text: str, dice: Random, _seeds: Sequence[str]) -> str:
    start, end = sorted((_place(text, dice), _place(text, dice)))
    return text[:start] + text[end:]


def _double(text: str, dice: Random, _seeds: Sequence[str]) -> str:
    start, end = sorted((_place(text, dice), _place(text, dice)))
    return text[:end] + text[start:end] * dice.choice((1, 1, 50)) + text[end:]


def _insert(text: str, dice: Random, _seeds: Sequence[str]) -> str:
    at = _place(text, dice)
    return text[:at] + dice.choice(ODD_TEXTS) + text[at:]


def _splice(text: str, dice: Random, seeds: Sequence[str]) -> str:
    other = dice.choice(seeds)
    return text[: _place(text, dice)] + other[_place(other, dice) :]


def _swap(text: str, dice: Random, _seeds: Sequence[str]) -> str:
    a, b, c = sorted(_place(text, dice) for _ in range(3))
    return text[:a] + text[b:c] + text[a:b] + text[c:]
