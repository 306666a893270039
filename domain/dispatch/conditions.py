"""When a rule speaks: a small closed tree of questions about a ticket. Data, never a language.

``{"all": [{"field": "priority", "op": "in", "value": ["P1"]}, {"not": {…}}]}``. Trees are read once, with every
mistake told by its path; after that they can only answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from domain.base import Role
from domain.tickets.states import Priority


@dataclass(frozen=True)
class Subject:
    """A ticket, as far as rules may look at it."""

    desk: str
    category: str
    priority: Priority
    source: str  # the platform on which it was said
    place: str
    roles: frozenset[Role]  # the requester's
    text: str
    hour: int  # 0…23, on the wall of the house


class Condition(Protocol):
    def holds(self, subject: Subject) -> bool: ...

    def tests(self) -> Iterator[Test]:
        """Every question that must hold for the whole to hold; what is only one of several ways is left out."""


@dataclass(frozen=True)
class Test:
    field: str
    op: str
    values: tuple[str, ...]

    def holds(self, subject: Subject) -> bool:
        return _OPS[self.op](_SEEN[self.field](subject), self.values)

    def tests(self) -> Iterator[Test]:
        yield self


@dataclass(frozen=True)
class AllOf:
    """Nothing asked is everything granted: the empty tree speaks for every ticket."""

    parts: tuple[Condition, ...] = ()

    def holds(self, subject: Subject) -> bool:
        return all(part.holds(subject) for part in self.parts)

    def tests(self) -> Iterator[Test]:
        for part in self.parts:
            yield from part.tests()


@dataclass(frozen=True)
class AnyOf:
    parts: tuple[Condition, ...]

    def holds(self, subject: Subject) -> bool:
        return any(part.holds(subject) for part in self.parts)

    def tests(self) -> Iterator[Test]:
        if len(self.parts) == 1:
            yield from self.parts[0].tests()


@dataclass(frozen=True)
class Not:
    part: Condition

    def holds(self, subject: Subject) -> bool:
        return not self.part.holds(subject)

    def tests(self) -> Iterator[Test]:
        return iter(())


# What a field looks like to an op: always words.
_SEEN: Mapping[str, Callable[[Subject], tuple[str, ...]]] = {
    "desk": lambda s: (s.desk,),
    "category": lambda s: (s.category,),
    "priority": lambda s: (s.priority.value,),
    "source": lambda s: (s.source,),
    "place": lambda s: (s.place,),
    "role": lambda s: tuple(sorted(role.value for role in s.roles)),
    "text": lambda s: (s.text,),
    "hour": lambda s: (str(s.hour),),
}

# Which questions may be put to which field.
FIELDS: Mapping[str, str] = {
    "desk": "in",
    "category": "in",
    "priority": "in",
    "source": "in",
    "place": "contains",
    "role": "in",
    "text": "contains",
    "hour": "between",
}


def _is_in(seen: tuple[str, ...], values: tuple[str, ...]) -> bool:
    return any(word in values for word in seen)


def _contains(seen: tuple[str, ...], values: tuple[str, ...]) -> bool:
    return any(value.casefold() in word.casefold() for word in seen for value in values)


def _is_between(seen: tuple[str, ...], values: tuple[str, ...]) -> bool:
    """From the first hour up to, not including, the second; over midnight when the first is the later one."""
    hour, (first, last) = int(seen[0]), (int(value) for value in values)
    return first <= hour < last if first <= last else hour >= first or hour < last


_OPS: Mapping[str, Callable[[tuple[str, ...], tuple[str, ...]], bool]] = {
    "in": _is_in,
    "contains": _contains,
    "between": _is_between,
}
