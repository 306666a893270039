"""The small stores: card copies, pending messages, tokens, sessions, open questions."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from domain.base import Account, Conversation, TicketId
from storage.cards import Cards, Copy, Doubt, Grant
from storage.database import Database
from storage.inbox import PendingInbox
from storage.leases import Leases
from storage.outbox import Outbox, Queued
from storage.prompts import Prompt, Prompts, ask, spend
from storage.sealing import Keyring, Unsealable
from storage.sessions import SessionBook
from storage.tokens import Token, TokenStore, tokens
from tests.storage.making import DIRECT, GROUP, MINUTE, T0, open_one

KEYS = [
    f"{name}:{base64.b64encode(bytes([number] * 32)).decode()}" for number, name in enumerate(("k1", "k2"))
]
TOKEN = Token("秘密", T0 + 120 * MINUTE, T0 + 100 * MINUTE)

# ── cards ──


async def post(db: Database, handle: str = "task-1", code: str | None = "code-1") -> Copy:
    await open_one(db)
    until = T0 + 60 * MINUTE if code else None
    return await Cards(db).remember(
        DIRECT, handle, TicketId(1), "requester", "digest", 1, code, until, now=T0
    )


async def test_a_copy_is_found_by_its_handle_and_its_ticket(db: Database) -> None:
    copy, cards = await post(db), Cards(db)
    assert copy == Copy(copy.id, DIRECT, "task-1", TicketId(1), "requester", "digest", 1, live=True)
    assert await cards.by_handle("wecom", "task-1") == copy
    assert await cards.by_handle("dingtalk", "task-1") is None
    assert await cards.copies_of(TicketId(1)) == [copy]


async def test_a_copy_remembered_twice_is_one(db: Database) -> None:
    copy = await post(db)
    again = await Cards(db).remember(DIRECT, "task-1", TicketId(1), "requester", "newer", 2)
    assert (again.id, again.digest, again.version) == (copy.id, "newer", 2)
    assert len(await Cards(db).copies_of(TicketId(1))) == 1


async def test_a_card_that_is_no_ticket_s_is_kept_too(db: Database) -> None:
    copy = await Cards(db).remember(GROUP, "list-1", None, "answer", "d", 0)
    assert await Cards(db).by_handle("dingtalk", "list-1") == copy


async def test_an_older_drawing_does_not_replace_a_newer_one(db: Database) -> None:
    copy, cards = await post(db), Cards(db)
    await cards.updated(copy.id, "third", 3)
    await cards.updated(copy.id, "second", 2)
    assert [(c.digest, c.version) for c in await cards.copies_of(TicketId(1))] == [("third", 3)]


async def test_a_superseded_copy_is_not_looked_at_but_still_known(db: Database) -> None:
    copy, cards = await post(db), Cards(db)
    await cards.supersede(copy.id)
    assert await cards.copies_of(TicketId(1)) == []
    found = await cards.by_handle("wecom", "task-1")
    assert found is not None
    assert not found.live


async def test_a_grant_is_spent_once_and_the_newest_first(db: Database) -> None:
    copy, cards = await post(db), Cards(db)
    await cards.renew(copy.id, "code-2", T0 + 60 * MINUTE)
    assert await cards.spend(copy.id, "d", T0) == Grant("code-2", T0 + 60 * MINUTE)
    await cards.renew(copy.id, "code-2", T0 + 60 * MINUTE)  # the same press, delivered again
    assert await cards.spend(copy.id, "d", T0) == Grant("code-1", T0 + 60 * MINUTE)
    assert await cards.spend(copy.id, "d", T0) is None


async def test_what_a_grant_was_used_for_is_in_doubt_until_the_copy_shows_it(db: Database) -> None:
    copy, cards = await post(db), Cards(db)
    assert await cards.doubt(copy.id) is None
    await cards.spend(copy.id, "new", T0)
    assert await cards.doubt(copy.id) == Doubt(Grant("code-1", T0 + 60 * MINUTE), "new")
    await cards.updated(copy.id, "new", 2)
    assert await cards.doubt(copy.id) is None


async def test_a_copy_has_one_successor(db: Database) -> None:
    copy, cards, outbox = await post(db), Cards(db), Outbox(db)
    for _ in range(2):
        await cards.succeed(copy.id, Queued("show_ticket", "{}", "ticket:1"), T0)
    assert await cards.copies_of(TicketId(1)) == []
    assert await outbox.pending() == 1


async def test_an_expired_grant_is_none(db: Database) -> None:
    copy = await post(db)
    assert await Cards(db).spend(copy.id, "d", T0 + 60 * MINUTE) is None


async def test_no_grant_is_spent_twice_by_couriers_at_once(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    copy = await post(db)
    for number in (2, 3):
        await Cards(db).renew(copy.id, f"code-{number}", T0 + 60 * MINUTE)
    doors = [Cards(db), Cards(await replica())]
    spent = await asyncio.gather(*(doors[turn % 2].spend(copy.id, "d", T0) for turn in range(8)))
    codes = [grant.code for grant in spent if grant]
    # Who finds the newest one locked goes away empty rather than wait; so at least one, and never one twice.
    assert codes
    assert len(codes) == len(set(codes))


# ── pending messages ──


async def test_a_message_is_kept_until_it_is_done(db: Database) -> None:
    inbox = PendingInbox(db)
    await inbox.store("m1", '{"text":"一"}', T0)
    await inbox.store("m1", "redelivered", T0 + MINUTE)
    await inbox.store("m2", "{}", T0 + MINUTE)
    assert [(kept.id, kept.body) for kept in await inbox.pending(T0 + MINUTE, 10)] == [
        ("m1", '{"text":"一"}'),
        ("m2", "{}"),
    ]
    assert await inbox.count() == 2
    await inbox.done("m1")
    assert [kept.id for kept in await inbox.pending(T0 + MINUTE, 10)] == ["m2"]


async def test_a_failed_message_is_tried_later_and_dies_at_last(db: Database) -> None:
    inbox = PendingInbox(db)
    await inbox.store("m1", "{}", T0)
    (fresh,) = await inbox.pending(T0, 10)
    for _replica in range(3):
        await inbox.fail(fresh, "KeyError", T0 + MINUTE)
    assert await inbox.pending(T0, 10) == []
    (kept,) = await inbox.pending(T0 + MINUTE, 10)
    assert (kept.attempts, kept.error) == (1, "KeyError")
    await inbox.fail(kept, "KeyError again", None)
    assert await inbox.pending(T0 + 60 * MINUTE, 10) == []
    assert [(dead.id, dead.error) for dead in await inbox.dead()] == [("m1", "KeyError again")]


async def test_a_dead_message_is_tried_again_or_thrown_away(db: Database) -> None:
    inbox = PendingInbox(db)
    for id_ in ("m1", "m2"):
        await inbox.store(id_, "{}", T0)
    for kept in await inbox.pending(T0, 10):
        await inbox.fail(kept, "bug", None)
    await inbox.replay("m1")
    await inbox.discard("m2")
    await inbox.discard("m1")  # not dead any more, so it stays
    assert [(kept.id, kept.attempts) for kept in await inbox.pending(T0, 10)] == [("m1", 0)]
    assert await inbox.dead() == []


# ── tokens ──


async def test_a_token_comes_back_and_is_replaced(db: Database) -> None:
    store = TokenStore(db)
    assert await store.load("wecom:1000002") is None
    await store.save("wecom:1000002", Token("old", T0, T0))
    await store.save("wecom:1000002", TOKEN)
    assert await store.load("wecom:1000002") == TOKEN
    assert "秘密" not in repr(TOKEN)


async def test_a_token_is_sealed_where_keys_are_configured(db: Database) -> None:
    await TokenStore(db, Keyring(KEYS)).save("a", TOKEN)
    async with db.read() as connection:
        raw = (await connection.execute(select(tokens.c.value))).scalar_one()
    assert raw.startswith("v1:k1:")
    assert "秘密" not in raw
    assert await TokenStore(db, Keyring(reversed_keys())).load("a") == TOKEN
    assert await TokenStore(db).load("a") is None  # its key is gone: fetch a new one


async def test_a_sealed_token_opens_only_in_its_own_row(db: Database) -> None:
    store = TokenStore(db, Keyring(KEYS))
    await store.save("a", TOKEN)
    async with db.write() as connection:
        await connection.execute(update(tokens).values(name="b"))
    assert await store.load("b") is None


def reversed_keys() -> list[str]:
    return list(reversed(KEYS))


def test_what_somebody_wrote_in_does_not_open() -> None:
    ring = Keyring(KEYS)
    sealed = ring.seal("秘密", "here")
    assert ring.open(sealed, "here") == "秘密"
    assert ring.seal("秘密", "here") != sealed
    assert Keyring().open(Keyring().seal("v1:x:y", "here"), "here") == "v1:x:y"
    for place, text in (("there", sealed), ("here", sealed[:-4] + "AAA="), ("here", "v1:gone:AAAA")):
        with pytest.raises(Unsealable):
            ring.open(text, place)


async def test_one_at_a_time_fetches_a_token(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    fetched: list[str] = []

    async def yield_turn(_seconds: float) -> None:
        await asyncio.sleep(0)

    async def refresh(door: Database) -> None:
        store = TokenStore(door, clock=lambda: T0, pause=yield_turn)
        async with store.refreshing("a"):
            if await store.load("a") is None:
                fetched.append("gettoken")
                await store.save("a", TOKEN)

    doors = [db, await replica()]
    await asyncio.gather(*(refresh(doors[turn % 2]) for turn in range(6)))
    assert fetched == ["gettoken"]


async def test_a_lease_ends_when_its_holder_is_dead(db: Database) -> None:
    leases = Leases(db)
    lasting = timedelta(seconds=30)
    assert await leases.take("stream", "a", T0, lasting)
    assert not await leases.take("stream", "b", T0 + 0.5 * lasting, lasting)
    assert await leases.take("stream", "a", T0 + 0.5 * lasting, lasting)  # once more, for longer
    assert not await leases.take("stream", "b", T0 + lasting, lasting)
    assert await leases.take("stream", "b", T0 + 1.5 * lasting, lasting)
    await leases.give_back("stream", "a")
    assert not await leases.take("stream", "c", T0 + 1.5 * lasting, lasting)
    await leases.give_back("stream", "b")
    assert await leases.take("stream", "c", T0 + 1.5 * lasting, lasting)


# ── sessions ──


async def test_the_newest_session_address_counts_while_it_lives(db: Database) -> None:
    now = T0
    book = SessionBook(db, Keyring(KEYS), clock=lambda: now)
    assert await book.lookup(GROUP) is None
    await book.remember(GROUP, "https://oapi/newer", T0 + 60 * MINUTE)
    await book.remember(GROUP, "https://oapi/older", T0 + 50 * MINUTE)
    assert await book.lookup(GROUP) == "https://oapi/newer"
    assert await book.lookup(Conversation("dingtalk", "direct", GROUP.key)) is None
    now = T0 + 60 * MINUTE
    assert await book.lookup(GROUP) is None


# ── questions ──


async def test_the_newest_question_is_open_until_its_time_is_over(db: Database) -> None:
    prompts, account = Prompts(db), Account("wecom", "ZhangSan")
    await prompts.set(Prompt(account, "decline:1001", "reason"), T0 + MINUTE)
    await prompts.set(Prompt(account, "resolve:1001", "result"), T0 + MINUTE)
    other_case = Account("wecom", "zhangsan")
    assert await prompts.open(other_case, T0) == Prompt(other_case, "resolve:1001", "result")
    assert await prompts.open(account, T0 + MINUTE) is None
    await prompts.clear(account)
    assert await prompts.open(account, T0) is None


async def test_one_sentence_answers_a_question(db: Database) -> None:
    prompts, account = Prompts(db), Account("wecom", "ZhangSan")
    await prompts.set(Prompt(account, "resolve:1001", "result"), T0 + MINUTE)
    prompt = await prompts.open(account, T0)
    assert prompt is not None
    async with db.write() as connection:
        assert await spend(connection, prompt)
        assert not await spend(connection, prompt)
    assert await prompts.open(account, T0) is None


async def test_the_same_is_not_asked_twice_within_a_moment(db: Database) -> None:
    resolve = Prompt(Account("wecom", "ZhangSan"), "resolve:1001", "result")
    decline = Prompt(Account("wecom", "zhangsan"), "decline:1001", "reason")
    until = T0 + 10 * MINUTE
    async with db.write() as connection:
        assert await ask(connection, resolve, until)
        assert not await ask(connection, resolve, until + MINUTE / 2)
        assert await ask(connection, resolve, until + MINUTE)
        assert await ask(connection, decline, until + MINUTE)
        assert await ask(connection, resolve, until + MINUTE)


async def test_who_fails_while_answering_leaves_the_question_open(db: Database) -> None:
    prompts, account = Prompts(db), Account("wecom", "ZhangSan")
    await prompts.set(Prompt(account, "resolve:1001", "result"), T0 + MINUTE)
    prompt = await prompts.open(account, T0)
    assert prompt is not None
    with suppress(RuntimeError):
        async with db.write() as connection:
            await spend(connection, prompt)
            raise RuntimeError
    assert await prompts.open(account, T0) == prompt


async def test_a_token_may_be_forced_once_a_minute_by_all_replicas_together(
    db: Database, replica: Callable[[], Awaitable[Database]]
) -> None:
    stores = [TokenStore(db), TokenStore(await replica())]
    for minute in range(3):
        now = T0 + minute * timedelta(minutes=1)
        asked = [await store.may_force("a", now + timedelta(seconds=n)) for n in range(5) for store in stores]
        assert sum(asked) == 1
        assert await stores[1].may_force(f"b{minute}", now)
