"""What is said of an outbox that is held."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from zoneinfo import ZoneInfo

from adapters.chat import Finding
from storage.outbox_hold import Hold, OutboxHold

SHANGHAI = ZoneInfo("Asia/Shanghai")
WHAT_TO_DO = (
    "核对无误后运行 paidan outbox release 放行；不想再发恢复前积压的消息，就用 paidan outbox release --drop。"
)


def in_words(held: Hold) -> str:
    since = f"{held.since.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return f"发送已暂停：{since} 从备份恢复，恢复时待发 {held.waiting} 条，之后新增 {held.newer} 条"


def hold_notice(hold: OutboxHold) -> Callable[[], Awaitable[str]]:
    async def notice() -> str:
        held = await hold.look()
        return in_words(held) if held else ""

    return notice


async def hold_finding(hold: OutboxHold) -> list[Finding]:
    held = await hold.look()
    return [Finding(False, in_words(held), WHAT_TO_DO, "outbox.hold")] if held else []
