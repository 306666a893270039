"""Rosters in the configuration: what makes no sense is refused, with the path and the reason."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bot.settings import Settings, cross_check

COMPANY: dict[str, Any] = {
    "people": [{"name": name} for name in ("李四", "王强", "赵敏")],
    "desks": [{"key": "it", "name": "IT", "prefix": "IT", "lead": "李四", "members": ["王强"]}],
}
ROSTER: dict[str, Any] = {
    "desk": "it",
    "people": ["李四", "王强"],
    "start": "2026-03-02",
    "handover": "09:00",
}
OFFICE = {"until": "18:00"}
NIGHT = {"handover": "18:00", "until": "09:00"}


def problems(*changes: dict[str, Any]) -> dict[str, str]:
    rosters = [ROSTER | change for change in changes]
    settings = Settings.model_validate(COMPANY | {"rosters": rosters})
    return {problem.path: problem.text for problem in cross_check(settings)}


@pytest.mark.parametrize(
    ("rosters", "path", "reason"),
    [
        ([{"desk": "nowhere"}], "rosters[0].desk", "nowhere"),
        ([{"people": []}], "rosters[0].people", "没有任何人"),
        ([{"people": ["没有此人"]}], "rosters[0].people", "「没有此人」不在 [[people]] 里"),
        ([{"people": ["赵敏"]}], "rosters[0].people", "不在服务台"),
        ([OFFICE], "rosters[0]", "18:00"),
        ([OFFICE, NIGHT | {"handover": "17:00"}], "rosters[0]", "17:00 重叠"),
        ([{}, {}], "rosters[0]", "重叠"),
    ],
)
def test_a_roster_that_makes_no_sense_is_refused(
    rosters: list[dict[str, Any]], path: str, reason: str
) -> None:
    found = problems(*rosters)
    assert list(found) == [path]
    assert reason in found[path]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"handover": "25:00"}, "没有「25:00」这个时间"),
        ({"until": "9 点"}, "请写成 09:00"),
        ({"kind": "monthly"}, "daily"),
        ({"start": "2026-02-30"}, "start"),
        ({"peoples": []}, "peoples"),
    ],
)
def test_a_value_that_is_none_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Settings.model_validate(COMPANY | {"rosters": [ROSTER | change]})


@pytest.mark.parametrize("rosters", [[{}], [{"kind": "weekly"}], [OFFICE, NIGHT], [OFFICE | {"full": False}]])
def test_a_good_roster_has_no_problem(rosters: list[dict[str, Any]]) -> None:
    assert problems(*rosters) == {}
