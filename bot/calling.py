"""What [[sla]] says about whom to call: read, checked, and made into the domain's plan."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from domain.base import Conversation
from domain.sla.recipients import USUAL, CallPlan, Recipient, Who, circle_in

if TYPE_CHECKING:
    from bot.settings import Settings, SlaSection

WARN = "warn"
_ALONE = tuple(who.value for who in Who if who not in {Who.PERSON, Who.GROUP})
_LEVEL = re.compile(r"L([1-9][0-9]?)", re.ASCII)


def read_recipient(written: str, read_group: Callable[[str], Conversation]) -> Recipient:
    """「assignee」「people:王强」「wecom-webhook:NAME」. Raises ValueError."""
    word, colon, rest = written.strip().partition(":")
    if not colon and word in _ALONE:
        return Recipient(Who(word))
    if colon and word == Who.PERSON.value and rest.strip():
        return Recipient(Who.PERSON, name=rest.strip())
    try:
        return Recipient(Who.GROUP, place=read_group(written.strip()))
    except ValueError as error:
        raise ValueError(f"看不懂「{written}」，请写 {'、'.join(_ALONE)}、people:姓名；{error}") from None


def call_plan(section: SlaSection) -> CallPlan:
    """The section has been checked."""
    if not section.targets:
        return CallPlan(instead=section.fallback)
    highest = max((_stage(level) or 0 for level in section.targets), default=0)
    written = {_stage(level): recipients for level, recipients in section.targets.items()}
    return CallPlan([written.get(stage, USUAL[0]) for stage in range(highest + 1)], section.fallback)


def check_calls(settings: Settings) -> Iterator[tuple[str, str]]:
    """(path, reason) of every mistake."""
    for index, section in enumerate(settings.sla):
        yield from _check_levels(f"sla[{index}].targets", section)
        yield from _check_named(f"sla[{index}]", section, settings)
        if circle := circle_in(section.fallback):
            yield f"sla[{index}].fallback", f"绕成一圈，最后谁也通知不到：{' → '.join(map(str, circle))}"


def _check_levels(path: str, section: SlaSection) -> Iterator[tuple[str, str]]:
    if "targets" not in section.model_fields_set:
        return
    rungs = [f"L{number}" for number in range(1, len(section.ladder) + 1)]
    for level, recipients in section.targets.items():
        if level not in {WARN, *rungs}:
            yield f"{path}.{level}", f"没有这一级，ladder 只有 {'、'.join([WARN, *rungs])}"
        elif not recipients:
            yield f"{path}.{level}", "没有任何通知对象，升级会没有人知道"
    for level in rungs:
        if level not in section.targets:
            yield f"{path}.{level}", "没有写这一级通知谁"


def _check_named(path: str, section: SlaSection, settings: Settings) -> Iterator[tuple[str, str]]:
    people = {person.name: person for person in settings.people}
    for where, recipient in _all(section):
        if recipient.who is Who.PERSON and recipient.name not in people:
            yield f"{path}.{where}", f"「{recipient.name}」不在 [[people]] 里"
        elif recipient.who is Who.PERSON and not people[recipient.name].accounts:
            yield f"{path}.{where}", f"「{recipient.name}」没有企业微信或钉钉账号，通知不到"
        elif recipient.place is not None:
            for reason in settings.problems_of(recipient.place):
                yield f"{path}.{where}", reason


def _all(section: SlaSection) -> Iterable[tuple[str, Recipient]]:
    for level, recipients in section.targets.items():
        yield from ((f"targets.{level}[{n}]", recipient) for n, recipient in enumerate(recipients))
    for first, then in section.fallback.items():
        yield f"fallback.{first}", first
        yield f"fallback.{first}", then


def _stage(level: str) -> int | None:
    """0 for warn; None for what is no level."""
    found = _LEVEL.fullmatch(level)
    return 0 if level == WARN else int(found[1]) if found else None
