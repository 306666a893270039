"""What comes in by stream: received, acknowledged, answered. Against DingTalk's emulated gateway."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from adapters.card import Button, Card
from adapters.chat import Incoming, Pressed, Reply, Said, Unreadable
from adapters.dingtalk.org_events import OrgEvent
from adapters.dingtalk.stream import Patience
from adapters.emulator.dingtalk.faults import Fault
from adapters.fit import fit
from domain.base import Command
from tests.adapters.dingtalk.conftest import GROUP, IT_GROUP, LI, TO_ZHANG, WANG, ZHANG, House
from tests.adapters.dingtalk.fakes import ticket_card

ACCEPT = "accept:IT-1042"
OPEN = "/v1.0/gateway/connections/open"
SESSION = "/robot/sendBySession"


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_message_is_received_acknowledged_and_answered(house: House) -> None:
    house.inbox.reply = lambda _: Reply(text="已受理 IT-1042")
    async with house.streaming():
        delivery = await house.vendor.says(ZHANG, "报修 打印机卡纸")
        await house.vendor.shown(ZHANG, lambda bubble: bubble.text == "已受理 IT-1042")
    (said,) = house.inbox.received
    assert isinstance(said, Said)
    assert (said.text, said.place, said.sender_name) == ("报修 打印机卡纸", TO_ZHANG, "张三")
    assert (delivery.acked, delivery.code, delivery.response) == (True, 200, None)
    assert house.ledger.counts == {"dingtalk webhook.heard": 1, "dingtalk webhook.session": 1}


async def test_in_a_group_the_robots_name_is_gone_and_colleagues_stay(house: House) -> None:
    async with house.streaming():
        await house.vendor.says(ZHANG, "转派 1042 @李四", GROUP, [LI])
    (said,) = house.inbox.received
    assert isinstance(said, Said)
    assert (said.text, said.place) == ("转派 1042 @李四", IT_GROUP)
    assert [account.user_id for account in said.mentions] == [LI]


async def test_a_card_in_the_answer_is_posted_once(house: House) -> None:
    house.inbox.reply = lambda _: Reply(card=ticket_card())
    house.vendor.faults.plan("/v1.0/card/instances/createAndDeliver", Fault.RESET_AFTER)
    async with house.streaming():
        await house.client.token()
        await house.vendor.says(ZHANG, "查 1042", GROUP)
        await house.vendor.shown(GROUP, lambda bubble: bubble.kind == "card")
    assert [b.kind for b in house.vendor.chats.of(GROUP)].count("card") == 1


async def test_an_answer_finds_another_way_when_the_session_has_ended(house: House) -> None:
    house.inbox.reply = lambda _: Reply(text="已受理")
    house.inbox.gate = asyncio.Event()
    async with house.streaming(), asyncio.TaskGroup() as tasks:
        tasks.create_task(house.vendor.says(ZHANG, "报修"))
        await house.inbox.begun()
        house.vendor.sessions.expire()
        house.inbox.gate.set()
        await house.vendor.shown(ZHANG, lambda bubble: bubble.text == "已受理")
    assert house.ledger.counts["dingtalk robot.direct"] == 1


async def test_an_answer_is_tried_again(house: House) -> None:
    house.inbox.reply = lambda _: Reply(text="已受理")
    house.vendor.faults.plan(SESSION, Fault.UNAVAILABLE, times=2)
    async with house.streaming():
        await house.vendor.says(ZHANG, "报修")
        await house.vendor.shown(ZHANG, lambda bubble: bubble.text == "已受理")
    assert house.pauses.asked == [1.0, 1.0]


async def test_a_message_without_content_says_that_the_quota_is_spent(house: House) -> None:
    house.vendor.switches.monthly_messages = 1
    async with house.streaming():
        await house.vendor.says(ZHANG, "第一句")
        await house.vendor.says(ZHANG, "第二句")
    first, second = house.inbox.received
    assert isinstance(first, Said)
    assert isinstance(second, Unreadable)
    assert (second.kind, second.place) == (Unreadable.QUOTA, TO_ZHANG)


async def test_an_unpublished_robot_still_hears_and_answers(house: House) -> None:
    """Then staff ids are missing (§2.1); the session is the only way back."""
    house.vendor.switches.staff_id_present = False
    house.inbox.reply = lambda _: Reply(text="已受理")
    async with house.streaming():
        await house.vendor.says(ZHANG, "报修")
        await house.vendor.shown(ZHANG, lambda bubble: bubble.text == "已受理")
    assert "/" in house.inbox.received[0].sender.user_id


async def test_nothing_is_acknowledged_that_was_not_kept(house: House) -> None:
    house.vendor.switches.patience_seconds = 0.2
    house.inbox.failure = OSError("no disk, no database")
    async with house.streaming():
        assert not (await house.vendor.says(ZHANG, "报修")).acked
        house.inbox.failure = None
        (again,) = await house.vendor.redeliver()
        assert again.acked
    first, second = house.inbox.received
    assert first.id == second.id


@pytest.mark.parametrize("keeps", [True, False])
async def test_a_redelivered_message_has_the_same_id(house: House, *, keeps: bool) -> None:
    house.vendor.switches.redelivery_keeps_message_id = keeps
    house.vendor.switches.deliver_times = 2
    async with house.streaming():
        await house.vendor.says(ZHANG, "报修")
    assert len(house.inbox.received) == 2
    assert len({incoming.id for incoming in house.inbox.received}) == 1


async def test_a_reply_address_is_kept_before_the_message_is_worked(house: House) -> None:
    known: list[str | None] = []

    async def receive(incoming: Incoming) -> Reply:
        assert isinstance(incoming, Said)
        known.append(await house.sessions.lookup(incoming.place))
        return Reply()

    house.inbox.receive = receive  # type: ignore[method-assign]
    async with house.streaming():
        await house.vendor.says(ZHANG, "报修")
    assert known[0] is not None
    assert known[0].startswith(house.emulator.base_url)


async def test_reply_addresses_are_not_written_with_every_message(house: House) -> None:
    async with house.streaming():
        for _ in range(3):
            await house.vendor.says(ZHANG, "报修")
        assert house.sessions.writes == 1
        house.emulator.clock.advance(timedelta(minutes=11))
        await house.vendor.says(ZHANG, "报修")
    assert house.sessions.writes == 2


async def test_a_sick_session_store_keeps_no_message_out(house: House) -> None:
    house.sessions.failure = OSError("no database")
    async with house.streaming():
        assert (await house.vendor.says(ZHANG, "报修")).acked
    assert house.inbox.finished == 1


async def test_messages_are_worked_side_by_side(house: House) -> None:
    house.inbox.gate = asyncio.Event()
    async with house.streaming(), asyncio.TaskGroup() as tasks:
        for number in range(20):
            tasks.create_task(house.vendor.says(ZHANG, f"第 {number} 句"))
        await house.inbox.begun(20)
        pinged = await house.vendor.ping()
        assert [ping.acked for ping in pinged] == [True]
        house.inbox.gate.set()
    assert house.inbox.finished == 20


async def test_no_more_than_64_are_worked_at_once(house: House) -> None:
    house.vendor.switches.patience_seconds = 30
    house.inbox.gate = asyncio.Event()
    async with house.streaming(), asyncio.TaskGroup() as tasks:
        for number in range(100):
            tasks.create_task(house.vendor.says(ZHANG, f"第 {number} 句"))
        await house.inbox.begun(64)
        for _ in range(200):
            await asyncio.sleep(0)
        assert len(house.inbox.received) == 64
        house.inbox.gate.set()
        await house.inbox.begun(100)
    assert house.inbox.finished == 100


# ── presses ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shape", ["content", "value"])
@pytest.mark.parametrize("is_text", [True, False])
async def test_a_press_repaints_the_card_for_everybody(house: House, shape: str, *, is_text: bool) -> None:
    house.vendor.switches.callback_content_key = shape
    house.vendor.switches.callback_content_is_text = is_text
    copy = await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    house.inbox.reply = lambda _: Reply(card=ticket_card(status="处理中", note="您已接单"), note="您已接单")
    async with house.streaming():
        delivery = await house.vendor.presses(LI, copy.handle, ACCEPT)
    (pressed,) = house.inbox.received
    assert isinstance(pressed, Pressed)
    assert (pressed.key, pressed.copy, pressed.place) == (ACCEPT, copy.handle, IT_GROUP)
    assert (delivery.acked, delivery.late) == (True, False)
    assert "处理中" in house.vendor.card_view(copy.handle, ZHANG)["markdown"]
    assert house.vendor.card_view(copy.handle, ZHANG)["tips"] == "IT 服务台"
    assert house.vendor.card_view(copy.handle, LI)["tips"] == "您已接单 · IT 服务台"
    assert "dingtalk card.update" not in house.ledger.counts
    assert not house.vendor.defects


async def test_the_next_edit_takes_the_private_note_away(house: House) -> None:
    copy = await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    house.inbox.reply = lambda _: Reply(card=ticket_card(), note="已由王芳接单")
    async with house.streaming():
        await house.vendor.presses(LI, copy.handle, ACCEPT)
    await house.dingtalk.edit(copy, ticket_card(status="已解决"))
    assert house.vendor.card_view(copy.handle, LI)["tips"] == "IT 服务台 · 15 分钟内响应"


async def test_the_next_press_takes_the_private_note_away(house: House) -> None:
    copy = await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    house.inbox.reply = lambda _: Reply(note="已由王芳接单")
    async with house.streaming():
        await house.vendor.presses(LI, copy.handle, ACCEPT)
        assert house.vendor.card_view(copy.handle, LI)["tips"] == "已由王芳接单"
        house.inbox.reply = lambda _: Reply(card=ticket_card())
        await house.vendor.presses(LI, copy.handle, ACCEPT)
    assert house.vendor.card_view(copy.handle, LI)["tips"] == "IT 服务台 · 15 分钟内响应"


async def test_an_own_template_has_a_variable_for_the_note(house: House) -> None:
    house.vendor.switches.any_template = True
    own = House(house.emulator, house.session, card="own-1.schema")
    copy = await own.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    own.inbox.reply = lambda _: Reply(card=ticket_card(status="处理中"), note="您已接单")
    async with own.streaming():
        await own.vendor.presses(LI, copy.handle, ACCEPT)
    assert own.vendor.card_view(copy.handle, LI)["notice"] == "您已接单"
    assert own.vendor.card_view(copy.handle, ZHANG)["notice"] == ""
    assert own.vendor.card_view(copy.handle, ZHANG)["statusText"] == "处理中"


async def test_an_empty_reply_changes_nothing(house: House) -> None:
    copy = await house.dingtalk.post(TO_ZHANG, ticket_card(), key="e1")
    before = house.vendor.card_view(copy.handle, ZHANG)
    async with house.streaming():
        delivery = await house.vendor.presses(ZHANG, copy.handle, ACCEPT)
    assert (delivery.acked, delivery.response) == (True, {})
    assert house.vendor.card_view(copy.handle, ZHANG) == before


async def test_a_slow_press_gets_an_empty_answer_in_time_and_is_shown_later(house: House) -> None:
    copy = await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    house.inbox.reply = lambda _: Reply(card=ticket_card(status="处理中"), note="您已接单")
    house.inbox.gate = asyncio.Event()
    async with house.streaming(Patience(answer=0.05)):
        delivery = await house.vendor.presses(LI, copy.handle, ACCEPT)
        assert (delivery.acked, delivery.response, house.inbox.finished) == (True, {}, 0)
        house.inbox.gate.set()
        await house.vendor.shown(GROUP, lambda bubble: "处理中" in str(bubble.body))
    assert house.vendor.card_view(copy.handle, LI)["tips"] == "您已接单 · IT 服务台 · 15 分钟内响应"
    assert house.vendor.card_view(copy.handle, ZHANG)["tips"] == "IT 服务台 · 15 分钟内响应"


async def test_the_answer_to_a_press_has_a_second_and_a_half() -> None:
    assert Patience().answer == 1.5


async def test_a_press_that_was_not_kept_is_not_acknowledged(house: House) -> None:
    house.vendor.switches.patience_seconds = 0.2
    copy = await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    house.inbox.failure = OSError("no disk, no database")
    async with house.streaming():
        assert not (await house.vendor.presses(LI, copy.handle, ACCEPT)).acked


async def test_a_card_that_cannot_be_drawn_costs_no_acknowledgement(house: House) -> None:
    copy = await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    house.inbox.reply = lambda _: Reply(card=Card(title="x", buttons=(Button("无键", Command()),)))
    async with house.streaming():
        pressed = await house.vendor.presses(LI, copy.handle, ACCEPT)
        said = await house.vendor.says(LI, "查 1042")
    assert (pressed.acked, pressed.response) == (True, {})
    assert said.acked


async def test_two_people_pressing_are_two_presses(house: House) -> None:
    copy = await house.dingtalk.post(IT_GROUP, ticket_card(), key="e1")
    async with house.streaming():
        await asyncio.gather(*(house.vendor.presses(who, copy.handle, ACCEPT) for who in (LI, WANG)))
    assert len({incoming.id for incoming in house.inbox.received}) == 2


async def test_words_in_a_reply_to_a_press_are_said_where_no_note_stands(house: House) -> None:
    copy = await house.dingtalk.post(TO_ZHANG, ticket_card(), key="e1")
    house.inbox.reply = lambda _: Reply(text="请直接回复处理结果")
    async with house.streaming():
        await house.vendor.presses(ZHANG, copy.handle, ACCEPT)
        await house.vendor.shown(ZHANG, lambda bubble: bubble.text == "请直接回复处理结果")


async def test_a_cards_words_are_fitted_into_the_answer(house: House) -> None:
    copy = await house.dingtalk.post(TO_ZHANG, ticket_card(), key="e1")
    long = Card(title="长" * 100, lead="很" * 1000)
    house.inbox.reply = lambda _: Reply(card=long)
    async with house.streaming():
        await house.vendor.presses(ZHANG, copy.handle, ACCEPT)
    expected = fit(long, house.dingtalk.capabilities(TO_ZHANG))
    assert house.vendor.card_view(copy.handle, ZHANG)["title"] == expected.title


# ── events and the rest ──────────────────────────────────────────────────────────────────────────────


async def test_events_are_heard_where_somebody_wants_them(house: House) -> None:
    heard: list[OrgEvent] = []

    async def hear(event: OrgEvent) -> None:
        heard.append(event)

    async with house.streaming(hear=hear):
        delivery = await house.vendor.org_event("user_leave_org", userId=[LI])
    assert delivery.response["status"] == "SUCCESS"
    assert (heard[0].kind, heard[0].body["userId"]) == ("user_leave_org", [LI])


async def test_an_event_that_could_not_be_kept_is_asked_for_again(house: House) -> None:
    async def hear(event: OrgEvent) -> None:
        raise OSError("no database")

    async with house.streaming(hear=hear):
        delivery = await house.vendor.org_event("user_leave_org", userId=[LI])
    assert (delivery.code, delivery.response["status"]) == (200, "LATER")


async def test_events_are_not_asked_for_where_nobody_wants_them(house: House) -> None:
    async with house.streaming():
        delivery = await house.vendor.org_event("user_leave_org", userId=[LI])
    assert not delivery.acked


@pytest.mark.parametrize("raw", ["not json", "[]", '{"type":"NEWS"}', b"\x00\xff"])
async def test_garbage_is_counted_and_survived(house: House, raw: str | bytes) -> None:
    async with house.streaming() as stream:
        await house.vendor.frame(raw, patience=0.01)
        assert (await house.vendor.says(ZHANG, "报修")).acked
        assert stream.health().bad_frames == 1
        assert stream.health().reopens == 0


@pytest.mark.parametrize(
    ("topic", "data", "code"),
    [
        ("/v1.0/brand/new", "{}", 404),
        ("/v1.0/im/bot/messages/get", "{", 400),
        ("/v1.0/im/bot/messages/get", "[]", 400),
        ("/v1.0/im/bot/messages/get", "{}", 400),
        ("/v1.0/card/instances/callback", "{}", 400),
    ],
)
async def test_a_frame_that_makes_no_sense_is_refused(house: House, topic: str, data: str, code: int) -> None:
    headers = {"topic": topic, "messageId": "m-1", "contentType": "application/json"}
    frame = {"specVersion": "1.0", "type": "CALLBACK", "headers": headers, "data": data}
    async with house.streaming():
        delivery = await house.vendor.frame(json.dumps(frame))
    assert (delivery.acked, delivery.code) == (True, code)


async def test_health_says_when_the_last_frame_came(house: House) -> None:
    async with house.streaming() as stream:
        assert stream.health().last_frame_at is None
        house.emulator.clock.advance(timedelta(minutes=3))
        await house.vendor.ping()
        assert stream.health().last_frame_at == house.now()
        assert stream.health().connected
    assert not stream.health().connected
