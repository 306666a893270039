"""Groups behind webhooks, against the played WeCom: words, real @, and twenty messages a minute."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import structlog

from adapters.card import Card
from adapters.chat import (
    Edits,
    EditSpent,
    FileRef,
    Misconfigured,
    PlatformError,
    RateLimited,
    Rejected,
    Unreachable,
)
from adapters.fit import fit
from adapters.wecom import WebhookTarget
from domain.base import Account, Conversation
from tests.adapters.taking import taken
from tests.adapters.wecom.conftest import GROUP, WEBHOOK_KEY, House
from tests.adapters.wecom.fakes import offer

LI, WANG = Account("wecom", "LiSi"), Account("wecom", "WangFang")
SEND = "webhook/send"


def alarm(number: int, *mention: Account, names: tuple[str, ...] = ()) -> Card:
    return offer(
        title=f"IT-{number} 三楼打印机卡纸",
        status="二级升级",
        lead="",
        fields=(),
        choice=None,
        mention=mention,
        mention_names=names,
        link=f"https://tickets.example.com/t/IT-{number}",
    )


def texts(house: House) -> list[str]:
    return [bubble.text for bubble in house.vendor.chats.of("wrITalarms")]


def mentions(house: House) -> list[tuple[str, ...]]:
    return [tuple(body["text"].get("mentioned_list", ())) for body in house.bodies(SEND)]


async def test_a_card_becomes_words_with_a_real_mention(house: House) -> None:
    card = fit(alarm(1042, LI, names=("李四",)), house.webhooks.capabilities(GROUP))
    copy = await house.webhooks.post(GROUP, card, key="show-1")
    (text,) = texts(house)
    assert text.split("\n") == [
        "【二级升级】IT-1042 三楼打印机卡纸",
        "请在 14:30 前响应",
        "可回复：「接单 IT-1042」 · 「查 IT-1042」 · 「拒单 IT-1042」",
        "详情：https://tickets.example.com/t/IT-1042",
        "请关注：李四",
        "（本群只收提醒，请私聊应用回复）",
    ]
    assert mentions(house) == [("LiSi",)]
    assert house.vendor.chats.of("wrITalarms")[0].mentions == ("LiSi",)
    assert (copy.place, copy.grant) == (GROUP, None)
    assert house.vendor.defects == []


async def test_nothing_can_be_edited(house: House) -> None:
    copy = await house.webhooks.post(GROUP, alarm(1), key="show-1")
    assert house.webhooks.capabilities(GROUP).edits is Edits.NEVER
    with pytest.raises(EditSpent):
        await house.webhooks.edit(copy, alarm(1))


async def test_a_long_card_is_cut_by_bytes(house: House) -> None:
    await house.webhooks.post(GROUP, offer(note="很长" * 900), key="k")
    (text,) = texts(house)
    assert len(text.encode()) <= 2048
    assert text.endswith("…")


async def test_a_long_sentence_is_split_and_calls_people_once(house: House) -> None:
    await house.webhooks.say(GROUP, "说来话长。" * 300, key="say-1", mention=[LI, WANG])
    assert "".join(texts(house)) == "说来话长。" * 300
    assert [called for called in mentions(house) if called] == [("LiSi", "WangFang")]
    assert mentions(house)[-1] == ("LiSi", "WangFang")


@pytest.mark.parametrize(
    "typed",
    [
        "@all",
        "@所有人",
        "<@all>",
        "< @LiSi>",
        "<@LiSi>",
        "@18600000000",
        "<a href='https://evil.example'>点我</a>",
    ],
)
async def test_what_people_type_calls_nobody(house: House, typed: str) -> None:
    await house.webhooks.post(GROUP, offer(title=f"打印机 {typed}", note=typed), key="k")
    await house.webhooks.say(
        GROUP, typed, key="s", mention=[Account("wecom", "@all"), Account("dingtalk", "li")]
    )
    assert mentions(house) == [(), ()]
    assert all("<@" not in text and "<a" not in text for text in texts(house))


async def test_a_burst_of_alarms_loses_nothing_and_stays_below_the_limit(house: House) -> None:
    cards = [
        alarm(number, Account("wecom", f"User{number}"), names=(f"用户{number}",))
        for number in range(1000, 1060)
    ]
    await asyncio.gather(*(house.webhooks.post(GROUP, card, key=card.title) for card in cards))
    said, called = "\n".join(texts(house)), [user for users in mentions(house) for user in users]
    assert all(card.title in said and str(card.link) in said for card in cards)
    assert sorted(called) == sorted(f"User{number}" for number in range(1000, 1060))
    assert len(texts(house)) <= 20
    assert house.vendor.refused == []
    assert sum(house.pauses.slept) <= 30


async def test_every_message_of_a_long_bad_hour_stays_below_the_limit(house: House) -> None:
    for number in range(200):
        await house.webhooks.post(GROUP, alarm(number), key=str(number))
    assert house.vendor.refused == []
    assert len(texts(house)) == 200


async def test_merged_alarms_are_numbered_and_in_order(house: House) -> None:
    await asyncio.gather(
        *(house.webhooks.post(GROUP, alarm(number), key=str(number)) for number in range(100, 109))
    )
    merged = texts(house)[-1]
    assert merged.startswith("共 3 条提醒：\n\n1. 【二级升级】IT-106 ")
    assert merged.index("IT-106") < merged.index("IT-107") < merged.index("IT-108")


async def test_what_waits_beyond_measure_is_left_to_the_courier_and_then_arrives(house: House) -> None:
    left = [alarm(number) for number in range(1000, 1300)]
    rounds = 0
    while left:
        before = len(house.pauses.slept)
        results = await asyncio.gather(
            *(house.webhooks.post(GROUP, card, key=card.title) for card in left), return_exceptions=True
        )
        assert sum(house.pauses.slept[before:]) <= 30
        assert all(isinstance(result, RateLimited) for result in results if isinstance(result, BaseException))
        left = [card for card, result in zip(left, results, strict=True) if isinstance(result, BaseException)]
        rounds += 1
    assert rounds > 1
    assert house.vendor.refused == []
    said = "\n".join(texts(house))
    assert [said.count(f"IT-{number} ") >= 1 for number in range(1000, 1300)] == [True] * 300


async def test_a_sentence_is_never_shortened_when_it_shares_a_message(house: House) -> None:
    sentences = [f"{number}: " + "请马上处理这张工单。" * 20 for number in range(12)]
    await asyncio.gather(*(house.webhooks.say(GROUP, text, key=text) for text in sentences))
    said = "\n".join(texts(house))
    assert all(text in said for text in sentences)
    assert all(len(text.encode()) <= 2048 for text in texts(house))


async def test_the_courier_that_gives_up_waiting_takes_its_alarm_along(house: House) -> None:
    group = house.groups(WebhookTarget("x", WEBHOOK_KEY, house.emulator.base_url))
    place = Conversation("wecom-webhook", "group", "x")
    for number in range(6):
        await group.post(place, alarm(number), key=str(number))
    seventh = asyncio.gather(group.post(place, alarm(7), key="7"))
    seventh.cancel()
    with pytest.raises(asyncio.CancelledError):
        await seventh
    await group.post(place, alarm(8), key="8")
    assert "IT-7" not in "\n".join(texts(house))
    assert "IT-8" in texts(house)[-1]


async def test_too_often_closes_the_group_for_a_minute(house: House) -> None:
    house.vendor.faults.fail(SEND, 45009)
    for _ in range(2):
        with pytest.raises(RateLimited) as limited:
            await house.webhooks.post(GROUP, alarm(1), key="1")
        assert limited.value.retry_after == 60
    assert house.calls(SEND) == 1
    house.clock.advance(timedelta(minutes=1))
    await house.webhooks.post(GROUP, alarm(1), key="1")
    assert len(texts(house)) == 1


async def test_a_deleted_webhook_is_switched_off_and_says_how_to_mend_it(house: House) -> None:
    gone = house.groups(WebhookTarget("x", "deleted-key-000", house.emulator.base_url))
    for _ in range(3):
        with pytest.raises(Misconfigured, match="93000") as refused:
            await gone.say(Conversation("wecom-webhook", "group", "x"), "您好", key="k")
        assert "机器人" in refused.value.fix
    assert house.calls(SEND) == 1


async def test_an_unknown_name_says_where_to_add_it(house: House) -> None:
    with pytest.raises(Misconfigured) as refused:
        await house.webhooks.say(Conversation("wecom-webhook", "group", "财务"), "您好", key="k")
    assert "财务" in refused.value.fix


async def test_all_that_share_a_failed_message_hear_of_it(house: House) -> None:
    for number in range(6):
        await house.webhooks.post(GROUP, alarm(number), key=str(number))
    house.vendor.faults.bad_gateway(SEND)
    results = await asyncio.gather(
        *(house.webhooks.post(GROUP, alarm(number), key=str(number)) for number in (7, 8)),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [Unreachable, Unreachable]


@pytest.mark.parametrize(
    ("pasted", "key"),
    [
        (WEBHOOK_KEY, WEBHOOK_KEY),
        (f"  {WEBHOOK_KEY}\n", WEBHOOK_KEY),
        (f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={WEBHOOK_KEY}", WEBHOOK_KEY),
        (f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?debug=1&key={WEBHOOK_KEY}&x=2", WEBHOOK_KEY),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send", ""),
        ("", ""),
        ("key=abc", ""),
    ],
)
def test_a_key_or_the_pasted_address_will_do(pasted: str, key: str) -> None:
    assert WebhookTarget("x", pasted).bare_key == key


async def test_a_target_without_a_key_is_told_before_anything_is_sent(house: House) -> None:
    empty = house.groups(WebhookTarget("x", "https://qyapi.weixin.qq.com/", house.emulator.base_url))
    with pytest.raises(Misconfigured):
        await empty.say(Conversation("wecom-webhook", "group", "x"), "您好", key="k")
    (finding,) = await empty.diagnose()
    assert not finding.ok
    assert "Webhook" in finding.fix
    assert house.calls(SEND) == 0
    assert (await house.webhooks.diagnose())[0].ok


async def test_a_webhook_knows_no_people_and_no_files(house: House) -> None:
    with pytest.raises(Rejected):
        await house.webhooks.profile(LI)
    with pytest.raises(Rejected):
        await taken(house.webhooks, FileRef("wecom", "image", "x"))


async def test_the_key_is_never_logged_or_told(house: House) -> None:
    told: list[Any] = []
    with structlog.testing.capture_logs() as logs:
        for fault in (40058, 45009, 93000):
            house.vendor.faults.fail(SEND, fault)
            group = house.groups(WebhookTarget("x", WEBHOOK_KEY, house.emulator.base_url))
            with pytest.raises(PlatformError) as error:
                await group.say(Conversation("wecom-webhook", "group", "x"), "您好", key="k")
            told.append(repr(error.value))
        told.append(repr(WebhookTarget("x", WEBHOOK_KEY)))
    assert WEBHOOK_KEY not in "\n".join([*told, *map(str, logs)])


async def test_the_body_is_plain_json(house: House) -> None:
    await house.webhooks.say(GROUP, "打印机 🖨️", key="k")
    assert house.bodies(SEND) == [{"msgtype": "text", "text": {"content": "打印机 🖨️"}}]
