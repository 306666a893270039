"""Days and times as people say them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from domain.duty.dates import begins_like_days, days_between, read_days, read_until
from domain.duty.errors import BadDays, BadTime

TODAY = date(2026, 3, 4)  # a Wednesday
NOW = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)  # noon in Shanghai


@pytest.mark.parametrize(
    ("said", "first", "last", "rest"),
    [
        ("今天", (3, 4), (3, 4), ""),
        ("明天 王五代", (3, 5), (3, 5), "王五代"),
        ("大后天", (3, 7), (3, 7), ""),
        ("到周五", (3, 4), (3, 6), ""),
        ("明天到下周二", (3, 5), (3, 10), ""),
        ("周三", (3, 4), (3, 4), ""),
        ("星期天", (3, 8), (3, 8), ""),
        ("下周三", (3, 11), (3, 11), ""),
        ("7/1-7/3 王五代", (7, 1), (7, 3), "王五代"),
        ("7/1-3", (7, 1), (7, 3), ""),
        ("7.1~7.3", (7, 1), (7, 3), ""),
        ("7月1日到3日", (7, 1), (7, 3), ""),
        ("7月1号至7月3号由王五代", (7, 1), (7, 3), "由王五代"),
        ("2026-07-01 到 2026-07-03", (7, 1), (7, 3), ""),
        ("2026年7月1日", (7, 1), (7, 1), ""),
        ("3天", (3, 4), (3, 6), ""),
        ("明天起2天 王五代", (3, 5), (3, 6), "王五代"),
    ],
)
def test_days_are_understood(said: str, first: tuple[int, int], last: tuple[int, int], rest: str) -> None:
    days, left = read_days(said, TODAY)
    assert (days.first, days.last, left) == (date(2026, *first), date(2026, *last), rest)


def test_a_leave_over_new_year_ends_in_the_next_one() -> None:
    days, _ = read_days("12/30-1/2", date(2026, 12, 20))
    assert (days.first, days.last) == (date(2026, 12, 30), date(2027, 1, 2))
    assert read_days("1/2", date(2026, 12, 20))[0].first == date(2027, 1, 2)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "没有写日期"),
        ("王五代", "看不懂"),
        ("系统打不开", "看不懂"),
        ("3/3", "已经过去"),
        ("2/1-2/3", "已经过去"),
        ("7/3-7/1", "早于开始"),
        ("周五到明天", "早于开始"),
        ("2/30", "没有「2/30」这一天"),
        ("13/1", "没有「13/1」这一天"),
        ("7/1-40", "没有「40」这一天"),
        ("0天", "不能请 0 天"),
        ("2026-03-05到2028-03-05", "最多请一年"),
        ("2025-03-05", "已经过去"),
    ],
)
def test_days_that_can_not_be_are_refused_with_the_reason(said: str, why: str) -> None:
    with pytest.raises(BadDays, match=why):
        read_days(said, TODAY)


@pytest.mark.parametrize(
    ("said", "called", "hours", "rest"),
    [
        ("下午", "3月4日下午", 12, ""),
        ("今天上午", "3月4日上午", 12, ""),
        ("明天下午 王五代", "3月5日下午", 12, "王五代"),
        ("7/1下午-7/3上午 王五代", "7月1日下午–7月3日上午", 48, "王五代"),
        ("7/1上午-7/2下午", "7月1日–7月2日", 48, ""),
        ("到周五上午", "3月4日–3月6日上午", 60, ""),
        ("明天下午起2天", "3月5日下午–3月6日", 36, ""),
    ],
)
def test_half_days_are_understood(said: str, called: str, hours: int, rest: str) -> None:
    days, left = read_days(said, TODAY)
    assert (str(days), (days.end - days.begin).total_seconds() / 3600, left) == (called, hours, rest)
    assert days_between(days.begin, days.end) == days


@pytest.mark.parametrize(("said", "why"), [("明天半天", "上午还是下午"), ("7/1下午-7/1上午", "早于开始")])
def test_half_days_that_can_not_be_are_refused(said: str, why: str) -> None:
    with pytest.raises(BadDays, match=why):
        read_days(said, TODAY)


@pytest.mark.parametrize(
    ("said", "hour", "rest"),
    [("到 18:00", 18, ""), ("到18点", 18, ""), ("到下午6点", 18, ""), ("IT 服务台 到 18:00", 18, "IT 服务台"),
     ("2小时", 14, ""), ("到 02:00", 26, "")],
)  # fmt: skip
def test_times_are_understood(said: str, hour: int, rest: str) -> None:
    until, left = read_until(said, NOW)
    assert until is not None
    assert ((until - NOW).total_seconds() / 3600, left) == (hour - 12, rest)


def test_without_a_time_there_is_none() -> None:
    assert read_until("一会儿", NOW) == (None, "一会儿")


@pytest.mark.parametrize(
    ("said", "why"), [("到 25:00", "没有"), ("到 18:75", "没有"), ("到 11:00", "已经过了")]
)
def test_times_that_can_not_be_are_refused(said: str, why: str) -> None:
    with pytest.raises(BadTime, match=why):
        read_until(said, NOW)


def test_a_complaint_about_a_system_is_no_leave() -> None:
    assert not begins_like_days("系统打不开")
    assert all(begins_like_days(said) for said in ("7/1", "明天", "到周五", "周六 给 赵六", "下周一", "下午"))
    assert not begins_like_days("下午提交的单子打不开")
