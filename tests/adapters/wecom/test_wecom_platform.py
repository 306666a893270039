"""The private chat, against the played WeCom: cards out, presses in, repaints and their codes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.card import Field
from adapters.chat import (
    EditSpent,
    FileRef,
    Misconfigured,
    NotReachable,
    Pressed,
    RateLimited,
    Rejected,
    Reply,
    Unreachable,
)
from adapters.emulator.wecom.switches import TaskIdInUpdate
from domain.base import Account, Conversation
from tests.adapters.taking import taken
from tests.adapters.wecom.conftest import LI, House
from tests.adapters.wecom.fakes import closed, offer


async def press(house: House, task_id: str, key: str = "accept:IT-1042") -> Pressed:
    delivery = await house.vendor.presses("LiSi", task_id, key)
    assert delivery.status == 200
    assert isinstance(house.inbox.last, Pressed)
    return house.inbox.last


async def test_card_arrives_with_its_buttons_and_brings_a_code(house: House) -> None:
    copy = await house.wecom.post(LI, offer(), key="show-1")
    (bubble,) = house.vendor.chats.of("LiSi")
    buttons = bubble.body["button_list"]
    assert [button["key"] for button in buttons] == ["accept:IT-1042", "look:IT-1042", "decline:IT-1042"]
    assert copy.handle == "show-1"
    assert copy.grant is not None
    assert copy.grant.until == house.clock.now() + timedelta(hours=72)


async def test_everything_sent_is_without_a_defect(house: House) -> None:
    await house.wecom.post(LI, offer(fields=(Field("备注", ""),), lead="<a>\x00 👩‍🔧\r\n]]>"), key="effect:1")
    await house.wecom.post(LI, closed(), key="effect:2")
    await house.wecom.post(LI, closed(link=""), key="effect:3")
    await house.wecom.say(LI, "您好", key="effect:4")
    assert (house.vendor.defects, house.vendor.refused) == ([], [])
    assert [bubble.kind for bubble in house.vendor.chats.of("LiSi")] == ["card", "card", "text", "text"]


async def test_a_repeat_after_a_lost_answer_is_the_same_card(house: House) -> None:
    house.vendor.faults.reset_after("message/send")
    with pytest.raises(Unreachable):
        await house.wecom.post(LI, offer(), key="show-1")
    await house.wecom.post(LI, offer(), key="show-1")
    assert len(house.vendor.chats.of("LiSi")) == 1


async def test_a_repeat_whose_task_id_is_refused_counts_as_delivered(house: House) -> None:
    house.vendor.switches.duplicate_check_before_task_id = False
    await house.wecom.post(LI, offer(), key="show-1")
    copy = await house.wecom.post(LI, offer(), key="show-1")
    assert (copy.handle, copy.grant) == ("show-1", None)
    assert len(house.vendor.chats.of("LiSi")) == 1


async def test_edit_repaints_the_card_and_spends_the_code(house: House) -> None:
    copy = await house.wecom.post(LI, offer(), key="show-1")
    edited = await house.wecom.edit(copy, closed())
    (bubble,) = house.vendor.chats.of("LiSi")
    assert bubble.body["replace_text"] == "已解决"
    assert edited.grant is None
    with pytest.raises(EditSpent):
        await house.wecom.edit(edited, offer())
    with pytest.raises(EditSpent):
        await house.wecom.edit(copy, offer())


async def test_a_press_brings_a_code_for_one_more_edit(house: House) -> None:
    copy = await house.wecom.post(LI, offer(), key="show-1")
    await house.wecom.edit(copy, offer(status="处理中"))
    pressed = await press(house, copy.handle)
    assert pressed.copy == copy.handle
    assert pressed.grant is not None
    await house.wecom.edit(replace(copy, grant=pressed.grant), closed())
    assert house.vendor.chats.of("LiSi")[0].body["replace_text"] == "已解决"


async def test_a_code_is_dead_after_three_days(house: House) -> None:
    copy = await house.wecom.post(LI, offer(), key="show-1")
    house.clock.advance(timedelta(hours=72))
    with pytest.raises(EditSpent):
        await house.wecom.edit(copy, closed())


@pytest.mark.parametrize("errcode", [40058, 40035, 84014, 93006, 850001])
async def test_whatever_an_edit_is_refused_with_the_code_counts_as_spent(house: House, errcode: int) -> None:
    copy = await house.wecom.post(LI, offer(), key="show-1")
    house.vendor.faults.fail("message/update_template_card", errcode, times=2)
    with pytest.raises(EditSpent):
        await house.wecom.edit(copy, closed())


async def test_an_edit_refused_for_the_address_names_the_address(house: House) -> None:
    copy = await house.wecom.post(LI, offer(), key="show-1")
    house.vendor.switches.untrusted_ip = "203.0.113.9"
    with pytest.raises(Misconfigured) as refused:
        await house.wecom.edit(copy, closed())
    assert "203.0.113.9" in refused.value.fix


@pytest.mark.parametrize("rule", list(TaskIdInUpdate))
async def test_edit_works_whether_an_update_may_or_must_name_its_task(
    house: House, rule: TaskIdInUpdate
) -> None:
    house.vendor.switches.update_task_id = rule
    for number in (1, 2):
        copy = await house.wecom.post(LI, offer(), key=f"show-{number}")
        await house.wecom.edit(copy, closed())
    assert [bubble.body["replace_text"] for bubble in house.vendor.chats.of("LiSi")] == ["已解决", "已解决"]
    # The second edit already knew.
    assert len(house.vendor.refused) == (rule is TaskIdInUpdate.REQUIRED)


async def test_a_closed_card_can_be_opened_again(house: House) -> None:
    copy = await house.wecom.post(LI, offer(), key="show-1")
    pressed = await press(house, copy.handle)
    await house.wecom.edit(copy, closed())
    await house.wecom.edit(replace(copy, grant=pressed.grant), offer(status="已重开"))
    body = house.vendor.chats.of("LiSi")[0].body
    assert "replace_text" not in body
    assert len(body["button_list"]) == 3


async def test_a_notice_has_no_code_and_cannot_be_edited(house: House) -> None:
    copy = await house.wecom.post(LI, closed(), key="show-1")
    assert copy.grant is None
    with pytest.raises(EditSpent):
        await house.wecom.edit(copy, offer())


async def test_long_text_is_said_in_pieces_in_order(house: House) -> None:
    lines = [f"第 {number} 行：打印机又卡纸了，请尽快处理。" for number in range(120)]
    await house.wecom.say(LI, "\n".join(lines), key="say-1")
    said = [bubble.text for bubble in house.vendor.chats.of("LiSi")]
    assert len(said) > 2
    assert "\n".join(said).split("\n") == lines
    assert all(len(piece.encode()) <= 2048 for piece in said)


async def test_the_same_sentence_may_be_said_again_later(house: House) -> None:
    await house.wecom.say(LI, "已催办。", key="say-1")
    await house.wecom.say(LI, "已催办。", key="say-1")
    house.clock.advance(timedelta(minutes=3))
    await house.wecom.say(LI, "已催办。", key="say-2")
    assert len(house.vendor.chats.of("LiSi")) == 2


async def test_a_member_is_never_sent_more_than_wecom_would_show(house: House) -> None:
    sent = 0
    waits = []
    for number in range(60):
        try:
            await house.wecom.say(LI, f"第 {number} 条", key=f"say-{number}")
            sent += 1
        except RateLimited as limited:
            waits.append(limited.retry_after)
            house.clock.advance(timedelta(seconds=limited.retry_after))
            await house.wecom.say(LI, f"第 {number} 条", key=f"say-{number}")
            sent += 1
    assert (sent, waits) == (60, [60.0, 60.0])
    assert [drop for message in house.vendor.sent for drop in message.dropped] == []


async def test_the_limit_is_one_persons_own_whatever_the_case(house: House) -> None:
    for number in range(25):
        await house.wecom.say(LI, f"第 {number} 条", key=f"say-{number}")
    with pytest.raises(RateLimited):
        await house.wecom.say(replace(LI, key="lisi"), "再来一条", key="say-x")
    await house.wecom.say(replace(LI, key="WangFang"), "您好", key="say-y")


async def test_somebody_outside_the_visible_range_is_not_reachable(house: House) -> None:
    house.vendor.switches.hidden_users = {"WangFang"}
    with pytest.raises(NotReachable) as refused:
        await house.wecom.say(replace(LI, key="WangFang"), "您好", key="say-1")
    assert refused.value.who == ("WangFang",)


async def test_profile_has_the_name_and_the_delivered_spelling(house: House) -> None:
    profile = await house.wecom.profile(Account("wecom", "lisi"))
    assert (profile.name, profile.account.user_id) == ("李四", "LiSi")


async def test_profile_of_nobody_is_not_reachable(house: House) -> None:
    with pytest.raises(NotReachable):
        await house.wecom.profile(Account("wecom", "nobody"))


async def test_fetch_brings_what_a_member_sent(house: House) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(5000)
    await house.vendor.sends_image("LiSi", picture)
    (file,) = house.inbox.last.files  # type: ignore[union-attr]
    assert await taken(house.wecom, file) == picture


async def test_fetch_of_what_is_gone_is_refused(house: House) -> None:
    with pytest.raises(Rejected) as refused:
        await taken(house.wecom, FileRef("wecom", "image", "no-such-media"))
    assert refused.value.code == "40007"


async def test_edit_in_one_chat_leaves_the_other_alone(house: House) -> None:
    wang = Conversation("wecom", "direct", "WangFang")
    first, second = await asyncio.gather(
        house.wecom.post(LI, offer(), key="show-1"), house.wecom.post(wang, offer(), key="show-2")
    )
    await house.wecom.edit(first, closed())
    assert "replace_text" in house.vendor.chats.of("LiSi")[0].body
    assert "replace_text" not in house.vendor.chats.of("WangFang")[0].body
    assert second.place == wang


async def test_a_card_that_is_refused_is_not_taken_for_delivered(house: House) -> None:
    house.vendor.faults.fail("message/send", 40058)
    with pytest.raises(Rejected, match="40058"):
        await house.wecom.post(LI, offer(), key="show-1")


@pytest.mark.parametrize("key", ["@all", "LiSi|WangFang", "", "|"])
async def test_nobody_can_be_made_to_write_to_everybody(house: House, key: str) -> None:
    everybody = replace(LI, key=key)
    with pytest.raises(NotReachable):
        await house.wecom.say(everybody, "您好", key="say-1")
    with pytest.raises(NotReachable):
        await house.wecom.post(everybody, offer(), key="show-1")
    assert house.vendor.sent == []


async def test_a_press_is_answered_with_the_new_card_for_the_presser(house: House) -> None:
    copy = await house.wecom.post(LI, offer(), key="show-1")
    house.inbox.reply = Reply(card=closed(status="处理中"), note="您已接单 IT-1042")
    delivery = await house.vendor.presses("LiSi", copy.handle, "accept:IT-1042")
    assert delivery.reply is not None
    assert delivery.reply.kind == "update_template_card"
    body = house.vendor.chats.of("LiSi")[0].body
    assert (body["replace_text"], body["quote_area"]["quote_text"]) == ("处理中", "您已接单 IT-1042")
    assert house.vendor.defects == []
