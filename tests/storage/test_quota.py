"""The ledger of metered calls: by month in China, by ticket, and in few transactions."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

from domain.base import TicketId
from storage.database import Database
from storage.quota import LedgerBook, Spent

LAST_MOMENT = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)
NEXT = LAST_MOMENT + timedelta(seconds=1)


async def test_calls_are_counted_by_the_month_in_china(db: Database) -> None:
    book = LedgerBook(db)
    await asyncio.gather(*(book.count("dingtalk", "card.create", LAST_MOMENT) for _ in range(5)))
    await book.count("dingtalk", "card.update", LAST_MOMENT)
    await book.count("dingtalk", "card.create", NEXT)
    await book.count("wecom", "message.send", LAST_MOMENT)
    assert await book.month("dingtalk", "2026-11") == {"card.create": 5, "card.update": 1}
    assert await book.month("dingtalk", "2026-12") == {"card.create": 1}
    assert await book.month("dingtalk", "2027-01") == {}


async def test_a_day_is_kept_apart_from_the_next(db: Database) -> None:
    book = LedgerBook(db)
    await book.count("dingtalk", "card.create", LAST_MOMENT - timedelta(days=1))
    await book.count("dingtalk", "card.create", LAST_MOMENT, times=2)
    assert await book.days("2026-11") == [
        Spent("dingtalk", date(2026, 11, 29), "card.create", 1),
        Spent("dingtalk", date(2026, 11, 30), "card.create", 2),
    ]


async def test_what_a_ticket_cost_is_known_and_what_cost_most(db: Database) -> None:
    book = LedgerBook(db)
    await book.count("dingtalk", "card.deliver", LAST_MOMENT, TicketId(7), 2)
    await book.count("dingtalk", "webhook.session", LAST_MOMENT, TicketId(7), 9)
    await book.count("dingtalk", "card.update", NEXT, TicketId(7))
    await book.count("dingtalk", "card.deliver", LAST_MOMENT, TicketId(8), 3)
    await book.count("dingtalk", "card.deliver", LAST_MOMENT, times=50)
    assert await book.spent_on(TicketId(7), "dingtalk") == {
        "card.deliver": 2,
        "webhook.session": 9,
        "card.update": 1,
    }
    assert await book.dearest("2026-11", 2) == [(TicketId(8), 3), (TicketId(7), 2)]


async def test_what_was_turned_back_is_taken_off_again(db: Database) -> None:
    book = LedgerBook(db)
    await book.count("dingtalk", "card.create", LAST_MOMENT)
    await book.count("dingtalk", "card.create", LAST_MOMENT, times=-1)
    assert await book.month("dingtalk", "2026-11") == {}


async def test_calls_made_at_once_share_their_transactions(db: Database) -> None:
    book = LedgerBook(db)
    await asyncio.gather(*(book.count("dingtalk", "a", NEXT, TicketId(n)) for n in range(1, 17)))
    assert sum((await book.month("dingtalk", "2026-12")).values()) == 16
    assert book.transactions == 2


async def test_two_replicas_count_into_the_same_book(db: Database) -> None:
    books = [LedgerBook(db), LedgerBook(db)]
    await asyncio.gather(*(book.count("dingtalk", "a", NEXT) for book in books for _ in range(20)))
    assert await books[0].month("dingtalk", "2026-12") == {"a": 40}
