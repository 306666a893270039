"""Work calendars in the configuration, in the policies made from it, and on the command line."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.almanac import as_line
from bot.company_days import as_json, joined, read_days
from bot.promises import calendar_of, lay_out, policies
from bot.rules import Rules
from bot.settings import BadSettings, CalendarSection, Settings, cross_check, load
from domain.sla.calendar import PlainTime
from domain.sla.days import CompanyDay
from storage.company_days import CompanyDayBook
from storage.database import Database

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


# ── days of the company ──


@pytest.mark.usefixtures("folder")
def test_company_days_can_say_why() -> None:
    section = CalendarSection.model_validate(
        OFFICE | {"extra_free": [{"day": "2026-03-16", "reason": "司庆"}], "extra_work": ["2026-03-14"]}
    )
    imported = [
        CompanyDay("office", date(2026, 3, 14), work=False, reason="停电"),
        CompanyDay("elsewhere", date(2026, 3, 17), work=False),
    ]
    made = calendar_of(section, imported)
    told = [as_line(made.day(date(2026, 3, n))) for n in (14, 16, 17)]
    assert told == [
        "2026-03-14 周六  休  公司放假（停电）",
        "2026-03-16 周一  休  公司放假（司庆）",
        "2026-03-17 周二  班  09:00-12:00 13:30-18:00",
    ]


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-02-30", "日期"),
        ({"day": "2026-03-16", "why": "x"}, "reason"),
        ({"reason": "司庆"}, "day"),
        (5, "日期"),
    ],
)
def test_a_company_day_that_cannot_be_read_is_refused(folder: Path, day: Any, reason: str) -> None:
    (folder / "config.toml").write_text(
        '[[calendars]]\nname = "office"\nspans = { mon = ["09:00-12:00"] }\nextra_free = [{ ADDED }]\n'.replace(
            "{ ADDED }", toml_of(day)
        )
    )
    with pytest.raises(BadSettings) as refused:
        load()
    assert [problem.path for problem in refused.value.problems] == ["calendars[0].extra_free[0]"]
    assert reason in str(refused.value)


def toml_of(day: Any) -> str:
    if isinstance(day, dict):
        return "{ " + ", ".join(f'{key} = "{value}"' for key, value in day.items()) + " }"
    return json.dumps(day)


@pytest.mark.parametrize(
    ("written", "path", "reason"),
    [
        ("[", "days.json", "不是 JSON"),
        ("{}", "", ""),
        ('[{"calendar": "office", "date": "2026-02-30", "work": true}]', "[0].date", "日期"),
        ('[{"calendar": "office", "date": "2026-03-16"}]', "[0].work", "缺少"),
        ('[{"calendar": "nowhere", "date": "2026-03-16", "work": true}]', "[0].calendar", "office"),
        ('[{"calendar": "office", "date": "2026-03-16", "work": true, "why": 1}]', "[0].why", "拼错"),
        (
            json.dumps([{"calendar": "office", "date": "2026-03-16", "work": w} for w in (True, False)]),
            "[1].date",
            "重复",
        ),
    ],
)
def test_company_days_that_cannot_be_imported_are_refused(
    folder: Path, written: str, path: str, reason: str
) -> None:
    (folder / "days.json").write_text(written)
    with pytest.raises(BadSettings) as refused:
        read_days(folder / "days.json", ["office"])
    problem = refused.value.problems[0]
    assert problem.path.endswith(path)
    assert reason in problem.text


async def test_days_are_kept_and_come_back_and_whoever_holds_the_rules_sees_them(
    database_url: str, folder: Path
) -> None:
    database = Database(database_url)
    await database.migrate()
    book = CompanyDayBook(database)
    settings = Settings.model_validate({"calendars": [OFFICE], "sla": [PROMISE]})
    rules = Rules(settings.sla, settings.calendars, book)
    held = rules.policies
    free = CompanyDay("office", date(2026, 3, 16), work=False, reason="司庆")
    work = CompanyDay("office", date(2026, 3, 14), work=True)
    await book.put([free, work])
    await rules.refresh()
    friday = datetime.fromisoformat("2026-03-13T17:00+08:00")
    assert held["standard"].calendar.after(friday, timedelta(hours=2)) == datetime.fromisoformat(
        "2026-03-14T10:00+08:00"
    )
    assert not rules.days["standard"].day(date(2026, 3, 16)).work
    kept = await book.all()
    (folder / "days.json").write_text(json.dumps(as_json(kept)))
    assert tuple(read_days(folder / "days.json", ["office"])) == kept == (work, free)
    later = CompanyDay("office", date(2026, 3, 17), work=False)
    assert joined(kept, [later], ["office"]) == (later,)
    await book.put([later], instead_of=["office"])
    assert await book.all() == (later,)
    await database.close()
