"""People and desks: found by every name they have, met by every account, seeded as often as one likes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import event, func, select, update

from domain.base import Account, Conversation, PersonId, Role
from domain.people.people import AmbiguousPerson, UnknownDesk, UnknownPerson
from storage.database import Database
from storage.desks import SqlDesks
from storage.people import DeskSeed, Directory, PersonSeed, seed
from storage.people_tables import accounts, people
from tests.storage.making import DESKS, GROUP, LI, MINUTE, PEOPLE, T0, WANG, ZHANG, ZHAO, unit

WECOM = Account("wecom", "ZhangSan")
DINGTALK = Account("dingtalk", "zhang3")


@pytest.mark.parametrize(
    "ref",
    [
        "张三",
        "@张三",
        " @张三 ",
        "#1",
        "wecom:ZhangSan",
        "wecom:zhangsan",
        "ZHANGSAN",
        "zhang3",
        "dingtalk:Zhang3",
    ],
)
async def test_a_person_is_found_by_every_name(db: Database, ref: str) -> None:
    assert (await Directory(db).find(ref)).id == ZHANG.person


@pytest.mark.parametrize(
    "ref", ["", "@", "张", "#0", "#99", "#x", f"#{'9' * 30}", "dingtalk:ZhangSan", "wecom:"]
)
async def test_nobody_is_found_by_a_wrong_name(db: Database, ref: str) -> None:
    with pytest.raises(UnknownPerson):
        await Directory(db).find(ref)


async def test_a_person_comes_whole(db: Database) -> None:
    li = await Directory(db).get(LI.person)
    assert (li.name, li.roles, li.accounts, li.skills, li.active) == (
        "李四", frozenset({Role.AGENT}), (Account("wecom", "LiSi"),), ("打印机",), True,
    )  # fmt: skip
    assert (await Directory(db).get(ZHANG.person)).accounts == (WECOM, DINGTALK)
    with pytest.raises(UnknownPerson):
        await Directory(db).get(PersonId(99))


async def test_namesakes_must_be_told_apart(db: Database) -> None:
    directory = Directory(db)
    await directory.meet(Account("wecom", "LiSi2"), "李四", T0)
    with pytest.raises(AmbiguousPerson) as refusal:
        await directory.find("李四")
    assert refusal.value.names == ("李四（wecom:LiSi）", "李四（wecom:LiSi2）")
    assert (await directory.find("lisi2")).name == "李四"


async def test_a_name_that_is_another_one_s_user_id_is_ambiguous(db: Database) -> None:
    await Directory(db).meet(Account("wecom", "x1"), "lisi", T0)
    with pytest.raises(AmbiguousPerson):
        await Directory(db).find("LiSi")


async def test_who_left_is_not_found_but_still_known(db: Database) -> None:
    async with db.write() as connection:
        await connection.execute(update(people).where(people.c.id == LI.person).values(active=False))
    directory = Directory(db)
    for ref in ("李四", "#2", "wecom:LiSi", "lisi"):
        with pytest.raises(UnknownPerson):
            await directory.find(ref)
    assert not (await directory.get(LI.person)).active
    assert (await directory.names())[LI.person] == "李四"
    assert [person.name for person in await directory.with_role(Role.AGENT)] == ["王五"]


async def test_a_stranger_becomes_a_requester(db: Database) -> None:
    met = await Directory(db).meet(Account("dingtalk", "$:LWCP_v1:$abc"), "新人", T0)
    assert (met.name, met.roles) == ("新人", frozenset({Role.REQUESTER}))
    assert (await Directory(db).meet(Account("dingtalk", "$:lwcp_V1:$ABC"), "别名", T0)).id == met.id
    assert (await Directory(db).find("dingtalk:$:LWCP_v1:$abc")).id == met.id


async def test_a_name_is_learnt_once(db: Database) -> None:
    directory, account = Directory(db), Account("wecom", "wxid7")
    assert (await directory.meet(account, "", T0)).name == "wxid7"
    assert (await directory.meet(account, "周八", T0)).name == "周八"
    assert (await directory.meet(account, "周八的新昵称", T0)).name == "周八"
    assert (await directory.find("周八")).accounts == (account,)


async def test_two_first_messages_at_once_make_one_person(db: Database) -> None:
    directory, account = Directory(db), Account("wecom", "first")
    met = await asyncio.gather(*(directory.meet(account, "同一人", T0) for _ in range(5)))
    assert len({person.id for person in met}) == 1
    async with db.read() as connection:
        counted = select(func.count()).select_from(people).where(people.c.name == "同一人")
        assert (await connection.execute(counted)).scalar() == 1


async def test_home_is_the_account_used_last(db: Database) -> None:
    directory = Directory(db)
    assert await directory.home(ZHANG.person) == WECOM
    await directory.meet(DINGTALK, "", T0)
    assert await directory.home(ZHANG.person) == DINGTALK
    await directory.meet(replace(WECOM, user_id="zhangsan"), "", T0 + MINUTE)
    assert await directory.home(ZHANG.person) == WECOM
    assert await directory.home(PersonId(99)) is None


async def test_meeting_again_at_home_writes_nothing(db: Database) -> None:
    directory = Directory(db)
    await directory.meet(WECOM, "张三", T0)
    await directory.meet(WECOM, "张三", T0 + MINUTE)
    async with db.read() as connection:
        used = select(accounts.c.used_at).where(accounts.c.user_id == "ZhangSan")
        assert (await connection.execute(used)).scalar() is None


async def test_a_direct_chat_belongs_to_a_person(db: Database) -> None:
    directory = Directory(db)
    assert await directory.in_chat(Conversation("wecom", "direct", "zhangsan")) == ZHANG.person
    assert await directory.in_chat(Conversation("wecom", "direct", "nobody")) is None
    assert await directory.in_chat(GROUP) is None


async def test_chats_of_many_are_told_at_once_and_a_second_door_s_own_accounts_come_first(
    db: Database,
) -> None:
    directory = Directory(db)
    guest = await directory.meet(Account("wecom-aibot", "LiSi"), "外部", T0)
    theirs, own = (
        Conversation("wecom-aibot", "direct", "zhangsan"),
        Conversation("wecom-aibot", "direct", "LISI"),
    )
    found = await directory.in_chats([own, theirs, GROUP, Conversation("dingtalk", "direct", "nobody")])
    assert found == {own: guest.id, theirs: ZHANG.person}
    assert await directory.in_chats([GROUP]) == {}


async def test_names_are_told_of_those_alone_who_were_asked_for(db: Database) -> None:
    assert await Directory(db).names_of({LI.person, PersonId(99)}) == {LI.person: "李四"}
    assert await Directory(db).names_of(set()) == {}


async def test_where_somebody_was_last_comes_first_of_all_accounts(db: Database) -> None:
    directory = Directory(db)
    assert list(await directory.reachable(ZHANG.person)) == [WECOM, DINGTALK]
    await directory.meet(DINGTALK, "", T0)
    assert list(await directory.reachable(ZHANG.person)) == [DINGTALK, WECOM]
    assert list(await directory.reachable(PersonId(99))) == []


async def test_every_replica_sees_changed_desks_at_once(db: Database, migrated_url: str) -> None:
    other = Database(migrated_url)
    names = [desk.name for desk in await Directory(other).desks()]
    async with db.write() as connection:
        await seed(connection, [], [DeskSeed("it", "信息部", "XX")])
    assert [desk.name for desk in await Directory(other).desks()] == ["信息部", *names[1:]]
    await other.close()


async def test_a_change_of_desks_that_was_rolled_back_is_not_remembered(db: Database) -> None:
    before = await Directory(db).desks()

    async def fail() -> None:
        async with db.write() as connection:
            await seed(connection, [], [DeskSeed("it", "不算数", "XX")])
            assert (await SqlDesks(connection).get("it")).name == "不算数"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await Directory(db).desks() == before
    async with unit(db, LI) as work:
        assert await work.desks.all() == before


async def test_desks_that_did_not_change_are_not_read_again(db: Database) -> None:
    await Directory(db).desks()
    heard: list[str] = []
    event.listen(
        db._reader.sync_engine,
        "before_cursor_execute",
        lambda *seen: heard.append(seen[2]),
    )
    await Directory(db).desks()
    assert not [statement for statement in heard if "desk_members" in statement]
    assert [statement for statement in heard if "counters" in statement]


async def test_desks_come_whole_and_in_the_order_of_the_configuration(db: Database) -> None:
    it, hr = await Directory(db).desks()
    assert (it.key, it.name, it.prefix, it.lead, it.members, it.channels, it.keywords, it.sla) == (
        "it", "IT服务台", "IT", WANG.person, (LI.person, WANG.person), (GROUP,), ("打印机",), "标准",
    )  # fmt: skip
    assert (hr.lead, hr.members, hr.channels) == (ZHAO.person, (ZHAO.person,), ())


async def test_a_desk_is_found_by_key_or_name(db: Database) -> None:
    async with unit(db, LI) as work:
        assert await work.desks.find("IT") is await work.desks.get("it")
        assert await work.desks.find(" @人事 ") is await work.desks.get("hr")
        assert await work.desks.find("李四") is None
        with pytest.raises(UnknownDesk):
            await work.desks.get("财务")


async def test_seeding_again_changes_nothing(db: Database) -> None:
    directory = Directory(db)
    before = (await directory.desks(), [await directory.get(PersonId(n)) for n in range(1, 6)])
    await directory.seed(PEOPLE, DESKS)
    assert (await directory.desks(), [await directory.get(PersonId(n)) for n in range(1, 6)]) == before
    assert len(await directory.names()) == 5


async def test_seeding_updates_what_the_configuration_says_now(db: Database) -> None:
    directory = Directory(db)
    moved = PersonSeed("李思", (Account("wecom", "LiSi"), Account("dingtalk", "li4")), frozenset({Role.LEAD}))
    desk = DeskSeed("it", "信息部", "XX", lead="wecom:LiSi", members=("李思", "lisi"))
    await directory.seed([moved], [desk])
    person = await directory.get(LI.person)
    assert (person.name, person.roles, len(person.accounts)) == ("李思", frozenset({Role.LEAD}), 2)
    assert (await directory.desks())[0].members == (LI.person,)
    assert (await directory.desks())[0].channels == ()
    assert len(await directory.names()) == 5


async def test_seeding_knows_who_has_written_before(db: Database) -> None:
    directory, account = Directory(db), Account("dingtalk", "li4")
    stranger = await directory.meet(account, "小李", T0)
    await directory.seed([PersonSeed("钱八", (account,), frozenset({Role.AGENT}))], [])
    assert await directory.get(stranger.id) == replace(stranger, name="钱八", roles=frozenset({Role.AGENT}))


async def test_a_desk_of_unknown_people_is_refused_whole(db: Database) -> None:
    with pytest.raises(UnknownPerson):
        await Directory(db).seed([PersonSeed("新人")], [DeskSeed("x", "某台", "X", members=("谁",))])
    assert len(await Directory(db).names()) == 5
