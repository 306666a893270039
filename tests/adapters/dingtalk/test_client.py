"""The HTTP client against DingTalk's emulated APIs: tokens, bills and every way to fail."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from adapters.chat import (
    EditSpent,
    FileRef,
    Misconfigured,
    NotReachable,
    QuotaSpent,
    RateLimited,
    Rejected,
    Unreachable,
)
from adapters.dingtalk import DingTalkClient
from adapters.dingtalk.downloading import trusted
from adapters.emulator.dingtalk.faults import Fault
from adapters.emulator.dingtalk.messages import File
from domain.base import Account
from tests.adapters.dingtalk.conftest import GROUP, LI, ZHANG, House
from tests.adapters.taking import MOST, taken

DIRECT = "/v1.0/robot/oToMessages/batchSend"
TOKEN = "/v1.0/oauth2/accessToken"


async def _say(house: House, user: str = ZHANG) -> None:
    await house.client.send_direct([user], "sampleText", {"content": "您好"})


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────


async def test_one_token_serves_many_calls_and_replicas(house: House) -> None:
    replica = DingTalkClient(house.session, house.app, house.tokens, house.ledger, now=house.now)
    await asyncio.gather(*(_say(house) for _ in range(5)), replica.user(LI))
    assert house.tokens.saves == 1


async def test_token_is_renewed_five_minutes_early(house: House) -> None:
    await _say(house)
    house.emulator.clock.advance(timedelta(seconds=7200 - 301))
    await _say(house)
    assert house.tokens.saves == 1
    house.emulator.clock.advance(timedelta(seconds=2))
    await _say(house)
    assert house.tokens.saves == 2


async def test_a_token_refused_early_is_replaced_once(house: House) -> None:
    await _say(house)
    house.vendor.tokens.expire()
    await _say(house)
    assert house.tokens.saves == 2
    assert len(house.vendor.sent) == 2


async def test_the_old_api_too_gets_a_new_token(house: House) -> None:
    await house.client.user(LI)
    house.vendor.tokens.expire()
    assert (await house.client.user(LI))["name"] == "李四"
    assert house.tokens.saves == 2


async def test_tokens_that_are_never_taken_do_not_become_a_storm(house: House) -> None:
    house.vendor.faults.plan(DIRECT, Fault.SIGNED_OUT, times=100)
    for _ in range(5):
        with pytest.raises(Unreachable):
            await _say(house)
    assert house.tokens.saves == 2, "one in a minute, by all replicas together: the tokens are shared"


async def test_while_the_token_door_is_shut_the_old_token_is_used_up(house: House) -> None:
    await _say(house)
    house.emulator.clock.advance(timedelta(seconds=7200 - 200))
    house.vendor.faults.plan(TOKEN, Fault.UNAVAILABLE, times=10)
    await _say(house)
    house.emulator.clock.advance(timedelta(seconds=200))
    with pytest.raises(Unreachable):
        await _say(house)


async def test_a_wrong_secret_says_where_to_look(house: House) -> None:
    wrong = House(house.emulator, house.session, client_secret="wrong")
    with pytest.raises(Misconfigured, match="invalidClientIdOrSecret") as caught:
        await _say(wrong)
    assert "client_secret" in caught.value.fix


# ── failures ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.UNAVAILABLE, Unreachable),
        (Fault.HTML, Unreachable),
        (Fault.BLOCKED, RateLimited),
        (Fault.RESET_BEFORE, Unreachable),
        (Fault.RESET_AFTER, Unreachable),
        (Fault.TOO_FAST, RateLimited),
        (Fault.QUOTA, QuotaSpent),
    ],
)
async def test_trouble_has_a_name(house: House, fault: Fault, kind: type[Exception]) -> None:
    await house.client.token()
    house.vendor.faults.plan(DIRECT, fault, times=2)
    with pytest.raises(kind):
        await _say(house)


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.HTML, Fault.RESET_BEFORE, Fault.RESET_AFTER])
async def test_trouble_of_the_old_api_has_a_name(house: House, fault: Fault) -> None:
    await house.client.token()
    house.vendor.faults.plan("/topapi/v2/user/get", fault, times=2)
    with pytest.raises(Unreachable):
        await house.client.user(LI)


async def test_a_blocked_address_waits_as_long_as_it_is_told(house: House) -> None:
    await house.client.token()
    house.vendor.faults.plan("/topapi/v2/user/get", Fault.BLOCKED)
    with pytest.raises(RateLimited) as caught:
        await house.client.user(LI)
    assert caught.value.retry_after == 300


async def test_nobody_listening_is_unreachable(house: House) -> None:
    away = House(house.emulator, house.session, api_base="http://127.0.0.1:9")
    with pytest.raises(Unreachable):
        await _say(away)


async def test_a_missing_permission_is_a_misconfiguration(house: House) -> None:
    house.vendor.tenant.scopes = set()
    with pytest.raises(Misconfigured) as caught:
        await _say(house)
    assert "qyapi_robot_sendmsg" in caught.value.fix
    with pytest.raises(Misconfigured) as caught:
        await house.client.user(LI)
    assert "qyapi_get_member" in caught.value.fix


async def test_an_address_that_is_not_allowed_is_named(house: House) -> None:
    await house.client.token()
    house.vendor.switches.allowed_ips = frozenset({"203.0.113.1"})
    with pytest.raises(Misconfigured) as caught:
        await _say(house)
    assert "127.0.0.1" in caught.value.fix


# ── 200 is not "delivered" ───────────────────────────────────────────────────────────────────────────


async def test_people_who_are_not_reached_are_named(house: House) -> None:
    with pytest.raises(NotReachable) as caught:
        await house.client.send_direct([ZHANG, "nobody"], "sampleText", {"content": "您好"})
    assert caught.value.who == ("nobody",)


async def test_flow_control_is_a_rate_limit(house: House) -> None:
    house.vendor.tenant.flow_controlled.add(ZHANG)
    with pytest.raises(RateLimited):
        await _say(house)


async def test_a_group_without_the_robot_is_not_reachable(house: House) -> None:
    house.emulator.company.groups[GROUP].robot_inside = False
    with pytest.raises(NotReachable):
        await house.client.send_group(GROUP, "sampleText", {"content": "大家好"})


async def test_a_disbanded_group_is_not_reachable(house: House) -> None:
    house.vendor.tenant.disbanded.add(GROUP)
    with pytest.raises(NotReachable):
        await house.client.send_group(GROUP, "sampleText", {"content": "大家好"})


async def test_an_unknown_card_cannot_be_edited(house: House) -> None:
    with pytest.raises(EditSpent):
        await house.client.update("never-made", {"title": "x"})


# ── bills ────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_dingtalk_bills_is_counted_and_nothing_else(house: House) -> None:
    await _say(house)
    await house.client.send_group(GROUP, "sampleText", {"content": "大家好"})
    await house.client.user(LI)
    with pytest.raises(EditSpent):
        await house.client.update("never-made", {"title": "x"})
    assert house.ledger.counts == {
        "dingtalk robot.direct": 1,
        "dingtalk robot.group": 1,
        "dingtalk card.update": 1,
    }
    assert house.vendor.calls.total() == sum(house.ledger.counts.values())


async def test_calls_refused_for_their_rate_are_not_counted(house: House) -> None:
    house.vendor.faults.plan(DIRECT, Fault.TOO_FAST)
    with pytest.raises(RateLimited):
        await _say(house)
    assert not house.ledger.counts


# ── files and people ─────────────────────────────────────────────────────────────────────────────────


async def test_a_file_is_fetched_by_its_code(house: House) -> None:
    async with house.streaming():
        await house.vendor.sends(ZHANG, File("日志.zip", b"PK bytes"))
    (file,) = house.inbox.received[0].files  # type: ignore[union-attr]
    assert await taken(house.dingtalk, file) == b"PK bytes"


async def test_a_file_code_that_is_gone_is_rejected(house: House) -> None:
    with pytest.raises(Rejected):
        await taken(house.dingtalk, FileRef("dingtalk", "file", "no-such-code"))


async def test_a_file_that_is_too_big_is_not_swallowed(house: House) -> None:
    code = house.vendor.files.keep(b"x" * (MOST + 1), "big.bin")
    with pytest.raises(Rejected, match=r"download\.size"):
        await taken(house.dingtalk, FileRef("dingtalk", "file", code))


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://static.dingtalk.com/a?x=1", True),
        ("https://zjk.oss-cn-zhangjiakou.aliyuncs.com/a%2Fb?Signature=x%3D", True),
        ("http://static.dingtalk.com/a", False),
        ("https://static.dingtalk.com:8443/a", False),
        ("https://dingtalk.com.evil.example/a", False),
        ("https://evildingtalk.com/a", False),
        ("https://user:pw@static.dingtalk.com/a", False),
        ("https://169.254.169.254/latest", False),
        ("http://127.0.0.1:8080/a", False),
        ("file:///etc/passwd", False),
        ("//static.dingtalk.com/a", False),
        ("https://[::1/", False),
        ("", False),
    ],
)
def test_only_dingtalks_own_hosts_are_trusted(url: str, *, good: bool, house: House) -> None:
    real = house.app.__class__("dingapp01", "secret")
    assert trusted(url, real) is good


def test_an_operators_own_address_is_trusted_and_no_other_port_of_it(house: House) -> None:
    assert trusted(f"{house.emulator.base_url}/file", house.app)
    assert not trusted("http://127.0.0.1:1/file", house.app)


async def test_a_profile_has_the_directory_name(house: House) -> None:
    profile = await house.dingtalk.profile(Account("dingtalk", LI))
    assert (profile.account.user_id, profile.name) == (LI, "李四")


@pytest.mark.parametrize("user_id", ["nobody", "dingother/$:LWCP_v1:$x"])
async def test_a_stranger_has_no_profile(house: House, user_id: str) -> None:
    with pytest.raises(NotReachable):
        await house.dingtalk.profile(Account("dingtalk", user_id))
