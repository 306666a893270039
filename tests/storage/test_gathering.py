"""Calls that wait to be told together, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from domain.base import Conversation, PersonId, TicketId
from domain.sla.gathering import PostCalls, Posting, Waiting, post_calls
from domain.sla.policy import Goal
from storage import gathering
from storage.database import Database
from storage.gathering import Postings
from tests.storage.making import GROUP, MINUTE, T0, ZHANG, open_one, unit

OTHER = Conversation("wecom-webhook", "group", "alerts")


async def wait(db: Database, *waiting: Waiting, now: datetime = T0) -> None:
    async with unit(db, ZHANG, now) as work:
        for one in waiting:
            await work.gathering.add(one)


async def post(db: Database, now: datetime = T0) -> Sequence[Posting]:
    async with unit(db, ZHANG, now) as work:
        return await post_calls(PostCalls(), work)


def call(ticket: int, stage: int = 1, place: Conversation | PersonId = GROUP) -> Waiting:
    return Waiting(
        place=place,
        ticket=TicketId(ticket),
        goal=Goal.RESPOND,
        stage=stage,
        late=T0 - MINUTE,
        called=(PersonId(2),),
        lost=(PersonId(3), OTHER),
        told=(PersonId(2), PersonId(3), OTHER),
    )


async def test_what_waits_for_one_place_is_taken_at_once_and_once(db: Database) -> None:
    await open_one(db)
    await open_one(db)
    await wait(db, call(1), call(2), call(1, 2), call(1, place=OTHER), call(1, place=PersonId(4)))
    postings = await post(db)
    assert [(posting.place, len(posting.waiting)) for posting in postings] == [
        (GROUP, 3),
        (OTHER, 1),
        (PersonId(4), 1),
    ]
    assert postings[0].entries == [call(1, 2), call(2)]
    assert await Postings(db).get(postings[0].id) == postings[0]
    assert await Postings(db).about(TicketId(2)) == [postings[0].id]
    assert await post(db, T0 + timedelta(hours=1)) == []
    assert not await Postings(db).is_anything_waiting()


async def test_what_comes_within_five_minutes_waits_for_their_end(db: Database) -> None:
    await open_one(db)
    await wait(db, call(1))
    assert len(await post(db)) == 1
    await wait(db, call(1, 2), call(1, 2, OTHER), now=T0 + MINUTE)
    assert [posting.place for posting in await post(db, T0 + MINUTE)] == [OTHER]
    assert await post(db, T0 + 4 * MINUTE) == []
    assert [posting.place for posting in await post(db, T0 + 5 * MINUTE)] == [GROUP]


async def test_a_clock_that_is_set_back_silences_nobody(db: Database) -> None:
    await open_one(db)
    await wait(db, call(1))
    await post(db)
    earlier = T0 - timedelta(hours=1)
    await wait(db, call(1, 2), now=earlier)
    assert len(await post(db, earlier)) == 1


async def test_two_replicas_tell_it_once(db: Database, replica: Callable[[], Awaitable[Database]]) -> None:
    for _ in range(4):
        await open_one(db)
    await wait(db, *(call(number) for number in range(1, 5)))
    taken = await asyncio.gather(post(db), post(await replica()))
    assert sorted(len(posting.waiting) for postings in taken for posting in postings) == [4]


async def test_what_was_told_long_ago_is_forgotten(db: Database) -> None:
    await open_one(db)
    await wait(db, call(1), call(1, place=OTHER))
    await post(db)
    await wait(db, call(1, 2), now=T0 + MINUTE)
    async with db.write() as connection:
        assert await gathering.prune(connection, T0 + 30 * MINUTE) == 2
    assert await Postings(db).is_anything_waiting()
