"""Turns that replicas share: no window ever holds more than is allowed, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from random import Random

from storage.database import Database
from storage.turns import NOTHING, TurnBook
from tests.storage.making import MINUTE, T0

RATE = (12, timedelta(seconds=4))  # at most 12 + 15 in a minute


def most_in(taken: list[datetime], span: timedelta) -> int:
    """Looked at from each of them, by brute force."""
    return max(sum(begin <= at < begin + span for at in taken) for begin in taken)


async def test_two_replicas_together_never_take_more_than_one_may(database_url: str) -> None:
    dbs = [Database(database_url), Database(database_url)]
    books, taken, now, rng = [TurnBook(db) for db in dbs], list[datetime](), T0, Random(7)
    try:
        for _ in range(40):
            waits = await asyncio.gather(
                *(book.take("member", [RATE], now) for book in books for _ in range(3))
            )
            taken += [now for wait in waits if wait == NOTHING]
            now += timedelta(seconds=rng.uniform(0, 6))
    finally:
        for db in dbs:
            await db.close()
    assert most_in(taken, MINUTE) <= 27
    assert len(taken) >= 12 + (now - T0) / RATE[1] - 8, "what is allowed is also had"


async def test_who_waits_as_told_gets_a_turn(db: Database) -> None:
    book, now = TurnBook(db), T0
    for _ in range(30):
        wait = await book.take("member", [RATE], now)
        if wait > NOTHING:
            now += wait
            assert await book.take("member", [RATE], now) == NOTHING


async def test_all_rates_must_allow_it_and_a_refusal_takes_nothing(db: Database) -> None:
    book, hourly = TurnBook(db), (3, timedelta(minutes=10))
    assert [await book.take("a", [RATE, hourly], T0) for _ in range(3)] == [NOTHING] * 3
    assert await book.take("a", [RATE, hourly], T0) == timedelta(minutes=10)
    assert [await book.take("a", [RATE], T0) for _ in range(9)] == [NOTHING] * 9
    assert await book.take("a", [RATE], T0) > NOTHING
    assert await book.take("b", [RATE, hourly], T0, times=100) == NOTHING, (
        "more than fits at once gets it empty"
    )


async def test_turns_are_reserved_one_after_the_other(db: Database) -> None:
    book, rate = TurnBook(db), (2, timedelta(seconds=5))
    assert [await book.reserve("group", rate, T0) for _ in range(4)] == [
        NOTHING,
        NOTHING,
        timedelta(seconds=5),
        timedelta(seconds=10),
    ]
