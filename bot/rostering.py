"""[[rosters]] sections, checked before the start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from domain.base import PersonId
from domain.duty.roster import Roster, Rotation

if TYPE_CHECKING:
    from bot.settings import RosterSection, Settings


def check_rosters(settings: Settings) -> Iterator[tuple[str, str]]:
    """(path, reason) of every mistake."""
    for index, section in enumerate(settings.rosters):
        yield from _check_one(f"rosters[{index}]", section, settings)
    for desk in dict.fromkeys(section.desk for section in settings.rosters):
        yield from _check_together(desk, settings)


def _check_one(path: str, section: RosterSection, settings: Settings) -> Iterator[tuple[str, str]]:
    desks = {desk.key: desk for desk in settings.desks}
    names = {person.name for person in settings.people}
    if section.desk not in desks:
        yield f"{path}.desk", f"没有 key 为「{section.desk}」的 [[desks]]"
    if not section.people:
        yield f"{path}.people", "没有任何人，这个班表没有人值班"
    for name in dict.fromkeys(section.people):
        if name not in names:
            yield f"{path}.people", f"「{name}」不在 [[people]] 里"
        elif section.desk in desks and name not in (*desks[section.desk].members, desks[section.desk].lead):
            yield (
                f"{path}.people",
                f"「{name}」不在服务台「{desks[section.desk].name}」里，接不了这个班的工单",
            )


def _check_together(desk: str, settings: Settings) -> Iterator[tuple[str, str]]:
    """Overlaps and gaps are between the rotations of one desk; the first of them is where to look."""
    found = [(i, s) for i, s in enumerate(settings.rosters) if s.desk == desk]
    if any(not section.people for _, section in found):
        return
    ids = _ids(section.people for _, section in found)
    rotations = [
        Rotation(s.kind, tuple(ids[name] for name in s.people), s.start, s.handover, s.until)
        for _, s in found
    ]
    full = any(section.full for _, section in found)
    for problem in Roster(desk=desk, rotations=tuple(rotations), full=full).problems():
        yield f"rosters[{found[0][0]}]", problem


def _ids(people: Iterable[Sequence[str]]) -> Mapping[str, PersonId]:
    """The database is not asked here; any numbers will do."""
    names = dict.fromkeys(name for names in people for name in names)
    return {name: PersonId(number) for number, name in enumerate(names, 1)}
