"""Work calendars in the configuration, in the policies made from it, and on the command line."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.promises import lay_out, policies
from bot.settings import Settings, cross_check
from domain.sla.calendar import PlainTime

OFFICE: dict[str, Any] = {
    "name": "office",
    "spans": {day: ["09:00-12:00", "13:30-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
}
PROMISE: dict[str, Any] = {"name": "standard", "calendar": "office", "P2": {"respond": "1h", "resolve": "8h"}}


def problems(*, calendar: dict[str, Any] | None = None, sla: dict[str, Any] | None = None) -> dict[str, str]:
    calendars, promises = [OFFICE | (calendar or {})], [PROMISE | (sla or {})]
    settings = Settings.model_validate({"calendars": calendars, "sla": promises})
    return {problem.path: problem.text for problem in cross_check(settings)}


@pytest.mark.parametrize(
    ("calendar", "path", "reason"),
    [
        ({"spans": {"mon": ["09:00-25:00"]}}, "calendars[0].spans.mon[0]", "25:00"),
        ({"spans": {"mon": ["09:00-12:00", "11:00-18:00"]}}, "calendars[0].spans.mon[1]", "重叠"),
        ({"spans": {"monday": ["09:00-12:00"]}}, "calendars[0].spans.monday", "mon、tue"),
        ({"spans": {}}, "calendars[0].spans", "没有任何工作时间"),
        ({"zone": "Asia/Peking"}, "calendars[0].zone", "Asia/Shanghai"),
        ({"zone": "Asia"}, "calendars[0].zone", "时区"),
        ({"zone": "../etc/passwd"}, "calendars[0].zone", "时区"),
        ({"zone": ""}, "calendars[0].zone", "时区"),
        (
            {"extra_work": ["2026-01-04"], "extra_free": ["2026-01-04"]},
            "calendars[0].extra_work[0]",
            "extra_free",
        ),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused_with_path_and_reason(
    calendar: dict[str, Any], path: str, reason: str
) -> None:
    found = problems(calendar=calendar)
    assert list(found) == [path]
    assert reason in found[path]


@pytest.mark.parametrize(
    ("sla", "path", "reason"),
    [
        ({"calendar": "nowhere"}, "sla[0].calendar", "nowhere"),
        ({"P1": {"resolve": "4000d"}, "calendar": ""}, "sla[0].P1.resolve", "十年"),
        ({"P1": {"resolve": "1000d"}}, "sla[0].P1.resolve", "十年"),  # 24000 hours, at 37.5 a week
    ],
)
def test_a_promise_that_cannot_be_kept_track_of_is_refused(
    sla: dict[str, Any], path: str, reason: str
) -> None:
    found = problems(sla=sla)
    assert list(found) == [path]
    assert reason in found[path]


def test_a_good_calendar_has_no_problem() -> None:
    assert problems() == {}
    assert problems(calendar={"zone": "Europe/Berlin", "holidays": "none"}) == {}


def test_a_policy_counts_by_its_calendar_or_around_the_clock() -> None:
    settings = Settings.model_validate(
        {"calendars": [OFFICE], "sla": [PROMISE, PROMISE | {"name": "always", "calendar": ""}]}
    )
    made = policies(settings.sla, settings.calendars)
    evening = datetime.fromisoformat("2025-09-29T17:00+08:00")
    due = made["standard"].calendar.after(evening, timedelta(hours=16))
    assert due == datetime.fromisoformat("2025-10-09T18:00+08:00")  # 1 h, 7½ h, eight days of holiday, 7½ h
    assert isinstance(made["always"].calendar, PlainTime)


def test_only_years_that_come_soon_are_missed() -> None:
    settings = Settings.model_validate({"calendars": [OFFICE], "sla": [PROMISE]})
    made = policies(settings.sla, settings.calendars)
    assert lay_out(made, datetime.fromisoformat("2025-12-20T00:00+08:00")) == ()
    assert lay_out(made, datetime.fromisoformat("2080-03-01T00:00+08:00")) == (2080,)


# ── the command ──


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PAIDAN_CONFIG", raising=False)
    return tmp_path


def paidan(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["calendar", *words])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.usefixtures("folder")
def test_without_a_configuration_the_chinese_work_week_is_told() -> None:
    code, out, err = paidan("--from", "2026-02-13", "--to", "2026-02-28", "--json")
    days = {day["date"]: day for day in json.loads(out)}
    assert (code, err, len(days)) == (0, "", 16)
    assert days["2026-02-28"] == {
        "date": "2026-02-28",
        "work": True,
        "spans": ["09:00-12:00", "13:30-18:00"],
        "reason": "补班（替2月23日 周一）",
        "kind": "make_up",
    }
    free = {"date": "2026-02-17", "work": False, "spans": [], "reason": "春节", "kind": "holiday"}
    assert days["2026-02-17"] == free
    assert [days[f"2026-02-{n}"]["reason"] for n in (13, 15)] == ["工作日", "周末"]


@pytest.mark.usefixtures("folder")
def test_golden_days_on_the_command_line() -> None:
    for day in ("2025-01-26", "2025-10-11", "2026-01-04", "2026-02-28"):
        assert json.loads(paidan("--from", day, "--to", day, "--json")[1])[0]["work"]
    days = json.loads(paidan("--from", "2025-10-01", "--to", "2025-10-08", "--json")[1])
    assert [day["work"] for day in days] == [False] * 8


@pytest.mark.usefixtures("folder")
def test_a_year_that_is_not_published_is_warned_of_beside_the_list() -> None:
    code, out, err = paidan("--from", "2080-01-01", "--to", "2080-12-31", "--json")
    assert (code, len(json.loads(out))) == (0, 366)
    assert "2080 年" in err
    assert not [day for day in json.loads(out) if day["kind"] == "make_up"]


def test_the_configured_calendar_is_told_by_name(folder: Path) -> None:
    (folder / "config.toml").write_text(
        '[[calendars]]\nname = "office"\nspans = { mon = ["09:00-12:00"] }\n'
        '[[calendars]]\nname = "guard"\nspans = { sat = ["22:00-06:00"] }\nextra_free = [2026-03-14]\n'
    )
    code, out, _ = paidan("--from", "2026-03-07", "--to", "2026-03-14", "--name", "guard")
    assert (code, out.splitlines()[0]) == (0, "guard")
    assert out.splitlines()[1] == "2026-03-07 周六  班  22:00-06:00"
    assert out.splitlines()[3] == "2026-03-09 周一  休  休息日"
    assert out.splitlines()[-1] == "2026-03-14 周六  休  公司放假"
    assert paidan("--from", "2026-03-07")[1].startswith("office\n")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "words",
    [("--from", "2026-13-01"), ("--from", "2026-03-02", "--to", "2026-03-01"), ("--name", "nowhere")],
)
def test_wrong_use_exits_with_two(words: tuple[str, ...]) -> None:
    assert paidan(*words)[0] == 2
