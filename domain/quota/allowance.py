"""How many calls and messages a platform lets an organisation have in a calendar month."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Account(Enum):
    """Two purses, of which neither helps out the other."""

    CALLS = "calls"
    MESSAGES = "messages"  # what is received from and answered to a chat without an API


@dataclass(frozen=True)
class Allowance:
    """In a month; 0 is without limit."""

    calls: int
    messages: int

    def of(self, account: Account) -> int:
        return self.calls if account is Account.CALLS else self.messages


def account_of(api: str) -> Account:
    """APIs that adapters name "webhook.…" are not calls."""
    return Account.MESSAGES if api.startswith("webhook.") else Account.CALLS
