"""What the doctor finds, and whether its advice names the step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.dingtalk.health import StreamHealth
from adapters.emulator.dingtalk.faults import Fault
from tests.adapters.dingtalk.conftest import House

GRANTED = {"qyapi_robot_sendmsg", "qyapi_get_member", "Card.Instance.Write"}


async def _bad(house: House) -> dict[str, str]:
    return {finding.id: finding.fix for finding in await house.dingtalk.diagnose() if not finding.ok}


async def test_all_is_well(house: House) -> None:
    findings = await house.dingtalk.diagnose()
    assert [(finding.id, finding.ok) for finding in findings] == [
        ("dingtalk.clock", True),
        ("dingtalk.token", True),
        ("dingtalk.corp", True),
        ("dingtalk.stream", True),
        ("dingtalk.contacts", True),
        ("dingtalk.messages", True),
        ("dingtalk.card", True),
    ]
    assert all(not house.vendor.chats.of(chat) for chat in ("manager01", "cidITdesk01=="))


async def test_asking_twice_finds_the_same(house: House) -> None:
    assert await house.dingtalk.diagnose() == await house.dingtalk.diagnose()


async def test_a_wrong_secret_is_all_there_is_to_say(house: House) -> None:
    bad = await _bad(House(house.emulator, house.session, client_secret="wrong"))
    assert list(bad) == ["dingtalk.token"]
    assert "凭证与基础信息" in bad["dingtalk.token"]


async def test_a_secret_that_was_changed_is_told_though_the_old_token_lives(house: House) -> None:
    await house.client.token()
    changed = House(house.emulator, house.session, client_secret="changed")
    changed.tokens.kept |= house.tokens.kept
    assert [*await _bad(changed)] == ["dingtalk.token"]


async def test_an_unpublished_robot_is_to_be_published(house: House) -> None:
    house.vendor.switches.published = False
    assert "发布" in (await _bad(house))["dingtalk.stream"]


async def test_an_application_that_may_not_open_a_stream_is_told_where_to_look(house: House) -> None:
    house.vendor.faults.plan("/v1.0/gateway/connections/open", Fault.UNAUTHORIZED)
    bad = await _bad(house)
    assert list(bad) == ["dingtalk.stream"]
    assert "client_secret" in bad["dingtalk.stream"]


async def test_another_companys_id_is_told(house: House) -> None:
    bad = await _bad(House(house.emulator, house.session, corp_id="dingother"))
    assert list(bad) == ["dingtalk.corp"]
    assert "外部人员" in bad["dingtalk.corp"]


async def test_without_a_corp_id_it_is_advised(house: House) -> None:
    findings = await House(house.emulator, house.session, corp_id="").dingtalk.diagnose()
    corp = next(finding for finding in findings if finding.id == "dingtalk.corp")
    assert corp.ok
    assert "corp_id" in corp.fix


@pytest.mark.parametrize(
    ("apart", "says"),
    [
        ({"minutes": 11}, "慢了 11 分钟"),
        ({"hours": -3}, "快了 3 小时"),
        ({"days": 60}, "慢了 60 天"),
        ({"seconds": 20}, ""),
    ],
)
async def test_a_wrong_clock_is_told(house: House, apart: dict[str, int], says: str) -> None:
    here = house.now()
    house.client._now = lambda: here
    house.emulator.clock.advance(timedelta(**apart))
    clock = next(f for f in await house.dingtalk.diagnose() if f.id == "dingtalk.clock")
    assert clock.ok == (not says)
    assert says in clock.what


@pytest.mark.parametrize("scope", sorted(GRANTED))
async def test_a_missing_permission_is_named(house: House, scope: str) -> None:
    house.vendor.tenant.scopes = GRANTED - {scope}
    bad = await _bad(house)
    assert len(bad) == 1
    assert scope in next(iter(bad.values()))


async def test_a_missing_template_is_named(house: House) -> None:
    bad = await _bad(House(house.emulator, house.session, card="never-imported.schema"))
    assert "dingtalk.card" in bad["dingtalk.card"]


async def test_a_template_that_is_not_published_is_to_be_published(house: House) -> None:
    house.vendor.card_api.templates["own.schema"] = False
    house.vendor.switches.unpublished_templates_work = False
    bad = await _bad(House(house.emulator, house.session, card="own.schema"))
    assert "发布模板" in bad["dingtalk.card"]


async def test_the_text_look_needs_no_template(house: House) -> None:
    findings = await House(house.emulator, house.session, card="text").dingtalk.diagnose()
    assert all(finding.ok for finding in findings)
    assert "dingtalk.card" not in {finding.id for finding in findings}


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::9"])
async def test_a_refused_address_is_named(house: House, address: str) -> None:
    house.vendor.switches.allowed_ips = frozenset({"203.0.113.1"})
    house.vendor.switches.seen_ip = address
    bad = await _bad(house)
    assert [*bad] == ["dingtalk.token"]
    assert address in bad["dingtalk.token"]
    assert ("ipv4_only" in bad["dingtalk.token"]) == (":" in address)


async def test_no_network_is_said_so(house: House) -> None:
    away = House(house.emulator, house.session, api_base="http://127.0.0.1:9")
    assert "api_base" in (await _bad(away))["dingtalk.token"]


async def test_a_running_stream_speaks_for_itself(house: House) -> None:
    up = StreamHealth(connected=True, last_frame_at=None, misconfigured="", reopens=0)
    down = replace(up, connected=False, misconfigured="请发布应用")
    told = [
        finding
        for health in (up, down, replace(up, connected=False))
        for finding in await house.dingtalk.diagnose(health)
        if finding.id == "dingtalk.stream"
    ]
    assert [finding.ok for finding in told] == [True, False, False]
    assert told[1].fix == "请发布应用"
    assert "重连" in told[2].fix
