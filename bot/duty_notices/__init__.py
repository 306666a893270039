"""What happened to rosters and leaves -> effects: who hears of it. Cards are read when they are drawn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from bot.duty_notices import accounts, leave, swaps
from bot.duty_notices.room import Room
from bot.effects import Effect
from bot.unit import Unit
from domain.duty import events as happened


async def duty_notices(event: happened.DutyEvent, unit: Unit) -> list[Effect]:
    teller = DUTY_TELLERS.get(type(event))
    return list(await teller(event, Room(unit))) if teller else []


# Only the journal keeps these: the welcome follows in the morning, or at once.
UNTOLD_DUTY = frozenset({happened.LeaveEnded, happened.AccountRenamed})
DUTY_TELLERS: Mapping[type[happened.DutyEvent], Callable[[Any, Room], Awaitable[Iterable[Effect]]]] = {
    happened.LeaveDrafted: leave.drafted,
    happened.HeirChosen: leave.heir_chosen,
    happened.LeaveRequested: leave.requested,
    happened.DeputyAccepted: leave.accepted,
    happened.DeputyLost: leave.lost,
    happened.LeaveCancelled: leave.cancelled,
    happened.LeaveHitsDuty: leave.hits_duty,
    happened.LeaveBegan: leave.began,
    happened.LeaveWelcomed: leave.welcomed,
    happened.TicketsTakenBack: leave.taken_back,
    happened.SwapAsked: swaps.swap_asked,
    happened.SwapAccepted: swaps.swap_accepted,
    happened.SwapDeclined: swaps.swap_declined,
    happened.SwapWithdrawn: swaps.swap_withdrawn,
    happened.SwapLapsed: swaps.swap_lapsed,
    happened.DutyCovered: swaps.covered,
    happened.ShiftEnding: swaps.shift_ending,
    happened.DutyUncovered: swaps.uncovered,
    happened.PersonDisabled: accounts.disabled,
    happened.PersonEnabled: accounts.enabled,
    happened.AccountClosed: accounts.closed,
    happened.AccountReturned: accounts.returned,
    happened.PeopleJoined: accounts.joined,
    happened.PeopleSplit: accounts.split,
    happened.OwnerRestored: accounts.restored,
    happened.NobodyThere: accounts.nobody_there,
}
