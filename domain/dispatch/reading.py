"""From the configuration's tree to a ``Condition``. Every mistake is told at once, with its path and the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.base import Role
from domain.dispatch.conditions import FIELDS, AllOf, AnyOf, Condition, Not, Test
from domain.tickets.states import Priority

DEEPEST = 8  # trees within trees; nobody reads more, and a hostile file must end
_TEST_KEYS = {"field", "op", "value"}
_CLOSED: Mapping[str, frozenset[str]] = {
    "priority": frozenset(p.value for p in Priority),
    "role": frozenset(r.value for r in Role),
}


@dataclass(frozen=True)
class Mistake:
    """``path`` is below the tree's own place: ".all[0].value"."""

    path: str
    reason: str


class BadCondition(Exception):
    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("; ".join(f"{m.path} {m.reason}" for m in mistakes))
        self.mistakes = mistakes


def read_condition(raw: object) -> Condition:
    """Raises BadCondition with every mistake."""
    mistakes = tuple(mistakes_in(raw))
    if mistakes:
        raise BadCondition(mistakes)
    return _made(raw)


def mistakes_in(raw: object, path: str = "", depth: int = 0) -> Iterator[Mistake]:
    if depth > DEEPEST:
        yield Mistake(path, f"条件套得太深，最多 {DEEPEST} 层")
    elif not isinstance(raw, Mapping):
        yield Mistake(path, "条件应写成 { field = …, op = …, value = … } 或 { all = […] }")
    elif raw and not set(raw) & _TEST_KEYS:
        yield from _in_branch(raw, path, depth)
    elif raw:
        yield from _in_test(raw, path)
    elif depth:
        yield Mistake(path, "条件是空的")


def _in_branch(raw: Mapping[str, object], path: str, depth: int) -> Iterator[Mistake]:
    (word, inner), *more = raw.items()
    if more or word not in {"all", "any", "not"}:
        yield Mistake(path, f"只能是 all、any、not 之一，或 field、op、value；这里写了 {'、'.join(raw)}")
    elif word == "not":
        yield from mistakes_in(inner, f"{path}.not", depth + 1)
    elif not isinstance(inner, list | tuple) or not inner:
        yield Mistake(f"{path}.{word}", "应为列表，至少一个条件")
    else:
        for index, one in enumerate(inner):
            yield from mistakes_in(one, f"{path}.{word}[{index}]", depth + 1)


def _in_test(raw: Mapping[str, object], path: str) -> Iterator[Mistake]:
    if set(raw) != _TEST_KEYS:
        yield Mistake(path, f"一个条件要有且只有 field、op、value；这里写了 {'、'.join(raw)}")
        return
    field, op = raw["field"], raw["op"]
    if not isinstance(field, str) or field not in FIELDS:
        yield Mistake(f"{path}.field", f"没有「{field}」这个字段，只能是 {'、'.join(FIELDS)}")
    elif op != FIELDS[field]:
        yield Mistake(f"{path}.op", f"{field} 只能用 {FIELDS[field]}，不能用「{op}」")
    elif reason := _what_is_wrong(field, raw["value"]):
        yield Mistake(f"{path}.value", reason)


def _what_is_wrong(field: str, value: object) -> str:
    values = _listed(value)
    if field == "hour":
        return "" if _are_hours(values) else "小时请写成 [18, 8]：从几点到几点（0…23，不含后者）"
    if not values or not all(isinstance(one, str) and one.strip() for one in values):
        return "应为文字，或文字的列表，不能为空"
    unknown = [str(one) for one in values if field in _CLOSED and one not in _CLOSED[field]]
    return f"没有「{'、'.join(unknown)}」，只能是 {'、'.join(sorted(_CLOSED[field]))}" if unknown else ""


def _are_hours(values: tuple[object, ...]) -> bool:
    whole = [one for one in values if isinstance(one, int) and not isinstance(one, bool) and 0 <= one <= 23]
    return len(values) == len(whole) == 2 and whole[0] != whole[1]


def _listed(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _made(raw: object) -> Condition:
    assert isinstance(raw, Mapping)
    match raw:
        case {"all": parts}:
            return AllOf(tuple(_made(part) for part in parts))
        case {"any": parts}:
            return AnyOf(tuple(_made(part) for part in parts))
        case {"not": part}:
            return Not(_made(part))
        case {"field": field, "op": op, "value": value}:
            return Test(field, op, tuple(str(one) for one in _listed(value)))
        case _:
            return AllOf()
