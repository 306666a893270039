"""After a restore nothing leaves until somebody lets go; and then only what they want."""

from __future__ import annotations

from storage.database import Database
from storage.outbox import Outbox, Queued
from storage.outbox_hold import OutboxHold, put_on_hold
from tests.storage.making import MINUTE, T0


async def held_with_one_from_before(db: Database) -> tuple[Outbox, OutboxHold]:
    outbox = Outbox(db)
    await outbox.put([Queued("say", "old", "a", "refresh-1"), Queued("say", "in flight", "b")], T0)
    await outbox.claim(T0, "dead worker", 1)
    async with db.write() as connection:
        await put_on_hold(connection, T0, "restored")
    return outbox, OutboxHold(db)


async def test_nothing_is_claimed_while_it_is_held_and_everything_after(db: Database) -> None:
    outbox, hold = await held_with_one_from_before(db)
    await outbox.put([Queued("say", "new", "a", "refresh-1")], T0)
    assert await outbox.claim(T0 + MINUTE, "w", 10) == []
    assert await outbox.next_due() is None, "nobody waits in a loop for what is held"
    held = await hold.look()
    assert held is not None
    assert (held.since, held.waiting, held.newer) == (T0, 2, 1)

    assert await hold.release(T0 + MINUTE, drop=False) == 0
    assert await hold.look() is None
    claimed = await outbox.claim(T0 + MINUTE, "w", 10)
    assert [one.payload for one in claimed] == ["old", "in flight"], (
        "and the new one after the old in its lane"
    )


async def test_dropping_discards_what_waited_then_and_not_what_came_since(db: Database) -> None:
    outbox, hold = await held_with_one_from_before(db)
    await outbox.put([Queued("say", "new", "a", "refresh-1")], T0)
    assert await hold.release(T0 + MINUTE, drop=True) == 2
    assert [one.payload for one in await outbox.claim(T0 + MINUTE, "w", 10)] == ["new"]
    assert len(await outbox.list("discarded")) == 2
