"""What no single rule shows: desks, skills and categories that nobody has, and desks that send to each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from domain.dispatch.conditions import AllOf, Condition, Not, Test
from domain.dispatch.reading import BadCondition, Mistake, read_condition
from domain.people.people import Category, Strategy


@dataclass(frozen=True)
class PlannedDesk:
    """A desk as the configuration has it. ``skills`` are those of its members."""

    key: str
    strategy: Strategy
    categories: Sequence[Category]
    skills: AbstractSet[str]
    members: Sequence[str] = ()
    has_roster: bool = False

    def lacks(self, strategy: Strategy) -> str:
        """What has to be added before this desk can hand out like that; "" when nothing."""
        if strategy is Strategy.ON_DUTY:
            return "" if self.has_roster else "按值班派单需要它的 [[rosters]]"
        if strategy is Strategy.SKILL and not self.categories:
            return "按技能派单需要 [[desks.categories]]"
        return "" if self.members or strategy is Strategy.MANUAL else "派单需要 members，没有可以问的人"


@dataclass(frozen=True)
class PlannedRule:
    when: object
    desk: str
    strategy: Strategy | None
    skill: str = ""


def check_desks(desks: Sequence[PlannedDesk]) -> Iterator[Mistake]:
    for index, desk in enumerate(desks):
        names = [category.name for category in desk.categories]
        for position, category in enumerate(desk.categories):
            path = f"desks[{index}].categories[{position}]"
            if names.count(category.name) > 1 and names.index(category.name) == position:
                yield Mistake(f"{path}.name", f"类别「{category.name}」重复")
            if not category.keywords:
                yield Mistake(f"{path}.keywords", f"类别「{category.name}」没有关键词，永远猜不到它")
            # A skill that is written down is meant, whatever the strategy; a name is only needed where it decides.
            if (category.skill or desk.strategy is Strategy.SKILL) and category.needs not in desk.skills:
                yield Mistake(
                    f"{path}.skill", f"这个服务台没有人会「{category.needs}」（[[people]] 的 skills）"
                )
        if lacking := desk.lacks(desk.strategy):
            yield Mistake(f"desks[{index}].dispatch", lacking)


def check_rules(
    rules: Sequence[PlannedRule], desks: Sequence[PlannedDesk], sources: AbstractSet[str]
) -> Iterator[Mistake]:
    """``sources``: the platforms there are."""
    known = {
        "desk": {desk.key for desk in desks},
        "category": {category.name for desk in desks for category in desk.categories},
        "source": sources,
    }
    read: dict[int, Condition] = {}
    for index, rule in enumerate(rules):
        path = f"dispatch[{index}]"
        if not rule.desk and rule.strategy is None and not rule.skill:
            yield Mistake(path, "规则什么也没做：请写 to_desk、strategy 或 skill")
        if rule.desk and rule.desk not in known["desk"]:
            yield Mistake(f"{path}.to_desk", f"没有 key 为「{rule.desk}」的 [[desks]]")
        try:
            read[index] = read_condition(rule.when)
        except BadCondition as bad:
            yield from (Mistake(f"{path}.when{m.path}", m.reason) for m in bad.mistakes)
        else:
            yield from _unknown_words(read[index], f"{path}.when", known)
            yield from _powerless(rule, read[index], path, desks)
            if any(read[before] == AllOf() for before in read if before < index):
                yield Mistake(path, "前面有一条不带条件的规则，永远轮不到这一条")
    yield from _circles({index: (read[index], rules[index].desk) for index in read})


def _powerless(
    rule: PlannedRule, condition: Condition, path: str, desks: Sequence[PlannedDesk]
) -> Iterator[Mistake]:
    """A strategy that a desk of this rule can't follow, or a skill that nobody has at any of them."""
    named = {rule.desk} if rule.desk else _desks_asked(condition) or {desk.key for desk in desks}
    meant = [desk for desk in desks if desk.key in named]
    for desk in meant:
        if rule.strategy and (lacking := desk.lacks(rule.strategy)):
            yield Mistake(f"{path}.strategy", f"服务台「{desk.key}」{lacking}")
    if rule.skill and meant and not any(rule.skill in desk.skills for desk in meant):
        yield Mistake(f"{path}.skill", f"没有人会「{rule.skill}」（[[people]] 的 skills）")


_WHAT = {"desk": "服务台", "category": "类别", "source": "平台"}


def _unknown_words(
    condition: Condition, path: str, known: Mapping[str, AbstractSet[str]]
) -> Iterator[Mistake]:
    for test in every_test(condition):
        for word in test.values:
            if test.field in known and word not in known[test.field]:
                yield Mistake(path, f"没有「{word}」这个{_WHAT[test.field]}，条件永远不会成立")


def every_test(condition: Condition) -> Iterator[Test]:
    if isinstance(condition, Test):
        yield condition
    elif isinstance(condition, Not):
        yield from every_test(condition.part)
    else:
        for part in getattr(condition, "parts", ()):
            yield from every_test(part)


def _circles(rules: Mapping[int, tuple[Condition, str]]) -> Iterator[Mistake]:
    """A ticket is moved once, so nothing would spin; but desks that send to each other are surely not meant."""
    moves = {(start, to): i for i, (when, to) in rules.items() if to for start in _desks_asked(when)}
    for (start, to), index in moves.items():
        way = _way(to, start, list(moves), (to,))
        if way is not None and index == max(moves[pair] for pair in zip((start, *way), way, strict=False)):
            yield Mistake(f"dispatch[{index}].to_desk", f"服务台之间转圈：{' → '.join((start, *way))}")


def _desks_asked(when: Condition) -> frozenset[str]:
    asked = [frozenset(test.values) for test in when.tests() if test.field == "desk"]
    return frozenset.intersection(*asked) if asked else frozenset()


def _way(
    here: str, goal: str, moves: Sequence[tuple[str, str]], walked: tuple[str, ...]
) -> tuple[str, ...] | None:
    """The desks from ``here`` to ``goal``, both included; None when no rule leads there."""
    if here == goal:
        return walked
    for start, to in moves:
        if start == here and to not in walked:
            way = _way(to, goal, moves, (*walked, to))
            if way is not None:
                return way
    return None
