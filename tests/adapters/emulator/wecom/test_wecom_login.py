"""The login page, and the code it sends people back with."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.emulator.clock import Clock
from adapters.emulator.wecom.server import WeComServer
from tests.adapters.emulator.wecom.tiny_bot import TinyBot

BACK = "http://127.0.0.1:9/back?page=1"


def inside(server: WeComServer, **change: str) -> dict[str, str]:
    return {
        "appid": server.corp_id,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "a1b2",
        "agentid": "1000002",
    } | change


def desktop(server: WeComServer, **change: str) -> dict[str, str]:
    return {
        "login_type": "CorpApp",
        "appid": server.corp_id,
        "agentid": "1000002",
        "redirect_uri": BACK,
        "state": "a1b2",
    } | change


PAGES = {"/connect/oauth2/authorize": inside, "/wwlogin/sso/login": desktop}


async def returned(bot: TinyBot, path: str, userid: str = "LiSi") -> dict[str, list[str]]:
    query = PAGES[path](bot.server, emu_user=userid)
    url = f"{bot.server.base_url}{path}"
    async with bot.session.get(url, params=query, allow_redirects=False) as response:
        assert response.status == 302
        target = urlsplit(response.headers["Location"])
        assert f"{target.scheme}://{target.netloc}{target.path}" == "http://127.0.0.1:9/back"
        return parse_qs(target.query)


async def whois(bot: TinyBot, code: str) -> dict[str, object]:
    return await bot.get("auth/getuserinfo", access_token=await bot.token(), code=code)


@pytest.mark.parametrize("path", PAGES)
async def test_a_code_says_once_who_came(bot: TinyBot, path: str) -> None:
    back = await returned(bot, path, "lisi")

    assert (back["page"], back["state"]) == (["1"], ["a1b2"])
    assert (await whois(bot, back["code"][0]))["userid"] == "LiSi"
    assert (await whois(bot, back["code"][0]))["errcode"] == 40029


async def test_a_code_lives_five_minutes(bot: TinyBot, clock: Clock) -> None:
    back = await returned(bot, "/connect/oauth2/authorize")
    clock.advance(timedelta(minutes=5))

    assert (await whois(bot, back["code"][0]))["errcode"] == 40029


async def test_an_outsider_has_an_openid_only(bot: TinyBot) -> None:
    back = await returned(bot, "/connect/oauth2/authorize", "Somebody")
    answer = await whois(bot, back["code"][0])

    assert answer["openid"]
    assert "userid" not in answer


async def test_without_a_name_the_page_offers_all_members(server: WeComServer, bot: TinyBot) -> None:
    url = f"{server.base_url}/connect/oauth2/authorize"
    async with bot.session.get(url, params=inside(server)) as response:
        text = await response.text()

    assert text.count("<li>") == 3
    assert "emu_user=LiSi" in text


@pytest.mark.parametrize(
    ("path", "change", "told"),
    [
        ("/connect/oauth2/authorize", {"appid": "other"}, "appid"),
        ("/connect/oauth2/authorize", {"state": "with-dash"}, "state"),
        ("/connect/oauth2/authorize", {"state": "x" * 129}, "state"),
        ("/connect/oauth2/authorize", {"scope": "everything"}, "scope"),
        ("/connect/oauth2/authorize", {"redirect_uri": "https://example.com/"}, "本机"),
        ("/connect/oauth2/authorize", {"redirect_uri": "http://127.0.0.1:8/"}, "50001"),
        ("/wwlogin/sso/login", {"login_type": "Guess"}, "login_type"),
    ],
)
async def test_wrong_requests_stay_on_the_page(
    server: WeComServer, bot: TinyBot, path: str, change: dict[str, str], told: str
) -> None:
    if told == "50001":
        server.switches.trusted_domain = "127.0.0.1:9"
    query = PAGES[path](server, emu_user="LiSi", **change)
    url = f"{server.base_url}{path}"
    async with bot.session.get(url, params=query, allow_redirects=False) as response:
        assert response.status == 200
        assert told in await response.text()
