"""What the doctor finds, and whether its advice names the step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.dingtalk.health import StreamHealth
from tests.adapters.dingtalk.conftest import House

GRANTED = {"qyapi_robot_sendmsg", "qyapi_get_member", "Card.Instance.Write"}


async def _bad(house: House) -> dict[str, str]:
    return {finding.what: finding.fix for finding in await house.dingtalk.diagnose() if not finding.ok}


async def test_all_is_well(house: House) -> None:
    findings = await house.dingtalk.diagnose()
    assert [finding.ok for finding in findings] == [True] * 5
    assert all(not house.vendor.chats.of(chat) for chat in ("manager01", "cidITdesk01=="))


async def test_asking_twice_finds_the_same(house: House) -> None:
    assert await house.dingtalk.diagnose() == await house.dingtalk.diagnose()


async def test_a_wrong_secret_is_all_there_is_to_say(house: House) -> None:
    bad = await _bad(House(house.emulator, house.session, client_secret="wrong"))
    assert list(bad) == ["钉钉：client_id 与 client_secret"]
    assert "凭证与基础信息" in bad["钉钉：client_id 与 client_secret"]


async def test_an_unpublished_robot_is_to_be_published(house: House) -> None:
    house.vendor.switches.published = False
    assert "发布" in (await _bad(house))["钉钉：Stream 通道"]


@pytest.mark.parametrize("scope", sorted(GRANTED))
async def test_a_missing_permission_is_named(house: House, scope: str) -> None:
    house.vendor.tenant.scopes = GRANTED - {scope}
    bad = await _bad(house)
    assert len(bad) == 1
    assert scope in next(iter(bad.values()))


async def test_a_missing_template_is_named(house: House) -> None:
    bad = await _bad(House(house.emulator, house.session, card="never-imported.schema"))
    assert "dingtalk.card" in bad["钉钉：互动卡片权限 Card.Instance.Write 与卡片模板"]


async def test_the_text_look_needs_no_template(house: House) -> None:
    findings = await House(house.emulator, house.session, card="text").dingtalk.diagnose()
    assert [finding.ok for finding in findings] == [True] * 4


async def test_a_refused_address_is_named(house: House) -> None:
    await house.client.token()
    house.vendor.switches.allowed_ips = frozenset({"203.0.113.1"})
    assert any("127.0.0.1" in fix for fix in (await _bad(house)).values())


async def test_no_network_is_said_so(house: House) -> None:
    away = House(house.emulator, house.session, api_base="http://127.0.0.1:9")
    assert "api_base" in (await _bad(away))["钉钉：client_id 与 client_secret"]


async def test_a_running_stream_speaks_for_itself(house: House) -> None:
    up = StreamHealth(connected=True, last_frame_at=None, misconfigured="", reopens=0)
    down = replace(up, connected=False, misconfigured="请发布应用")
    assert (await house.dingtalk.diagnose(up))[1].ok
    assert (await house.dingtalk.diagnose(down))[1].fix == "请发布应用"
    assert "重连" in (await house.dingtalk.diagnose(replace(up, connected=False)))[1].fix
