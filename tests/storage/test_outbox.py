"""The outbox against a simple model, and against couriers who come at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from storage.database import Database
from storage.outbox import LEASE, Outbox, Queued, enqueue
from storage.outbox_table import Stage, outbox
from tests.storage.making import MINUTE, T0, ZHANG, unit

SAY = Queued(kind="say", payload='{"text":"已接单"}', lane="a")
SECOND = timedelta(seconds=1)


async def put(db: Database, *queued: Queued, now: datetime = T0) -> None:
    async with unit(db, ZHANG, now) as work:
        for one in queued:
            await work.enqueue(one)


async def claimed_ids(box: Outbox, now: datetime = T0, limit: int = 10) -> list[int]:
    return [claimed.id for claimed in await box.claim(now, "w", limit)]


async def test_a_claimed_row_carries_what_was_queued(db: Database) -> None:
    await put(db, SAY)
    (claimed,) = await Outbox(db).claim(T0, "w", 10)
    assert (claimed.kind, claimed.payload, claimed.lane, claimed.attempts, claimed.frozen) == (
        "say", SAY.payload, "a", 1, "",
    )  # fmt: skip


async def test_what_is_handed_back_was_no_attempt(db: Database) -> None:
    box = Outbox(db)
    await put(db, SAY)
    for _ in range(3):
        (claimed,) = await box.claim(T0 + MINUTE, "w", 10)
        assert claimed.attempts == 1
        await box.hand_back(claimed.id, T0)
    await box.put([replace(SAY, lane="b")], T0)
    assert await box.pending() == 2


async def test_what_is_handed_back_is_at_once_for_others_and_later_for_whom_handed_it_back(
    db: Database,
) -> None:
    box = Outbox(db)
    await put(db, SAY)
    (claimed,) = await box.claim(T0, "a", 10)
    await box.hand_back(claimed.id, T0 + 2 * SECOND)
    assert await box.claim(T0, "a", 10) == []
    (again,) = await box.claim(T0, "b", 10)
    assert (again.id, again.attempts) == (claimed.id, 1)
    await box.retry(again.id, T0 + MINUTE, "timeout")
    assert await box.claim(T0 + 3 * SECOND, "a", 10) == []  # a retry waits for everybody


async def test_a_lease_that_is_renewed_does_not_end(db: Database) -> None:
    box = Outbox(db)
    await put(db, SAY, replace(SAY, lane="b"))
    assert await claimed_ids(box) == [1, 2]
    assert await box.renew([1, 2], "other", T0 + LEASE / 2) == set()
    assert await box.renew([1, 3], "w", T0 + LEASE / 2) == {1}
    (taken,) = await box.claim(T0 + LEASE, "other", 10)
    assert taken.id == 2
    assert await box.renew([1, 2], "w", T0 + LEASE) == {1}


async def test_who_ends_lets_go_of_its_own(db: Database) -> None:
    box = Outbox(db)
    await put(db, SAY, replace(SAY, lane="b"))
    await box.claim(T0, "a", 1)
    await box.claim(T0, "b", 1)
    await box.let_go("a")
    assert [one.id for one in await box.claim(T0, "c", 10)] == [1]


async def test_effects_of_a_failed_transaction_are_never_seen(db: Database) -> None:
    async def fail() -> None:
        async with unit(db, ZHANG) as work:
            await work.enqueue(SAY)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await Outbox(db).pending() == 0


async def test_a_lane_moves_one_at_a_time_and_in_order(db: Database) -> None:
    box = Outbox(db)
    await put(db, SAY, SAY, replace(SAY, lane="b"))
    assert await claimed_ids(box) == [1, 3]
    assert await claimed_ids(box) == []
    await box.done(1, T0)
    assert await claimed_ids(box) == [2]


async def test_what_steps_aside_holds_up_its_own_chat_alone(db: Database) -> None:
    box = Outbox(db)
    to_zhang, to_li = replace(SAY, aside="a:zhang"), replace(SAY, aside="a:li")
    await put(db, to_zhang, to_li, to_zhang, SAY, to_li)
    assert await claimed_ids(box) == [1]
    await box.step_aside(1, T0 + MINUTE, "down")
    for expected in (2, 4, 5):
        assert await claimed_ids(box) == [expected]
        await box.done(expected, T0)
    assert (await claimed_ids(box), await box.next_due()) == ([], T0 + MINUTE)
    assert await claimed_ids(box, T0 + MINUTE) == [1]
    assert await claimed_ids(box, T0 + MINUTE) == [], "its chat waits while it is under way, too"
    await box.done(1, T0)
    assert await claimed_ids(box, T0 + MINUTE) == [3]


async def test_what_is_put_off_was_no_attempt_and_waits_for_its_time(db: Database) -> None:
    box = Outbox(db)
    await put(db, SAY)
    for turn in range(20):
        (claimed,) = await box.claim(T0 + turn * MINUTE, "w", 10)
        assert claimed.attempts == 1
        await box.put_off(1, T0 + (turn + 1) * MINUTE)
        assert await claimed_ids(box, T0 + turn * MINUTE) == []


async def test_a_head_that_waits_for_a_retry_holds_its_lane(db: Database) -> None:
    box = Outbox(db)
    await put(db, SAY, SAY)
    await claimed_ids(box)
    await box.retry(1, T0 + MINUTE, "45009")
    assert await claimed_ids(box, T0 + 30 * SECOND) == []
    assert await box.next_due() == T0 + MINUTE
    (again,) = await box.claim(T0 + MINUTE, "w", 10)
    assert (again.id, again.attempts) == (1, 2)


async def test_an_expired_lease_is_taken_over(db: Database) -> None:
    box = Outbox(db)
    await put(db, SAY, SAY)
    await claimed_ids(box)
    assert await box.next_due() == T0 + LEASE
    assert await claimed_ids(box, T0 + LEASE - SECOND) == []
    assert await claimed_ids(box, T0 + LEASE) == [1]


async def test_effects_with_one_merge_key_are_one_while_nobody_has_claimed_it(db: Database) -> None:
    box = Outbox(db)
    refresh = replace(SAY, kind="refresh", merge_key="refresh:1")
    await put(db, refresh, refresh, SAY, refresh)
    assert await box.pending() == 2
    assert await claimed_ids(box) == [1]
    await put(db, refresh, refresh)  # the claimed one may have been drawn already
    assert await box.pending() == 3
    await box.retry(1, T0, "timeout")
    await put(db, refresh)
    assert [row.kind for row in await box.list("waiting")] == ["refresh", "say", "refresh"]


async def test_a_row_to_be_merged_into_can_not_be_claimed_before_the_commit(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    """Else the courier would draw the state before this transaction, and nobody the state after it."""
    refresh = replace(SAY, merge_key="refresh:1")
    await put(db, refresh)
    other = Outbox(await replica() if not db.is_sqlite else db)
    async with asyncio.TaskGroup() as group, db.write() as connection:
        await enqueue(connection, [refresh], T0)
        early = group.create_task(claimed_ids(other))
        if not db.is_sqlite:
            assert await early == []
    later = [] if not db.is_sqlite else await early
    assert [*later, *await claimed_ids(other)] == [1]


async def test_what_is_frozen_first_counts(db: Database) -> None:
    box = Outbox(db)
    await put(db, SAY)
    await claimed_ids(box)
    assert await box.freeze(1, "第一次") == "第一次"
    assert await box.freeze(1, "第二次") == "第一次"
    (again,) = await box.claim(T0 + LEASE, "w", 1)
    assert again.frozen == "第一次"


async def test_a_dead_letter_lets_its_lane_go_on_and_can_be_sent_again(db: Database) -> None:
    box = Outbox(db)
    await put(db, SAY, SAY)
    await claimed_ids(box)
    await box.freeze(1, "旧内容")
    await box.bury(1, "不在可见范围", T0)
    assert await claimed_ids(box) == [2]
    (letter,) = await box.list(Stage.DEAD)
    assert (letter.id, letter.error, letter.attempts) == (1, "不在可见范围", 1)
    await box.replay(1)
    assert await claimed_ids(box) == []  # its lane is busy
    await box.done(2, T0)
    (again,) = await box.claim(T0, "w", 1)
    assert (again.id, again.attempts, again.frozen) == (1, 1, "")


async def test_a_discarded_row_is_never_sent(db: Database) -> None:
    box = Outbox(db)
    await put(db, SAY)
    await box.discard(1)
    assert await claimed_ids(box) == []
    assert await box.pending() == 0


async def test_a_row_for_later_waits(db: Database) -> None:
    box = Outbox(db)
    await put(db, replace(SAY, due_at=T0 + MINUTE))
    assert await claimed_ids(box) == []
    assert await claimed_ids(box, T0 + MINUTE) == [1]


async def test_late_words_of_a_courier_that_was_given_up_do_no_harm(db: Database) -> None:
    box = Outbox(db)
    await put(db, SAY)
    await claimed_ids(box)
    await box.done(1, T0)
    await box.retry(1, T0, "too late")
    await box.bury(1, "too late", T0)
    assert await box.pending() == 0
    assert await box.list("dead") == []


async def test_what_is_over_is_forgotten_and_ids_never_come_again(db: Database) -> None:
    box = Outbox(db)
    await put(db, SAY)
    await claimed_ids(box)
    await box.done(1, T0)
    assert await box.prune(T0) == 0
    assert await box.prune(T0 + SECOND) == 1
    await put(db, SAY)
    assert await claimed_ids(box) == [2]


async def test_an_older_row_that_turns_up_late_waits_for_the_younger_one_under_way(db: Database) -> None:
    """On PostgreSQL a slow transaction can commit a smaller id after a greater one was claimed."""
    box = Outbox(db)
    await put(db, SAY, SAY)
    async with db.write() as connection:
        await connection.execute(text("UPDATE outbox SET state = 'discarded' WHERE id = 1"))
    assert await claimed_ids(box) == [2]
    async with db.write() as connection:
        await connection.execute(text("UPDATE outbox SET state = 'waiting' WHERE id = 1"))
    assert await claimed_ids(box) == []
    assert await claimed_ids(box, T0 + LEASE) == [2]
    await box.done(2, T0)
    assert await claimed_ids(box) == [1]


async def test_two_couriers_never_share_a_lane_and_send_everything_once(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    lanes, each = 5, 6
    await put(db, *(replace(SAY, lane=f"lane {n % lanes}", payload=str(n)) for n in range(lanes * each)))
    under_way: set[str] = set()
    sent: list[tuple[str, int]] = []

    async def courier(box: Outbox, name: str) -> None:
        while await box.pending():
            for claimed in await box.claim(T0, name, 3):
                assert claimed.lane not in under_way
                under_way.add(claimed.lane)
                await box.freeze(claimed.id, "x")
                sent.append((claimed.lane, int(claimed.payload)))
                under_way.discard(claimed.lane)
                await box.done(claimed.id, T0)

    doors = [db, await replica(), await replica(), await replica()]
    await asyncio.gather(*(courier(Outbox(door), f"w{n}") for n, door in enumerate(doors)))
    assert len(sent) == len(set(sent)) == lanes * each
    for lane in {lane for lane, _ in sent}:
        in_order = [number for of, number in sent if of == lane]
        assert in_order == sorted(in_order)


# ── the model ──


@dataclass
class Row:
    id: int
    lane: str
    merge_key: str | None
    due_at: datetime
    stage: Stage = Stage.WAITING
    attempts: int = 0
    touched: bool = False
    until: datetime | None = None


@dataclass
class Model:
    """Lists and loops: slow, and easy to believe."""

    now: datetime = T0
    rows: list[Row] = field(default_factory=list)
    spent: int = 0

    def put(self, lane: str, merge_key: str | None, due_at: datetime) -> None:
        self.spent += 1  # a merge spends an id as well
        waits = [r for r in self.rows if r.stage is Stage.WAITING and not r.touched]
        if merge_key is None or merge_key not in {r.merge_key for r in waits}:
            self.rows.append(Row(self.spent, lane, merge_key, due_at))

    def claim(self, limit: int) -> list[int]:
        free = [row for row in self.rows if self._is_free(row)][:limit]
        for row in free:
            row.stage, row.touched, row.attempts = Stage.CLAIMED, True, row.attempts + 1
            row.until = self.now + LEASE
        return [row.id for row in free]

    def _is_free(self, row: Row) -> bool:
        if row.stage is Stage.CLAIMED:
            return row.until is not None and row.until <= self.now
        if row.stage is not Stage.WAITING or row.due_at > self.now:
            return False
        others = [r for r in self.rows if r.lane == row.lane and r is not row]
        busy = any(r.stage is Stage.CLAIMED for r in others)
        return not busy and not any(r.stage is Stage.WAITING and r.id < row.id for r in others)

    def move(self, id_: int, stages: set[Stage], to: Stage) -> None:
        for row in self.rows:
            if row.id == id_ and row.stage in stages:
                row.stage = to

    def retry(self, id_: int, at: datetime) -> None:
        for row in self.rows:
            if row.id == id_ and row.stage is Stage.CLAIMED:
                row.stage, row.due_at = Stage.WAITING, at

    def replay(self, id_: int) -> None:
        for row in self.rows:
            if row.id == id_ and row.stage is Stage.DEAD:
                row.stage, row.attempts = Stage.WAITING, 0

    def table(self) -> list[tuple[int, Stage, int]]:
        return [(row.id, row.stage, row.attempts) for row in self.rows]


@dataclass(frozen=True)
class Put:
    lane: str
    merge_key: str | None
    late: int  # seconds until it is due


@dataclass(frozen=True)
class Claim:
    limit: int


@dataclass(frozen=True)
class Wait:
    seconds: int


@dataclass(frozen=True)
class Decide:
    verb: str
    id: int


Step = Put | Claim | Wait | Decide
steps = st.one_of(
    st.builds(Put, st.sampled_from("ab"), st.sampled_from([None, "x", "y"]), st.sampled_from([0, 0, 20])),
    st.builds(Claim, st.integers(1, 3)),
    st.builds(Wait, st.sampled_from([5, 31])),
    st.builds(Decide, st.sampled_from(["done", "retry", "bury", "replay", "discard"]), st.integers(1, 6)),
)


@given(st.lists(steps, min_size=3, max_size=25))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_outbox_does_what_the_model_does(db: Database, story: list[Step]) -> None:
    await _empty(db)
    model, box = Model(), Outbox(db)
    for step in story:
        await _do(step, model, box, db)
        async with db.read() as connection:
            rows = select(outbox.c.id, outbox.c.state, outbox.c.attempts).order_by(outbox.c.id)
            assert [tuple(row) for row in await connection.execute(rows)] == model.table()


async def _do(step: Step, model: Model, box: Outbox, db: Database) -> None:
    match step:
        case Put(lane, merge_key, late):
            due = model.now + late * SECOND
            model.put(lane, merge_key, due)
            await put(db, Queued("say", "{}", lane, merge_key, due), now=model.now)
        case Claim(limit):
            assert [row.id for row in await box.claim(model.now, "w", limit)] == model.claim(limit)
        case Wait(seconds):
            model.now += seconds * SECOND
        case Decide(verb, id_):
            await _decide(verb, id_, model, box)


async def _decide(verb: str, id_: int, model: Model, box: Outbox) -> None:
    match verb:
        case "done":
            model.move(id_, {Stage.WAITING, Stage.CLAIMED}, Stage.DONE)
            await box.done(id_, model.now)
        case "bury":
            model.move(id_, {Stage.WAITING, Stage.CLAIMED}, Stage.DEAD)
            await box.bury(id_, "e", model.now)
        case "retry":
            model.retry(id_, model.now + 10 * SECOND)
            await box.retry(id_, model.now + 10 * SECOND, "e")
        case "replay":
            model.replay(id_)
            await box.replay(id_)
        case "discard":
            model.move(id_, {Stage.DEAD, Stage.WAITING}, Stage.DISCARDED)
            await box.discard(id_)


async def _empty(db: Database) -> None:
    """Ids begin at 1 again, as in the model."""
    async with db.write() as connection:
        if db.is_sqlite:
            await connection.execute(outbox.delete())
            await connection.execute(text("DELETE FROM sqlite_sequence WHERE name = 'outbox'"))
        else:
            await connection.execute(text("TRUNCATE outbox RESTART IDENTITY"))
