"""From a member's phone to the inbox and back, over the played WeCom, in every way the documents leave open."""

from __future__ import annotations

import pytest

from adapters.chat import Incoming, Joined, Pressed, Reply, Said, Unreadable
from tests.adapters.taking import taken
from tests.adapters.wecom.conftest import LI, House
from tests.adapters.wecom.fakes import closed, offer


async def test_the_console_accepts_the_address(house: House) -> None:
    verification = await house.vendor.verify_url()
    assert (verification.ok, verification.status) == (True, 200)


async def test_a_sentence_arrives_and_is_answered(house: House) -> None:
    house.inbox.reply = Reply(text="已受理 <IT-1042> ]]> 👩‍🔧")
    delivery = await house.vendor.says("LiSi", "报修 三楼打印机\n一直卡纸")
    said = house.inbox.last
    assert isinstance(said, Said)
    assert (said.text, said.place, said.sender.user_id) == ("报修 三楼打印机\n一直卡纸", LI, "LiSi")
    assert delivery.reply is not None
    assert delivery.reply.body["content"] == "已受理 <IT-1042> ]]> 👩‍🔧"
    assert house.vendor.defects == []


@pytest.mark.parametrize(
    ("kind", "data"),
    [("image", b"\x89PNG" + bytes(40)), ("voice", b"#!AMR\n" + bytes(9)), ("video", b"ftyp" * 9)],
    ids=["image", "voice", "video"],
)
async def test_what_a_member_sends_can_be_fetched(house: House, kind: str, data: bytes) -> None:
    await getattr(house.vendor, f"sends_{kind}")("LiSi", data)
    said = house.inbox.last
    assert isinstance(said, Said)
    (file,) = said.files
    assert (file.kind, await taken(house.wecom, file)) == (kind, data)


async def test_a_file_keeps_its_name(house: House) -> None:
    await house.vendor.sends_file("LiSi", "报价单.pdf", b"%PDF-1.7 ...")
    said = house.inbox.last
    assert isinstance(said, Said)
    (file,) = said.files
    assert (file.name, await taken(house.wecom, file)) == ("报价单.pdf", b"%PDF-1.7 ...")


async def test_places_and_links_arrive_as_words(house: House) -> None:
    await house.vendor.sends_location("LiSi", 23.134, 113.358, "三号楼")
    await house.vendor.sends_link("LiSi", "手册", "https://example.com/m", "怎么修")
    texts = [incoming.text for incoming in house.inbox.received if isinstance(incoming, Said)]
    assert "三号楼" in texts[0]
    assert "https://example.com/m" in texts[1]


async def test_opening_and_the_menu(house: House) -> None:
    await house.vendor.opens("LiSi")
    await house.vendor.subscribes("LiSi")
    await house.vendor.clicks_menu("LiSi", "我的")
    assert [type(incoming) for incoming in house.inbox.received] == [Joined, Joined, Said]
    assert isinstance(house.inbox.last, Said)
    assert house.inbox.last.text == "我的"


async def test_contacts_that_change_do_not_reach_the_inbox(house: House) -> None:
    delivery = await house.vendor.event(
        {"Event": "change_contact", "ChangeType": "update_user", "UserID": "LiSi"}
    )
    assert delivery.status == 200
    assert house.inbox.received == []


async def test_a_press_carries_the_choice_made_on_the_card(house: House) -> None:
    copy = await house.wecom.post(LI, offer(), key="show-1")
    await house.vendor.presses("LiSi", copy.handle, "accept:IT-1042", {"priority": ["P1"]})
    pressed = house.inbox.last
    assert isinstance(pressed, Pressed)
    assert (pressed.copy, pressed.key, dict(pressed.answers)) == (
        "show-1",
        "accept:IT-1042",
        {"priority": "P1"},
    )


@pytest.mark.parametrize("fresh", [True, False])
async def test_what_is_delivered_four_times_has_one_id(house: House, fresh: bool) -> None:
    house.vendor.switches.fresh_envelope_on_retry = fresh
    house.inbox.failure = ConnectionError("no database")
    delivery = await house.vendor.says("LiSi", "报修 三楼打印机")
    assert (delivery.attempts, delivery.status) == (4, 500)
    assert len({incoming.id for incoming in house.inbox.received}) == 1


async def test_a_redelivered_press_has_the_same_id_and_a_second_press_another(house: House) -> None:
    copy = await house.wecom.post(LI, offer(), key="show-1")
    await house.vendor.presses("LiSi", copy.handle, "accept:IT-1042")
    await house.vendor.redeliver()
    await house.vendor.presses("LiSi", copy.handle, "accept:IT-1042")
    first, again, second = [incoming.id for incoming in house.inbox.received]
    assert first == again != second


@pytest.mark.parametrize("spends", [True, False])
async def test_a_passive_answer_and_the_codes_do_not_get_in_each_others_way(
    house: House, spends: bool
) -> None:
    """Whether the passive answer uses up the press's code is not documented: either way the sent code is left."""
    house.vendor.switches.passive_reply_spends_code = spends
    copy = await house.wecom.post(LI, offer(), key="show-1")
    house.inbox.reply = Reply(card=offer(status="处理中"))
    await house.vendor.presses("LiSi", copy.handle, "accept:IT-1042")
    assert house.vendor.chats.of("LiSi")[0].body["source"]["desc"] == "IT 服务台 · 处理中"
    await house.wecom.edit(copy, closed())
    assert house.vendor.chats.of("LiSi")[0].body["replace_text"] == "已解决"
    assert house.vendor.defects == []


async def test_an_unknown_kind_is_handed_in_as_unreadable(house: House) -> None:
    await house.vendor.event({"FromUserName": "LiSi", "MsgType": "sticker", "MsgId": "7"})
    incoming: Incoming = house.inbox.last
    assert isinstance(incoming, Unreadable)
    assert incoming.kind == "sticker"
