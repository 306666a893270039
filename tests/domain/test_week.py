"""How a week may be written, and what is refused: each mistake with its path and its reason."""

from __future__ import annotations

import pytest

from domain.sla.week import BadCalendar, read_span, read_week

REFUSED = [
    ({"mon": ["09:00-25:00"]}, "spans.mon[0]", "25:00"),
    ({"mon": ["09:60-12:00"]}, "spans.mon[0]", "09:60"),
    ({"mon": ["09:00-24:01"]}, "spans.mon[0]", "24:01"),
    ({"mon": ["24:00-06:00"]}, "spans.mon[0]", "24:00"),
    ({"mon": ["9-12"]}, "spans.mon[0]", "09:00-12:00"),
    ({"mon": ["09:00~12:00"]}, "spans.mon[0]", "看不懂"),
    ({"mon": ["０９:00-12:00"]}, "spans.mon[0]", "看不懂"),
    ({"mon": [""]}, "spans.mon[0]", "看不懂"),
    ({"mon": ["09:00-09:00"]}, "spans.mon[0]", "相同"),
    ({"mon": ["00:00-00:00"]}, "spans.mon[0]", "00:00-24:00"),
    ({"mon": ["09:00-12:00", "18:00-13:30"]}, "spans.mon[1]", "结束早于开始"),
    ({"mon": ["11:00-09:00"]}, "spans.mon[0]", "结束早于开始"),
    ({"mon": ["09:00-12:00", "11:59-18:00"]}, "spans.mon[1]", "09:00-12:00 重叠"),
    ({"mon": ["13:00-18:00", "09:00-13:01"]}, "spans.mon[0]", "重叠"),
    ({"mon": ["22:00-06:00"], "tue": ["05:59-12:00"]}, "spans.tue[0]", "mon 的 22:00-06:00 重叠"),
    ({"sun": ["22:00-06:00"], "mon": ["00:00-12:00"]}, "spans.mon[0]", "sun 的 22:00-06:00 重叠"),
    ({"monday": ["09:00-12:00"]}, "spans.monday", "monday"),
    ({"周一": ["09:00-12:00"]}, "spans.周一", "mon、tue"),
    ({}, "spans", "没有任何工作时间"),
    ({"mon": []}, "spans", "没有任何工作时间"),
]


@pytest.mark.parametrize(("written", "path", "reason"), REFUSED)
def test_a_week_that_makes_no_sense_is_refused_with_path_and_reason(
    written: dict[str, list[str]], path: str, reason: str
) -> None:
    with pytest.raises(BadCalendar) as refused:
        read_week(written)
    (mistake,) = refused.value.mistakes
    assert mistake.path == path
    assert reason in mistake.text


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(BadCalendar) as refused:
        read_week({"mon": ["25:00-26:00", "09:00-12:00", "x"], "tuesday": ["09:00-12:00"]})
    assert [mistake.path for mistake in refused.value.mistakes] == [
        "spans.tuesday",
        "spans.mon[0]",
        "spans.mon[2]",
    ]


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("09:00-12:00", (540, 720)),
        (" 9:00 - 12:30 ", (540, 750)),
        ("00:00-24:00", (0, 1440)),
        ("13:30-24:00", (810, 1440)),
        ("22:00-06:00", (1320, 1800)),
        ("12:00-11:59", (720, 2159)),
        ("18:00-00:00", (1080, 1440)),
    ],
)
def test_a_span_is_read_in_minutes(written: str, minutes: tuple[int, int]) -> None:
    span = read_span(written)
    assert (span.start, span.end) == minutes


def test_spans_may_touch_and_come_in_any_order() -> None:
    week = read_week({"mon": ["12:00-18:00", "06:00-12:00", "18:00-06:00"], "tue": ["06:00-09:00"]})
    assert [str(span) for span in week.days[0]] == ["06:00-12:00", "12:00-18:00", "18:00-06:00"]
    assert week.total.total_seconds() == 27 * 3600
