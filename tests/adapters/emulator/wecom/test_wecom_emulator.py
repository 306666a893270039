"""Both vendors on one address, with a clock that can be moved and a wire that can be read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import ClientSession

from adapters.emulator.clock import Clock
from adapters.emulator.company import Company, Employee
from adapters.emulator.server import Credentials, Emulator
from adapters.emulator.wecom.crypto import Envelope
from adapters.emulator.wecom.loopback import NotLoopback


@pytest.fixture
async def emulator(clock: Clock, company: Company) -> AsyncIterator[Emulator]:
    made = Emulator(company, clock)
    await made.start()
    yield made
    await made.stop()


async def fetch(emulator: Emulator, path: str, **options: Any) -> Any:
    async with (
        ClientSession() as session,
        session.request(options.pop("method", "GET"), f"{emulator.base_url}{path}", **options) as response,
    ):
        return await response.json()


async def test_both_vendors_answer_on_one_address(emulator: Emulator) -> None:
    wecom = await fetch(emulator, "/cgi-bin/gettoken")
    dingtalk = await fetch(
        emulator, "/v1.0/oauth2/accessToken", method="POST", json={"appKey": "x", "appSecret": "y"}
    )

    assert wecom["errcode"] == 41002
    assert dingtalk["code"]


async def test_the_clock_is_moved_for_everybody(emulator: Emulator, clock: Clock) -> None:
    answer = await fetch(emulator, "/_emu/clock", method="POST", json={"advance_seconds": 90})

    assert answer == await fetch(emulator, "/_emu/clock") == {"now": "2026-01-01T09:01:30+00:00"}
    assert clock.now() == datetime(2026, 1, 1, 9, 1, 30, tzinfo=UTC)


async def test_the_wire_can_be_read(emulator: Emulator) -> None:
    await fetch(emulator, "/cgi-bin/gettoken")

    [passed] = await fetch(emulator, "/_emu/wire")

    assert (passed["platform"], passed["what"], passed["to_bot"]) == ("wecom", "GET /cgi-bin/gettoken", False)
    assert passed["answer"]["errcode"] == 41002


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.com"])
async def test_only_this_machine_is_served(emulator: Emulator, host: str) -> None:
    with pytest.raises(NotLoopback):
        await emulator.start(host=host)


def test_credentials_are_made_up_anew() -> None:
    first, second = Credentials(), Credentials()

    assert first.wecom_secret != second.wecom_secret
    assert first.dingtalk_client_secret != second.dingtalk_client_secret
    Envelope(first.wecom_token, first.wecom_encoding_aes_key, "")


async def test_credentials_can_be_given(clock: Clock) -> None:
    company = Company("ww1", employees=[Employee("李四", wecom="LiSi")])

    emulator = Emulator(company, clock, Credentials(wecom_agent_id=1000002, wecom_secret="s"))

    assert (emulator.wecom.corp_id, emulator.wecom.agent_id, emulator.wecom.secret) == ("ww1", 1000002, "s")
