"""Rules and desks in the configuration: what makes no sense is refused, with the path and the reason."""

from __future__ import annotations

from typing import Any

import pytest

from bot.dispatching import rulebook
from bot.settings import BadSettings, Settings, cross_check, load
from domain.dispatch.conditions import Test as Asks
from domain.people.people import Strategy

PEOPLE = [{"name": "李四", "skills": ["硬件"]}, {"name": "王强"}, {"name": "赵敏"}]
IT: dict[str, Any] = {"key": "it", "name": "IT", "prefix": "IT", "lead": "李四", "members": ["李四", "王强"]}
OFFICE: dict[str, Any] = {"key": "office", "name": "行政", "prefix": "XZ", "lead": "赵敏"}
PRINT = {"name": "打印", "keywords": ["打印机"], "skill": "硬件"}
ROSTER = {"desk": "it", "people": ["李四"], "start": "2026-03-02"}


def asks(field: str, op: str, value: object) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def from_desk(key: str, to: str) -> dict[str, Any]:
    return {"when": asks("desk", "in", key), "to_desk": to}


def problems(it: dict[str, Any], rules: list[dict[str, Any]]) -> dict[str, str]:
    company = {"people": PEOPLE, "desks": [IT | it, OFFICE], "dispatch": rules, "rosters": []}
    return {problem.path: problem.text for problem in cross_check(Settings.model_validate(company))}


@pytest.mark.parametrize(
    ("it", "path", "reason"),
    [
        ({"members": [], "dispatch": "round_robin"}, "desks[0].dispatch", "没有可以问的人"),
        ({"members": ["李四", "李四"]}, "desks[0].members", "「李四」重复"),
        ({"dispatch": "on_duty"}, "desks[0].dispatch", "[[rosters]]"),
        ({"dispatch": "skill"}, "desks[0].dispatch", "[[desks.categories]]"),
        ({"categories": [PRINT | {"skill": "焊接"}]}, "desks[0].categories[0].skill", "没有人会「焊接」"),
        (
            {"dispatch": "skill", "categories": [PRINT | {"skill": ""}]},
            "desks[0].categories[0].skill",
            "没有人会「打印」",
        ),
        ({"categories": [PRINT, PRINT]}, "desks[0].categories[0].name", "重复"),
        ({"categories": [PRINT | {"keywords": []}]}, "desks[0].categories[0].keywords", "没有关键词"),
    ],
)
def test_a_desk_that_can_not_hand_out_is_refused(it: dict[str, Any], path: str, reason: str) -> None:
    found = problems(it, [])
    assert list(found) == [path]
    assert reason in found[path]


@pytest.mark.parametrize(
    ("rules", "path", "reason"),
    [
        ([{"to_desk": "hr"}], "dispatch[0].to_desk", "没有 key 为「hr」"),
        ([{"name": "空"}], "dispatch[0]", "什么也没做"),
        ([{"when": asks("desk", "in", "hr"), "to_desk": "it"}], "dispatch[0].when", "没有「hr」这个服务台"),
        ([{"when": asks("category", "in", "打印"), "to_desk": "it"}], "dispatch[0].when", "没有「打印」这个类别"),
        ([{"when": asks("source", "in", "feishu"), "to_desk": "it"}], "dispatch[0].when", "没有「feishu」这个平台"),
        (
            [{"when": {"all": [asks("priority", "in", "P9")]}, "to_desk": "it"}],
            "dispatch[0].when.all[0].value",
            "没有「P9」",
        ),
        ([{"when": asks("colour", "in", "red"), "to_desk": "it"}], "dispatch[0].when.field", "没有「colour」"),
        ([{"strategy": "on_duty", "to_desk": "it"}], "dispatch[0].strategy", "「it」按值班派单需要"),
        ([{"strategy": "round_robin", "when": asks("desk", "in", "office")}], "dispatch[0].strategy", "「office」"),
        ([{"strategy": "least_loaded"}], "dispatch[0].strategy", "「office」派单需要 members"),
        ([{"skill": "焊接"}], "dispatch[0].skill", "没有人会「焊接」"),
        ([{"skill": "硬件", "to_desk": "office"}], "dispatch[0].skill", "没有人会「硬件」"),
        ([{"to_desk": "it"}, from_desk("office", "it")], "dispatch[1]", "永远轮不到"),
        (
            [from_desk("it", "office"), from_desk("office", "it")],
            "dispatch[1].to_desk",
            "服务台之间转圈：office → it → office",
        ),
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused(rules: list[dict[str, Any]], path: str, reason: str) -> None:
    found = problems({}, rules)
    assert list(found) == [path]
    assert reason in found[path]


@pytest.mark.parametrize(
    ("written", "path", "reason"),
    [
        ('dispatch = "lottery"', "desks[0].dispatch", "只能是"),
        ('offer_for = "0s"', "desks[0].offer_for", "30s 到 1d 之间"),
        ('offer_for = "29s"', "desks[0].offer_for", "30s 到 1d 之间"),
        ('offer_for = "2d"', "desks[0].offer_for", "30s 到 1d 之间"),
        ('offer_for = "bald"', "desks[0].offer_for", "时长请写成"),
        ('members = "李四"', "desks[0].members", "列表"),
        ('[[desks.categories]]\nname = ""', "desks[0].categories[0].name", "不能为空"),
        ('[[dispatch]]\nstrategy = "lottery"', "dispatch[0].strategy", "只能是"),
        ('[[dispatch]]\nwhen = "always"', "dispatch[0].when", "应写成 {"),
        ('[[dispatch]]\ndesk = "it"', "dispatch[0].desk", "没有这个配置项"),
    ],
)
def test_a_value_that_is_none_is_refused_in_plain_words(
    written: str, path: str, reason: str, tmp_path: Any
) -> None:
    file = tmp_path / "config.toml"
    desk = '[[people]]\nname = "李四"\n[[desks]]\nkey = "it"\nname = "IT"\nprefix = "IT"\nlead = "李四"'
    file.write_text(f"{desk}\n{written}\n", encoding="utf-8")
    with pytest.raises(BadSettings) as refused:
        load(str(file))
    (problem,) = refused.value.problems
    assert (problem.path, reason in problem.text) == (path, True), problem.text


def test_good_rules_have_no_problem_and_are_read_in_their_order() -> None:
    rules: list[dict[str, Any]] = [
        {"name": "急事", "when": asks("priority", "in", ["P1", "P2"]), "strategy": "least_loaded", "to_desk": "it"},
        {"when": {"not": asks("hour", "between", [9, 18])}, "to_desk": "office"},
        {"to_desk": "it", "skill": "硬件"},
    ]  # fmt: skip
    assert problems({"dispatch": "skill", "categories": [PRINT]}, rules) == {}
    first, second, third = rulebook(Settings.model_validate({"dispatch": rules}).dispatch).rules
    assert (first.name, first.desk, first.strategy) == ("急事", "it", Strategy.LEAST_LOADED)
    assert first.when == Asks("priority", "in", ("P1", "P2"))
    assert (second.name, third.strategy, third.skill) == ("第 2 条", None, "硬件")


def test_a_desk_with_a_roster_may_ask_whoever_is_on_duty() -> None:
    company = {"people": PEOPLE, "desks": [IT | {"dispatch": "on_duty"}, OFFICE], "rosters": [ROSTER]}
    assert list(cross_check(Settings.model_validate(company))) == []
