"""What adapters ask for is what storage has: held by the type checker, as neither may import the other."""

from __future__ import annotations

from adapters import ports
from storage.quota import LedgerBook
from storage.sessions import SessionBook
from storage.tokens import TokenStore
from storage.turns import TurnBook


def tokens(store: TokenStore) -> ports.Tokens:
    return store


def sessions(book: SessionBook) -> ports.Sessions:
    return book


def ledger(book: LedgerBook) -> ports.Ledger:
    return book


def turns(book: TurnBook) -> ports.Turns:
    return book
