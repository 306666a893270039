"""Custom group robots against the emulated door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.chat import (
    CardCopy,
    Edits,
    EditSpent,
    FileRef,
    Misconfigured,
    NotReachable,
    RateLimited,
    Rejected,
    Unreachable,
)
from adapters.dingtalk import CustomRobot, DingTalkWebhooks
from adapters.dingtalk.webhooks import PER_MINUTE
from adapters.emulator.dingtalk.custom_robots import CustomRobot as PlayedRobot
from adapters.emulator.dingtalk.faults import Fault
from adapters.fit import fit
from domain.base import Conversation
from tests.adapters.dingtalk.conftest import GROUP, LI, LI_ACCOUNT, House
from tests.adapters.dingtalk.fakes import ticket_card
from tests.adapters.taking import taken

OPS = Conversation("dingtalk-webhook", "group", "运维群")
Make = Callable[..., DingTalkWebhooks]


@pytest.fixture
def make(house: House) -> Make:
    def make(token: str = "t-1", secret: str = "SECabc") -> DingTalkWebhooks:
        robots = [CustomRobot("运维群", token, secret)]
        return DingTalkWebhooks(
            house.session, robots, house.ledger, now=house.now, oapi_base=house.emulator.base_url
        )

    house.vendor.custom_robots.add("t-1", PlayedRobot(group=GROUP, secret="SECabc"))
    return make


async def test_signed_words_with_a_mention_arrive(house: House, make: Make) -> None:
    await make().say(OPS, "磁盘快满了", key="e1", mention=[LI_ACCOUNT])
    (bubble,) = house.vendor.chats.of(GROUP)
    assert "磁盘快满了" in bubble.text
    assert bubble.mentions == (LI,)
    assert house.ledger.counts == {"dingtalk-webhook webhook.robot": 1}


async def test_a_card_is_text_that_nobody_repaints(house: House, make: Make) -> None:
    webhooks = make()
    can = webhooks.capabilities(OPS)
    assert (can.edits, can.buttons) == (Edits.NEVER, 0)
    copy = await webhooks.post(OPS, fit(ticket_card(), can), key="e1")
    (bubble,) = house.vendor.chats.of(GROUP)
    assert "IT-1042 三楼打印机卡纸" in bubble.text
    assert "接单 IT-1042" in bubble.text
    with pytest.raises(EditSpent):
        await webhooks.edit(CardCopy(OPS, copy.handle), ticket_card())


async def test_the_limit_is_never_touched(house: House, make: Make) -> None:
    webhooks = make()
    for number in range(PER_MINUTE):
        await webhooks.say(OPS, f"第 {number} 条", key=f"e{number}")
    with pytest.raises(RateLimited) as caught:
        await webhooks.say(OPS, "太多", key="e18")
    assert caught.value.retry_after == 60
    assert not house.vendor.refused
    house.emulator.clock.advance(timedelta(minutes=1))
    await webhooks.say(OPS, "又可以了", key="e19")


async def test_who_was_sent_to_the_corner_stays_there_ten_minutes(house: House, make: Make) -> None:
    house.vendor.switches.webhook_per_minute = 1
    webhooks = make()
    await webhooks.say(OPS, "一", key="e1")
    with pytest.raises(RateLimited) as caught:
        await webhooks.say(OPS, "二", key="e2")
    assert caught.value.retry_after == 600


@pytest.mark.parametrize(("token", "secret"), [("t-1", "SECwrong"), ("t-1", ""), ("gone", "SECabc")])
async def test_a_wrong_robot_says_what_to_mend(make: Make, token: str, secret: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        await make(token, secret).say(OPS, "您好", key="e1")
    assert "运维群" in caught.value.fix


async def test_an_unknown_name_is_not_reachable(make: Make) -> None:
    with pytest.raises(NotReachable):
        await make().say(Conversation("dingtalk-webhook", "group", "没有"), "您好", key="e1")


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.HTML, Fault.RESET_BEFORE])
async def test_trouble_is_unreachable(house: House, make: Make, fault: Fault) -> None:
    house.vendor.faults.plan("/robot/send", fault, times=2)
    with pytest.raises(Unreachable):
        await make().say(OPS, "您好", key="e1")


async def test_it_knows_nobody_and_has_no_files(make: Make) -> None:
    with pytest.raises(NotReachable):
        await make().profile(LI_ACCOUNT)
    with pytest.raises(Rejected):
        await taken(make(), FileRef("dingtalk", "file", "x", "a.zip"))
    assert [finding.ok for finding in await make().diagnose()] == [True]


def test_no_secret_is_shown() -> None:
    assert "SECabc" not in repr(CustomRobot("运维群", "t-1", "SECabc"))
    assert "t-1" not in repr(CustomRobot("运维群", "t-1", "SECabc"))
