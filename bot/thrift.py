"""Holds the calls that a platform bills against what is allowed, and says what a repaint may cost.

Reads the ledger; the order in which things are given up is ``domain.quota.thrift``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.base import TicketId
from domain.quota.allowance import Account, Allowance, account_of
from domain.quota.forecast import Forecast, IsWork, foresee
from domain.quota.thrift import Kind, Strain, Verdict, decide, strain_of
from domain.tickets.states import OVER, UNFINISHED, State
from storage.quota import SHANGHAI, LedgerBook, month_of

LOOK = timedelta(minutes=1)  # how old a forecast may be that decides

OFFERS = frozenset({"desk", "intake", "offer"})
ASKS = frozenset({"offered", "handover", "unclaimed"})


@dataclass(frozen=True)
class Budget:
    """What one platform allows, and what one ticket may cost of it before it does without; 0 is no limit."""

    name: str  # of the platform, as people call it
    allowance: Allowance
    per_ticket: int


class Thrift:
    def __init__(
        self,
        ledger: LedgerBook,
        budgets: Mapping[str, Budget],
        is_work: IsWork,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._budgets = budgets
        self._is_work = is_work
        self._now = now
        self._seen: dict[str, tuple[datetime, Strain]] = {}

    @property
    def platforms(self) -> Mapping[str, Budget]:
        return self._budgets

    async def forecasts(self, platform: str) -> Mapping[Account, Forecast]:
        now, allowance = self._now(), self._budgets[platform].allowance
        made = await self._made(platform, now)
        local = now.astimezone(SHANGHAI)
        return {
            account: foresee(made[account], local, allowance.of(account), self._is_work)
            for account in Account
        }

    async def by_api(self, platform: str) -> Mapping[str, int]:
        """This month's calls, the other doors of the same organisation with them."""
        made: Counter[str] = Counter()
        for spent in await self._ledger.days(month_of(self._now())):
            if _house(spent.platform) == platform:
                made[spent.api] += spent.count
        return {api: count for api, count in made.items() if count}

    async def strain(self, platform: str) -> Strain:
        """How far it has come with calls; what is said by other ways has no cosmetic part to give up."""
        now = self._now()
        at, strain = self._seen.get(platform, (None, Strain.NONE))
        if at is None or not timedelta() <= now - at < LOOK:
            strain = strain_of((await self.forecasts(platform))[Account.CALLS])
            self._seen[platform] = now, strain
        return strain

    async def is_frugal(self, platform: str) -> bool:
        """Whether a free way is worth more than a prettier card."""
        return self.is_counted(platform) or await self.strain(platform) > Strain.NONE

    async def repaint(self, kind: Kind, platform: str, ticket: TicketId, reserved: int) -> Verdict:
        """``reserved`` is what the ticket will still cost at its end."""
        strain = await self.strain(platform)
        room = kind is not Kind.COSMETIC or await self.has_room(platform, ticket, reserved)
        return decide(kind, strain, has_room=room)

    async def has_room(self, platform: str, ticket: TicketId, reserved: int) -> bool:
        if not self.is_counted(platform):
            return True
        made = await self._ledger.spent_on(ticket, platform)
        calls = sum(count for api, count in made.items() if account_of(api) is Account.CALLS)
        return calls + reserved < self._budgets[platform].per_ticket

    def is_counted(self, platform: str) -> bool:
        """Whether a ticket may cost only so much there."""
        budget = self._budgets.get(platform)
        return budget is not None and budget.per_ticket > 0

    async def _made(self, platform: str, now: datetime) -> Mapping[Account, Mapping[date, int]]:
        made: Mapping[Account, Counter[date]] = {account: Counter() for account in Account}
        before = month_of(now.astimezone(SHANGHAI).replace(day=1) - timedelta(days=1))
        for spent in [*await self._ledger.days(before), *await self._ledger.days(month_of(now))]:
            if _house(spent.platform) == platform:
                made[account_of(spent.api)][spent.day] += spent.count
        return made


def kind_of_repaint(face: str, shown: str | None, state: State | None, *, has_buttons: bool) -> Kind:
    """``shown`` is the state that the copy shows; None where nobody knows. ``has_buttons`` is of what is true now."""
    if state is None or face.startswith("escalation:"):
        return Kind.ESCALATION
    if face in ASKS:
        return Kind.OFFER
    if state in OVER:
        return Kind.FINAL
    if (
        face in OFFERS
        and shown != state.value
        and (shown is None or State.OPEN.value in {shown, state.value})
    ):
        return Kind.OFFER if state is State.OPEN else Kind.WITHDRAWN
    if face == "work" and state in UNFINISHED and not has_buttons:
        return Kind.WITHDRAWN  # somebody else's by now
    return Kind.COSMETIC


def _house(platform: str) -> str:
    """Group robots draw on their organisation's allowance too."""
    return platform.partition("-")[0]
