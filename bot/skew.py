"""What is said of a machine whose time is not the database's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from adapters.chat import Finding
from storage.clock import SharedClock

BEARABLE = timedelta(seconds=5)
WHAT_TO_DO = "请在这台机器和数据库服务器上开启时间同步（chrony 或 systemd-timesyncd）。"


def in_words(skew: timedelta) -> str:
    if abs(skew) <= BEARABLE:
        return ""
    way = "快" if skew > timedelta() else "慢"
    return f"本机时间比数据库{way} {abs(skew).total_seconds():.0f} 秒；派单按数据库的时间工作"


def skew_notice(clock: SharedClock) -> Callable[[], Awaitable[str]]:
    async def notice() -> str:
        return in_words(clock.skew)

    return notice


def skew_finding(clock: SharedClock) -> list[Finding]:
    told = in_words(clock.skew)
    return [Finding(False, told, WHAT_TO_DO, "clock")] if told else []
