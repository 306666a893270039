"""How far this machine's clock is from a platform's, read from the ``Date`` on whatever its servers answer.

A wrong clock refuses good callbacks (ten minutes), makes signatures void (an hour) and rings at the wrong time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from aiohttp import ClientError, ClientSession, ClientTimeout

from adapters.chat import Finding

TOLERATED = timedelta(minutes=1)
_TIMEOUT = ClientTimeout(total=10)
_FIX = "请在服务器上打开时间同步（NTP），再运行一次；差得多时回调和签名都会被拒绝，提醒也会不准。"


async def compared(session: ClientSession, url: str, now: datetime, *, key: str, whose: str) -> list[Finding]:
    """Nothing where the server tells no time: what else is wrong there is said by others."""
    theirs = await _time_of(session, url)
    if theirs is None:
        return []
    ahead = now - theirs
    if abs(ahead) <= TOLERATED:
        return [Finding(ok=True, what=f"{whose}：本机时钟准确", id=key)]
    direction = "快" if ahead > timedelta() else "慢"
    return [Finding(ok=False, what=f"{whose}：本机时钟{direction}了 {_span(abs(ahead))}", fix=_FIX, id=key)]


async def _time_of(session: ClientSession, url: str) -> datetime | None:
    try:
        async with session.get(url, timeout=_TIMEOUT, allow_redirects=False) as response:
            return parsedate_to_datetime(response.headers["Date"])
    except (ClientError, TimeoutError, OSError, KeyError, ValueError):
        return None


def _span(time: timedelta) -> str:
    minutes = round(time.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} 分钟"
    return f"{minutes // 60} 小时" if minutes < 2 * 24 * 60 else f"{time.days} 天"
