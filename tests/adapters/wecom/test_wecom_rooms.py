"""Groups of the application's own, against the played WeCom: made once, kept in order, spoken in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.card import Card
from adapters.chat import (
    ChatPlatform,
    Edits,
    EditSpent,
    FileRef,
    Misconfigured,
    NotReachable,
    Parcel,
    RateLimited,
    Rejected,
    Rooms,
    TooFew,
    Unreachable,
)
from adapters.fit import fit
from adapters.wecom import WeComRooms
from domain.base import Account, Conversation
from tests.adapters.taking import taken
from tests.adapters.wecom.conftest import House
from tests.adapters.wecom.fakes import offer

PLACE = Conversation("wecom-room", "group", "room1")
ZHANG, LI, WANG = (Account("wecom", user) for user in ("ZhangSan", "LiSi", "WangFang"))


@pytest.fixture
def rooms(house: House) -> WeComRooms:
    return WeComRooms(house.client, now=house.clock.now)


def members(house: House) -> list[str]:
    return house.vendor.app_chats["room1"].members


def texts(house: House) -> list[str]:
    return [bubble.text for bubble in house.vendor.chats.of("room1")]


def test_it_is_a_way_out_that_makes_groups(rooms: WeComRooms) -> None:
    platform: ChatPlatform = rooms
    assert isinstance(platform, Rooms)
    can = rooms.capabilities(PLACE)
    assert (can.edits, can.buttons, can.choices, can.mentions) == (Edits.NEVER, 0, False, True)


async def test_a_room_is_opened_with_its_owner_first(house: House, rooms: WeComRooms) -> None:
    inside = await rooms.open_room(PLACE, "IT-1042 " + "长" * 60, [LI, ZHANG])
    chat = house.vendor.app_chats["room1"]
    assert inside == {LI, ZHANG}
    assert (chat.owner, chat.members) == ("LiSi", ["LiSi", "ZhangSan"])
    assert chat.name.endswith("…")
    assert len(chat.name) == 50


@pytest.mark.parametrize("errcode", [86215, 40058, 86001])
async def test_an_answer_that_got_lost_makes_no_second_room(
    house: House, rooms: WeComRooms, errcode: int
) -> None:
    house.vendor.switches.chat_id_taken_errcode = errcode
    house.vendor.faults.reset_after("appchat/create")
    with pytest.raises(Unreachable):
        await rooms.open_room(PLACE, "IT-1042", [LI, ZHANG])
    assert await rooms.open_room(PLACE, "IT-1042", [LI, ZHANG, WANG]) == {LI, ZHANG, WANG}
    assert list(house.vendor.app_chats) == ["room1"]
    assert members(house) == ["LiSi", "ZhangSan", "WangFang"]


@pytest.mark.parametrize("errcode", [86216, 60111, 0])
async def test_who_cannot_be_added_is_left_out(house: House, rooms: WeComRooms, errcode: int) -> None:
    house.vendor.switches.bad_chat_member_errcode = errcode
    house.vendor.switches.hidden_users.add("WangFang")
    assert await rooms.open_room(PLACE, "IT-1042", [LI, ZHANG, WANG]) == {LI, ZHANG}
    house.vendor.switches.hidden_users.clear()
    assert await rooms.change_room(PLACE, [LI, ZHANG, WANG]) == {LI, ZHANG, WANG}


@pytest.mark.parametrize("errcode", [86216, 0])
async def test_two_there_must_be(house: House, rooms: WeComRooms, errcode: int) -> None:
    house.vendor.switches.bad_chat_member_errcode = errcode
    house.vendor.switches.hidden_users.add("WangFang")
    with pytest.raises(TooFew):
        await rooms.open_room(PLACE, "IT-1042", [LI])
    with pytest.raises(Rejected):
        await rooms.open_room(PLACE, "IT-1042", [LI, WANG])
    assert house.vendor.app_chats == {}


async def test_without_the_right_to_it_somebody_is_told_how(house: House, rooms: WeComRooms) -> None:
    house.vendor.switches.app_sees_root = False
    with pytest.raises(Misconfigured) as refusal:
        await rooms.open_room(PLACE, "IT-1042", [LI, ZHANG])
    assert "可见范围" in refusal.value.fix
    (finding,) = await rooms.diagnose()
    assert (finding.ok, finding.id) == (False, "wecom-room")
    house.vendor.switches.app_sees_root = True
    (finding,) = await rooms.diagnose()
    assert finding.ok


async def test_members_come_and_go_and_nothing_is_asked_twice(house: House, rooms: WeComRooms) -> None:
    await rooms.open_room(PLACE, "IT-1042", [LI, ZHANG])
    await rooms.change_room(PLACE, [WANG, ZHANG])
    assert members(house) == ["ZhangSan", "WangFang"]
    assert house.vendor.app_chats["room1"].owner == "WangFang"
    updates = house.calls("appchat/update")
    assert await rooms.change_room(PLACE, [WANG, Account("wecom", "zhangsan")])
    assert house.calls("appchat/update") == updates
    with pytest.raises(TooFew):
        await rooms.change_room(PLACE, [WANG])
    assert members(house) == ["ZhangSan", "WangFang"]


async def test_a_room_that_somebody_ended(house: House, rooms: WeComRooms) -> None:
    await rooms.open_room(PLACE, "IT-1042", [LI, ZHANG])
    house.vendor.dissolves("room1")
    with pytest.raises(NotReachable):
        await rooms.change_room(PLACE, [LI, ZHANG, WANG])
    with pytest.raises(NotReachable):
        await rooms.say(PLACE, "还在吗", key="k")


async def test_words_call_people_and_markup_stays_dead(house: House, rooms: WeComRooms) -> None:
    await rooms.open_room(PLACE, "IT-1042", [LI, ZHANG])
    await rooms.say(PLACE, "<@all> 李四已接单", key="k", mention=[LI, Account("wecom", "@all")])
    (bubble,) = house.vendor.chats.of("room1")
    assert (bubble.text, bubble.mentions) == ("＜@all> 李四已接单", ("LiSi",))
    await rooms.say(PLACE, "很长的话" * 400, key="k")
    assert all(len(text.encode()) <= 2048 for text in texts(house))
    assert "".join(texts(house)[1:]) == "很长的话" * 400


async def test_a_card_becomes_words_because_no_button_can_be_pressed(house: House, rooms: WeComRooms) -> None:
    await rooms.open_room(PLACE, "IT-1042", [LI, ZHANG])
    card: Card = fit(offer(mention=(LI,), mention_names=("李四",)), rooms.capabilities(PLACE))
    copy = await rooms.post(PLACE, card, key="k")
    (bubble,) = house.vendor.chats.of("room1")
    assert bubble.kind == "text"
    assert bubble.mentions == ("LiSi",)
    assert "详情：https://tickets.example.com/t/IT-1042" in bubble.text
    with pytest.raises(EditSpent):
        await rooms.edit(copy, card)
    assert house.vendor.defects == []


async def test_a_file_is_shown_as_what_it_is(house: House, rooms: WeComRooms) -> None:
    await rooms.open_room(PLACE, "IT-1042", [LI, ZHANG])
    parcel = Parcel("日志.txt", "text/plain", b"0123456789")
    await rooms.send_file(PLACE, parcel, key="k1")
    house.vendor.media.expire()
    await rooms.send_file(PLACE, parcel, key="k1")
    assert [bubble.kind for bubble in house.vendor.chats.of("room1")] == ["file", "file"]
    with pytest.raises(Rejected):
        await taken(rooms, FileRef("wecom-room", "file", "x"))
    with pytest.raises(Rejected):
        await rooms.profile(LI)


async def test_so_many_words_that_members_would_lose_some_wait(house: House, rooms: WeComRooms) -> None:
    await rooms.open_room(PLACE, "IT-1042", [LI, ZHANG])
    for _ in range(180):
        await rooms.say(PLACE, "快", key="k")
    with pytest.raises(RateLimited):
        await rooms.say(PLACE, "快", key="k")
    assert all(not sent.dropped for sent in house.vendor.sent)
    house.clock.advance(timedelta(minutes=1))
    await rooms.say(PLACE, "又可以了", key="k")
