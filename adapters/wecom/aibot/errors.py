"""The AI bot's own numbers (wecom.md §4.9); all others mean what they mean everywhere in WeCom."""

from __future__ import annotations

from adapters.chat import Misconfigured, NotReachable, PlatformError, Rejected, Unreachable
from adapters.wecom.errors import TASK_ID_USED, error_for

CONFLICT = 6000
BAD_REQ_ID = 846605
STREAM_EXPIRED = 846608
NOT_SUBSCRIBED = 846609
BAD_PARAMETER = 40058
_CLOSED_TO_PUSHES = frozenset({93006, 95001})
_FIXES = {
    93019: "请核对 [wecom.aibot] 的 bot_id：在智能机器人的「API 模式 → 长连接」页面复制。",
    853000: "请核对 [wecom.aibot] 的 secret：在智能机器人的「API 模式 → 长连接」页面重新获取。",
}


class Forgotten(Unreachable):
    """The socket is open, but the server knows of no subscription: a new connection helps."""


class SpentTurn(Rejected):
    """This callback can't be answered any more: too late, answered already, or of another kind."""


class OddConflict(Unreachable):
    """A "data version conflict": worth one more try at once."""


def bot_error(code: int, message: str) -> PlatformError:
    name = str(code)
    if code in _FIXES:
        return Misconfigured(name, message, _FIXES[code])
    if code == NOT_SUBSCRIBED:
        return Forgotten(f"{name}: {message}")
    if code in {BAD_REQ_ID, STREAM_EXPIRED}:
        return SpentTurn(name, message)
    if code == CONFLICT:
        return OddConflict(f"{name}: {message}")
    if code in _CLOSED_TO_PUSHES:
        return NotReachable(name, message)
    return error_for(code, message)


def is_known_card(refusal: Rejected) -> bool:
    return refusal.code == str(TASK_ID_USED)


def is_odd(refusal: Rejected) -> bool:
    """A card that this kind of chat does not take, though it is a good one (§4.7)."""
    return refusal.code == str(BAD_PARAMETER)
