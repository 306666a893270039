"""What the company's address book says of one account: gone, called otherwise, back again.

Only the platforms' own events and the reconciliation say so, never a person: the actor is the clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.base import CLOCK, Account, Command
from domain.duty.disabling import close
from domain.duty.errors import NotYours
from domain.duty.events import AccountClosed, AccountRenamed, AccountReturned
from domain.duty.joining import Unit


@dataclass(frozen=True)
class CloseAccount(Command[None]):
    account: Account


@dataclass(frozen=True)
class RenameAccount(Command[None]):
    account: Account
    became: Account


@dataclass(frozen=True)
class WelcomeAccount(Command[None]):
    """Nobody comes back by themselves: ids are given to new people, who must not find old powers."""

    account: Account


async def close_account(command: CloseAccount, unit: Unit) -> None:
    """Whoever has no other account left is not with us any more."""
    _require_clock(unit)
    person = await unit.identities.known(command.account)
    rest = [account for account in person.accounts if not account.is_same(command.account)] if person else []
    if person is None or len(rest) == len(person.accounts):
        return
    await unit.identities.close(command.account)
    told = f"{command.account.platform}:{command.account.user_id}"
    unit.journal.record(
        AccountClosed(at=unit.now, by=CLOCK.person, person=person.id, account=told, others=len(rest))
    )
    if person.active and not rest:
        await close(person.id, unit)


async def rename_account(command: RenameAccount, unit: Unit) -> None:
    _require_clock(unit)
    person = await unit.identities.known(command.account)
    if person is None:
        return
    other = await unit.identities.known(command.became)
    if other is not None and other.id != person.id:
        # They wrote under the new id before we heard of it: the platform says that it is the same one.
        await unit.identities.close(command.account)
        unit.identities.join(person.id, other.id)
    else:
        await unit.identities.rename(command.account, command.became)
    before, after = command.account.user_id, command.became.user_id
    unit.journal.record(
        AccountRenamed(at=unit.now, by=CLOCK.person, person=person.id, before=before, after=after)
    )


async def welcome_account(command: WelcomeAccount, unit: Unit) -> None:
    _require_clock(unit)
    person = await unit.identities.known(command.account)
    if person is not None and any(command.account.is_same(closed) for closed in person.closed):
        told = f"{command.account.platform}:{command.account.user_id}"
        unit.journal.record(AccountReturned(at=unit.now, by=CLOCK.person, person=person.id, account=told))


def _require_clock(unit: Unit) -> None:
    if unit.actor != CLOCK:
        raise NotYours("平台的通讯录")
