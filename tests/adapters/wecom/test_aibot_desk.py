"""What comes in through the AI bot, and how it is answered: in its turn, in time, or another way round."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientSession

from adapters.chat import (
    FileRef,
    Joined,
    NotReachable,
    Parcel,
    Pressed,
    RateLimited,
    Rejected,
    Reply,
    Said,
    Unreachable,
    Unreadable,
)
from adapters.wecom import WebhookTarget, WeComWebhooks
from adapters.wecom.aibot import WayRound
from adapters.wecom.aibot.uploading import CHUNK
from domain.base import Account, Conversation
from tests.adapters.taking import taken
from tests.adapters.wecom.aibot_house import ROOM, BotHouse, Street, street, until
from tests.adapters.wecom.conftest import WEBHOOK_KEY
from tests.adapters.wecom.fakes import closed, offer

GROUP = Conversation("wecom-aibot", "group", ROOM)
LI = Conversation("wecom-aibot", "direct", "LiSi")
LI_HIMSELF = Account("wecom", "LiSi")


class Application:
    """Where the bot's private words go round."""

    def __init__(self) -> None:
        self.said: list[tuple[Conversation, str]] = []
        self.posted: list[Conversation] = []

    async def say(self, place: Conversation, text: str, **_: Any) -> None:
        self.said.append((place, text))

    async def post(self, place: Conversation, card: object, *, key: str) -> Any:
        self.posted.append(place)
        return key


@pytest.fixture(name="street")
async def _street() -> AsyncIterator[Street]:
    async with street() as made:
        yield made


@pytest.fixture
async def house(street: Street) -> BotHouse:
    return await street.connected_house()


def _texts(house: BotHouse, chat: str = ROOM) -> list[str]:
    return [bubble.text for bubble in house.vendor.state.chats.of(chat)]


# ── what comes in ──


async def test_a_mention_in_a_group_is_a_sentence_without_the_name(house: BotHouse) -> None:
    house.inbox.reply = Reply(text="好")
    await house.vendor.says("LiSi", "报修 打印机", ROOM, quote="上午还好的")
    said = house.inbox.last
    assert isinstance(said, Said)
    assert (said.sender, said.place, said.text, said.quoted) == (
        LI_HIMSELF,
        GROUP,
        "报修 打印机",
        "上午还好的",
    )
    assert said.id.startswith(f"wecom-aibot:{house.app.bot_id}:")
    assert _texts(house)[-1] == "好"


async def test_a_redelivery_has_the_same_id(house: BotHouse) -> None:
    await house.vendor.says("LiSi", "报修 打印机", ROOM)
    await house.vendor.redeliver()
    first, second = house.inbox.received
    assert first.id == second.id


async def test_words_pictures_voice_and_files(house: BotHouse) -> None:
    vendor = house.vendor
    await vendor.mixes("LiSi", ["打印机", b"\x89PNG picture", "又卡了"], ROOM)
    await vendor.speaks("LiSi", "打印机坏了")
    await vendor.sends("LiSi", "file", b"hello world", "日志.txt")
    await vendor.sends_strange("LiSi", "appmsg")
    mixed, voice, file, strange = house.inbox.received
    assert isinstance(mixed, Said)
    assert isinstance(voice, Said)
    assert isinstance(file, Said)
    assert (mixed.text, [f.kind for f in mixed.files]) == ("打印机\n又卡了", ["image"])
    assert voice.text == "打印机坏了"
    assert await taken(house.bot, mixed.files[0]) == b"\x89PNG picture"
    assert await taken(house.bot, file.files[0]) == b"hello world"
    assert strange == Unreadable(strange.id, LI_HIMSELF, LI, kind=Unreadable.RECORD)


async def test_a_file_is_gone_after_five_minutes_and_never_fetched_elsewhere(house: BotHouse) -> None:
    await house.vendor.sends("LiSi", "image", b"\x89PNG picture")
    said = house.inbox.last
    assert isinstance(said, Said)
    await house.move(minutes=5)
    with pytest.raises(Rejected):
        await taken(house.bot, said.files[0])
    with pytest.raises(Rejected, match=r"download\.host"):
        await taken(house.bot, FileRef("wecom-aibot", "image", " http://169.254.169.254/latest"))


async def test_opaque_ids_are_accounts_of_the_bot_only(house: BotHouse) -> None:
    house.vendor.switches.opaque_ids = True
    await house.vendor.says("LiSi", "在吗")
    said = house.inbox.last
    assert isinstance(said, Said)
    assert said.sender.platform == "wecom-aibot"
    await house.bot.say(said.place, "在", key="k")
    assert _texts(house, "aibot:LiSi")[-1] == "在"


# ── answers ──


async def test_the_outbox_answers_in_the_messages_turn(house: BotHouse) -> None:
    async def spoken() -> None:
        await house.bot.say(GROUP, "已为 李四 建单 IT-1042", key="k")

    house.inbox.hold = spoken
    act = await house.vendor.says("LiSi", "VPN 连不上", ROOM)
    assert act.answered
    assert [done.cmd for done in house.vendor.book.done][-1] == "aibot_respond_msg"
    assert _texts(house)[-1] == "已为 李四 建单 IT-1042"


async def test_what_was_answered_elsewhere_is_closed_with_a_line(house: BotHouse) -> None:
    act = await house.vendor.says("LiSi", "查 1042", ROOM)
    assert act.answered
    assert _texts(house)[-1] == "已处理，详情请看私聊。"


async def test_who_could_not_be_heard_is_told(house: BotHouse) -> None:
    house.inbox.failure = OSError("disk full")
    await house.vendor.says("LiSi", "VPN 连不上", ROOM)
    assert "请稍后再发一次" in _texts(house)[-1]


async def test_an_answer_that_got_lost_is_given_again_in_its_turn(house: BotHouse) -> None:
    async def lost() -> None:
        house.vendor.drop_all()
        await until(lambda: not house.line.health().connected)
        with pytest.raises(Unreachable):
            await house.bot.say(GROUP, "好了", key="k")

    house.inbox.hold = lost
    act = await house.vendor.says("LiSi", "VPN 连不上", ROOM, wait=0.1)
    assert not act.answered
    await house.move(seconds=2)
    await until(lambda: house.line.health().connected)
    await house.bot.say(GROUP, "好了", key="k")
    assert _texts(house)[-1] == "好了"
    assert act.asked is not None
    assert act.asked.answered.is_set()


async def test_a_spent_turn_becomes_a_push(house: BotHouse) -> None:
    async def too_late() -> None:
        house.vendor.commands.failing["aibot_respond_msg"].append(846608)
        await house.bot.say(GROUP, "好了", key="k")

    house.inbox.hold = too_late
    await house.vendor.says("LiSi", "VPN 连不上", ROOM, wait=0.2)
    await until(lambda: _texts(house)[-1] == "好了")


async def test_who_opens_the_chat_is_welcomed_in_time(house: BotHouse) -> None:
    async def helped() -> None:
        await house.bot.post(LI, offer(), key="e1")

    house.inbox.hold = helped
    act = await house.vendor.opens("LiSi")
    assert act.answered
    assert isinstance(house.inbox.last, Joined)
    assert house.vendor.state.chats.of("aibot:LiSi")[-1].kind == "card"


async def test_people_draw_nothing_with_their_words(house: BotHouse) -> None:
    await house.vendor.says("LiSi", "在吗")
    await house.bot.say(LI, "# 大字 **粗** [点我](https://evil.example) <@WangFang>\n第二行", key="k")
    assert _texts(house, "aibot:LiSi")[-1] == (
        "＃ 大字 ＊＊粗＊＊ [点我］(https://evil.example) ＜@WangFang>  \n第二行"
    )


async def test_long_words_come_in_pieces_that_the_server_takes(house: BotHouse) -> None:
    await house.vendor.says("LiSi", "在吗")
    await house.bot.say(LI, "*" * 12_000, key="k")
    pieces = _texts(house, "aibot:LiSi")[-3:]
    assert "".join(pieces) == "＊" * 12_000


# ── cards ──


async def _offered(house: BotHouse) -> None:
    await house.vendor.says("LiSi", "在吗", ROOM)
    copy = await house.bot.post(GROUP, offer(), key="e1")
    assert (copy.place, copy.handle, copy.grant) == (GROUP, "e1", None)


async def test_a_press_repaints_the_card_for_everybody_and_whispers_the_rest(street: Street) -> None:
    application = Application()
    house = await street.connected_house(way_round=WayRound(application=application))  # type: ignore[arg-type]
    await _offered(house)
    house.inbox.reply = Reply(card=closed(), note="您已接单 IT-1042")
    act = await house.vendor.presses("LiSi", "e1", "accept:IT-1042", {"priority": ["P1"]})
    assert act.answered
    pressed = house.inbox.last
    assert isinstance(pressed, Pressed)
    assert (pressed.copy, pressed.key, pressed.answers) == ("e1", "accept:IT-1042", {"priority": "P1"})
    bubble = house.vendor.state.chats.of(ROOM)[-1]
    assert "已解决" in str(bubble.body)
    assert "您已接单" not in str(bubble.body)
    await until(lambda: application.said)
    assert application.said == [(Conversation("wecom", "direct", "LiSi"), "您已接单 IT-1042")]


async def test_in_private_the_words_stand_on_the_card(house: BotHouse) -> None:
    await house.vendor.says("LiSi", "在吗")
    await house.bot.post(LI, offer(), key="e1")
    house.inbox.reply = Reply(card=closed(), note="您已接单 IT-1042")
    await house.vendor.presses("LiSi", "e1", "accept:IT-1042")
    assert "您已接单" in str(house.vendor.state.chats.of("aibot:LiSi")[-1].body)


async def test_a_repeated_card_is_the_same_card(house: BotHouse) -> None:
    await _offered(house)
    assert (await house.bot.post(GROUP, offer(), key="e1")).handle == "e1"
    assert [b.kind for b in house.vendor.state.chats.of(ROOM)].count("card") == 1


async def test_where_groups_take_no_cards_the_words_do(house: BotHouse) -> None:
    house.vendor.switches.group_cards = False
    await _offered(house)
    assert "可回复：「接单 IT-1042」" in _texts(house)[-1]


# ── limits and ways round ──


async def test_twenty_five_a_minute_and_no_more(house: BotHouse) -> None:
    await house.vendor.says("LiSi", "在吗")
    for number in range(24):
        await house.bot.say(LI, str(number), key=str(number))
    with pytest.raises(RateLimited):
        await house.bot.say(LI, "25", key="25")
    house.clock.advance(timedelta(seconds=61))
    await house.bot.say(LI, "25", key="25")


async def test_where_the_bot_may_not_push_the_webhook_or_the_application_does(street: Street) -> None:
    application = Application()
    street.emulator.wecom.add_webhook(WEBHOOK_KEY, ROOM)
    async with ClientSession() as session:
        target = WebhookTarget("alerts", WEBHOOK_KEY, street.emulator.base_url)
        webhooks = WeComWebhooks(session, [target], now=street.emulator.clock.now)
        groups = {ROOM: Conversation("wecom-webhook", "group", "alerts")}
        house = await street.connected_house(
            way_round=WayRound(application, webhooks, groups)  # type: ignore[arg-type]
        )
        await house.bot.say(GROUP, "即将超时", key="k1")
        assert _texts(house)[-1] == "即将超时"
        copy = await house.bot.post(GROUP, offer(), key="k2")
        assert copy.place == groups[ROOM]
        await house.bot.say(LI, "在吗", key="k3")
        await house.bot.post(LI, offer(), key="k4")
    assert application.said == [(Conversation("wecom", "direct", "LiSi"), "在吗")]
    assert application.posted == [Conversation("wecom", "direct", "LiSi")]


@pytest.mark.parametrize("code", [93006, 95001])
async def test_without_another_way_nobody_is_there(house: BotHouse, code: int) -> None:
    house.vendor.switches.push_refusal = code
    with pytest.raises(NotReachable):
        await house.bot.say(LI, "在吗", key="k")


@pytest.mark.parametrize("size", [100, CHUNK * 2 + 7])
async def test_a_file_goes_up_in_chunks(house: BotHouse, size: int) -> None:
    await house.vendor.says("LiSi", "在吗")
    await house.bot.send_file(LI, Parcel("日志.txt", "text/plain", b"x" * size), key="k")
    bubble = house.vendor.state.chats.of("aibot:LiSi")[-1]
    assert (bubble.kind, bubble.text) == ("file", "日志.txt")
    kept = house.vendor.state.media.get(bubble.body["media_id"], "aibot")
    assert kept.data == b"x" * size
