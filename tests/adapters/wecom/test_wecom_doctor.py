"""What the doctor finds at WeCom, and whether its advice names the step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.chat import Finding
from adapters.wecom import WeCom
from tests.adapters.wecom.conftest import House


async def _found(house: House, **app: Any) -> dict[str, Finding]:
    wecom = WeCom(house.replica(replace(house.app, **app)), now=house.clock.now)
    return {finding.id: finding for finding in await wecom.diagnose()}


async def _bad(house: House, **app: Any) -> dict[str, str]:
    return {key: finding.fix for key, finding in (await _found(house, **app)).items() if not finding.ok}


async def test_all_is_well(house: House) -> None:
    found = await _found(house)
    assert [*found] == [
        "wecom.clock",
        "wecom.token",
        "wecom.address",
        "wecom.agent",
        "wecom.visible",
        "wecom.callback",
    ]
    assert all(finding.ok for finding in found.values()), found
    assert house.vendor.sent == []


async def test_a_wrong_secret_is_all_there_is_to_say(house: House) -> None:
    bad = await _bad(house, secret="wrong")
    assert [*bad] == ["wecom.token"]
    assert "Secret" in bad["wecom.token"]


async def test_a_secret_that_was_changed_is_told_though_the_old_token_lives(house: House) -> None:
    await house.client.token()
    assert [*await _bad(house, secret="changed")] == ["wecom.token"]


async def test_a_wrong_company_is_named(house: House) -> None:
    assert "corp_id" in (await _bad(house, corp_id="ww0"))["wecom.token"]


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::9"])
async def test_the_address_that_wecom_saw_is_named(house: House, address: str) -> None:
    house.vendor.switches.untrusted_ip = address
    bad = await _bad(house)
    assert [*bad] == ["wecom.address"]
    assert address in bad["wecom.address"]
    assert ("ipv4_only" in bad["wecom.address"]) == (":" in address)


async def test_another_applications_agent_id_is_named(house: House) -> None:
    bad = await _bad(house, agent_id=house.app.agent_id + 1)
    assert [*bad] == ["wecom.agent"]
    assert "agent_id 与 Secret 不属于同一个应用" in bad["wecom.agent"]


async def test_an_application_that_was_switched_off_is_named(house: House) -> None:
    house.vendor.switches.application_off = True
    assert "重新启用" in (await _bad(house))["wecom.agent"]


async def test_the_visible_range_is_reminded_of(house: House) -> None:
    house.vendor.switches.hidden_users = {"ZhangSan", "LiSi", "WangFang"}
    assert "可见范围" in (await _found(house))["wecom.visible"].fix


async def test_a_missing_permission_is_named(house: House) -> None:
    house.vendor.faults.fail("user/simplelist", 48002)
    bad = await _bad(house)
    assert [*bad] == ["wecom.visible"]
    assert "权限" in bad["wecom.visible"]


@pytest.mark.parametrize(("errcode", "advice"), [(45009, "60 秒后再试"), (40058, "40058"), (-1, "检查网络")])
async def test_every_failure_has_its_advice(house: House, errcode: int, advice: str) -> None:
    house.vendor.faults.fail("gettoken", errcode)
    assert advice in (await _bad(house))["wecom.token"]


async def test_no_network_is_said_so(house: House) -> None:
    assert "api_base" in (await _bad(house, api_base="http://127.0.0.1:9"))["wecom.token"]


async def test_a_wrong_clock_is_told(house: House) -> None:
    here = house.clock.now() - timedelta(minutes=15)
    client = house.replica(house.app)
    client._now = lambda: here
    clock = (await WeCom(client, now=house.clock.now).diagnose())[0]
    assert (clock.id, clock.ok) == ("wecom.clock", False)
    assert "慢了 15 分钟" in clock.what
    assert "NTP" in clock.fix


async def test_a_further_application_is_spoken_of_by_its_name(house: House) -> None:
    found = await WeCom(house.client, now=house.clock.now, name="wecom-app-hr-east").diagnose()
    assert [one.ok for one in found] == [True] * len(found)
    assert {one.id for one in found} >= {"wecom-app-hr-east.token", "wecom-app-hr-east.callback"}
    assert all("应用「hr-east」" in one.what for one in found)
    assert any("/wecom/callback/hr-east" in one.fix for one in found)
