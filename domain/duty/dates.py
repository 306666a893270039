"""Days and times as people say them: 「7/1-7/3」「明天」「到周五」「7月1日到3日」「到 18:00」."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.duty.errors import BadDays, BadTime

HERE = ZoneInfo("Asia/Shanghai")  # a roster, like a leave, is on the wall clock of the company
A_DAY = timedelta(days=1)
NOON = time(12)  # ends a morning off and begins an afternoon off
MORNING, AFTERNOON = "上午", "下午"
LONGEST = 366  # days
HALF_A_YEAR = timedelta(days=183)
AROUND_NEW_YEAR = timedelta(days=60)
LONGEST_COVER = timedelta(hours=14)

_WEEKDAYS = {**{word: n for n, word in enumerate("一二三四五六日")}, "天": 6}
_RELATIVE = {"今天": 0, "今日": 0, "明天": 1, "明日": 1, "大后天": 3, "后天": 2}
_ONE = (
    r"(?P<relative>大后天|今天|今日|明天|明日|后天)"
    r"|(?P<next>下)?(?:这|本)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])"
    r"|(?:(?P<year>\d{4})[-/.年])?(?P<month>\d{1,2})[/.月-](?P<day>\d{1,2})[日号]?"
    r"|(?P<only>\d{1,2})[日号]?"
)
_DAY = re.compile(_ONE)
_HALF = re.compile(r"\s*(?P<half>上午|下午|半天)")
_TO = re.compile(r"\s*(?:-|~|～|—|–|到|至)+\s*")
_COUNT = re.compile(r"\s*起?\s*(?P<count>\d{1,3})\s*天")
_CLOCK = re.compile(
    r"(?P<noon>上午|下午|晚上|今晚)?\s*(?P<hour>\d{1,2})(?:[::点](?P<minute>\d{2})?(?P<half>半)?)"
)
_HOURS = re.compile(r"(?P<count>\d{1,2})\s*个?(?:小时|钟头)")


@dataclass(frozen=True)
class Days:
    """Whole days, both ends included; at either end it may be half of one."""

    first: date
    last: date
    from_noon: bool = False
    until_noon: bool = False

    @property
    def begin(self) -> datetime:
        return at_time(self.first, NOON) if self.from_noon else midnight(self.first)

    @property
    def end(self) -> datetime:
        return at_time(self.last, NOON) if self.until_noon else midnight(self.last + A_DAY)

    @property
    def are_whole(self) -> bool:
        return not (self.from_noon or self.until_noon)

    def __str__(self) -> str:
        opens, closes = "下午" if self.from_noon else "", "上午" if self.until_noon else ""
        if self.first == self.last:
            return f"{day_word(self.first)}{opens}{closes}"
        return f"{day_word(self.first)}{opens}–{day_word(self.last)}{closes}"


def days_between(begin: datetime, end: datetime) -> Days:
    """What a leave from ``begin`` until ``end`` is called. One that begins in an afternoon has no morning."""
    last = end - timedelta(microseconds=1)
    opens, closes = begin.astimezone(HERE), end.astimezone(HERE)
    return Days(local_day(begin), local_day(last), opens.time() >= NOON, closes.time() == NOON)


def midnight(day: date) -> datetime:
    return at_time(day, time())


def at_time(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, HERE).astimezone(UTC)


def local_day(moment: datetime) -> date:
    return moment.astimezone(HERE).date()


def day_word(day: date) -> str:
    return f"{day.month}月{day.day}日"


def read_days(text: str, today: date) -> tuple[Days, str]:
    """The days that ``text`` begins with, and what follows. Raises BadDays."""
    text = text.strip()
    if until := _TO.match(text):  # 「到周五」 begins today
        last, half, rest = _read_end(text[until.end() :], today, today)
        return _checked(Days(today, last, until_noon=half == MORNING), today), rest
    if count := _COUNT.match(text):
        return _count(today, count), text[count.end() :].strip()
    first, half, rest = _read_end(text, today, None)
    opens = half == AFTERNOON
    if count := _COUNT.match(rest):
        days = Days(first, _count(first, count).last, opens)
        return _checked(days, today), rest[count.end() :].strip()
    to = _TO.match(rest)
    if to is None:
        return _checked(Days(first, first, opens, half == MORNING), today), rest
    last, half, rest = _read_end(rest[to.end() :], today, first)
    return _checked(Days(first, _rolled(first, last), opens, half == MORNING), today), rest


def begins_like_days(text: str) -> bool:
    """Whether a sentence goes on with days: 「请假系统打不开」 does not."""
    text = text.strip()
    return bool(re.match(rf"(?:到|至|起)?\s*(?:\d|{_ONE}|(?:上午|下午)(?=\s|$))", text))


def read_until(text: str, now: datetime) -> tuple[datetime | None, str]:
    """「到 18:00」「2小时」, and what else was said; None when no time was. Raises BadTime."""
    if hours := _HOURS.search(text):
        return now + timedelta(hours=int(hours["count"])), _without(text, hours)
    clock = _CLOCK.search(text)
    if clock is None:
        return None, text.strip()
    end = at_time(local_day(now), _clock_time(clock))
    end += A_DAY if end <= now else timedelta()
    if end - now > LONGEST_COVER:
        raise BadTime(f"{clock[0].strip()} 已经过了")
    return end, _without(text, clock)


# ── parts ──


def _read_end(text: str, today: date, after: date | None) -> tuple[date, str, str]:
    """A day, which half of it, and what follows. A half alone is of today, or of the day that came before it."""
    text = text.strip()
    day, rest = (after or today, text) if _HALF.match(text) else _read_one(text, today, after)
    half = _HALF.match(rest)
    if half is None:
        return day, "", rest
    if half["half"] == "半天":
        raise BadDays("半天请写明上午还是下午")
    return day, half["half"], rest[half.end() :].strip()


def _read_one(text: str, today: date, after: date | None) -> tuple[date, str]:
    """``after`` is the first day of the span whose last is read: 「3日」 is of its month."""
    found = _DAY.match(text)
    if found is None or (found["only"] and after is None):
        raise BadDays(f"看不懂日期「{text}」" if text else "没有写日期")
    return _date(found, today, after), text[found.end() :].strip()


def _date(found: re.Match[str], today: date, after: date | None) -> date:
    if found["relative"]:
        return today + _RELATIVE[found["relative"]] * A_DAY
    if found["weekday"]:
        return _weekday(found, today)
    try:
        if found["only"]:
            assert after is not None
            return after.replace(day=int(found["only"]))
        day = date(int(found["year"] or today.year), int(found["month"]), int(found["day"]))
    except ValueError:
        raise BadDays(f"没有「{found[0].strip()}」这一天") from None
    return day if found["year"] or today - day < HALF_A_YEAR else day.replace(year=day.year + 1)


def _weekday(found: re.Match[str], today: date) -> date:
    wanted = _WEEKDAYS[found["weekday"]]
    if found["next"]:
        return today + (7 - today.weekday() + wanted) * A_DAY
    return today + (wanted - today.weekday()) % 7 * A_DAY


def _count(first: date, found: re.Match[str]) -> Days:
    count = int(found["count"])
    if not 0 < count <= LONGEST:
        raise BadDays(f"不能请 {count} 天")
    return Days(first, first + (count - 1) * A_DAY)


def _rolled(first: date, last: date) -> date:
    """「12/30-1/2」 ends in the next year."""
    if last < first and last.month < first.month:
        try:
            rolled = last.replace(year=last.year + 1)
        except ValueError:
            return last
        return rolled if rolled - first < AROUND_NEW_YEAR else last
    return last


def _checked(days: Days, today: date) -> Days:
    if days.end <= days.begin:
        whole = days.are_whole
        first, last = (day_word(days.first), day_word(days.last)) if whole else ("下午", "上午")
        raise BadDays(f"结束（{last}）早于开始（{first}）")
    if days.first < today:
        raise BadDays(f"{day_word(days.first)}已经过去")
    if (days.last - days.first).days >= LONGEST:
        raise BadDays("一次最多请一年")
    return days


def _clock_time(found: re.Match[str]) -> time:
    hour, minute = int(found["hour"]), int(found["minute"] or (30 if found["half"] else 0))
    if found["noon"] in {"下午", "晚上", "今晚"} and hour < 12:
        hour += 12
    try:
        return time(hour % 24 if hour == 24 and minute == 0 else hour, minute)
    except ValueError:
        raise BadTime(f"没有「{found[0].strip()}」这个时间") from None


def _without(text: str, found: re.Match[str]) -> str:
    return re.sub(r"到|至", "", text[: found.start()] + text[found.end() :]).strip()
