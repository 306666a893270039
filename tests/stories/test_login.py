"""Logging in to the pages with the account of the chat: every way that it can go, right and wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.stories.stage import Platform, Stage, on_stage, settings_for, staged, vendors
from tests.stories.surfing import CLIENTS, Browser, surfing

BOTH: list[Platform] = ["wecom", "dingtalk"]
# Both platforms and both databases in two runs.
on_both = pytest.mark.parametrize(
    ("database_url", "on"),
    [("sqlite", "wecom"), ("postgres", "dingtalk")],
    indirect=["database_url"],
    ids=BOTH,
)


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(database_url, tmp_path) as made:
        yield made
        made.assert_clean()


@pytest.fixture
async def browser(stage: Stage) -> AsyncIterator[Browser]:
    async with surfing(stage) as made:
        yield made


async def opened(stage: Stage, on: Platform, name: str = "张三") -> None:
    await stage.player(name, on).says("报修 打印机卡纸")


@on_both
async def test_who_is_logged_in_reads_what_they_may_see_in_the_chat(
    stage: Stage, browser: Browser, on: Platform
) -> None:
    await opened(stage, on)
    li = stage.player("李四", on)
    await li.says("接单 1001")
    await li.says("备注 1001 已联系厂家")

    asked = await browser.opens("/t/IT-1001")
    assert asked.to == f"{browser.origin}/login?to=/t/IT-1001"
    choice = await browser.opens(asked.to)
    assert "企业微信登录" in choice.text
    assert "钉钉登录" in choice.text
    assert choice.headers["Cache-Control"] == "no-store"

    came = await browser.logs_in(li, "/t/IT-1001")
    assert (came.status, came.to) == (303, f"{browser.origin}/t/IT-1001")
    page = await browser.opens(came.to)
    assert "打印机卡纸" in page.text
    assert "已联系厂家" in page.text
    assert "已登录：" in page.text
    assert "key=" not in page.text

    async with surfing(stage) as other:
        await other.logs_in(stage.player("张三", on))
        assert "已联系厂家" not in (await other.opens("/t/IT-1001")).text


@on_both
async def test_what_is_invisible_looks_like_what_does_not_exist(
    stage: Stage, browser: Browser, on: Platform
) -> None:
    await opened(stage, on)
    await browser.logs_in(stage.player("路人", on))
    hidden, missing = await browser.opens("/t/IT-1001"), await browser.opens("/t/IT-1002")
    assert (hidden.status, missing.status) == (404, 404)
    assert hidden.text == missing.text
    assert (await browser.opens("/t/IT-1001/files/1")).text == missing.text
    other = await browser.opens("/t/IT-1001?key=forged")
    assert (other.status, other.text) == (404, missing.text)


@on_both
async def test_a_way_back_is_good_once_and_in_one_browser(
    stage: Stage, browser: Browser, on: Platform
) -> None:
    player = stage.player("张三", on)
    address = await browser.way_back(on, player.id)
    async with surfing(stage) as thief:
        stolen = await thief.opens(address)
        assert stolen.status == 400
        assert "登录没有完成" in stolen.text
        assert not thief.cookie("paidan-session")
    assert (await browser.opens(address)).status == 303
    again = await browser.opens(address)
    assert again.status == 400


@on_both
async def test_a_way_back_lasts_ten_minutes(stage: Stage, browser: Browser, on: Platform) -> None:
    address = await browser.way_back(on, stage.player("张三", on).id)
    stage.emulator.clock.advance(timedelta(minutes=10))
    assert (await browser.opens(address)).status == 400


@on_both
async def test_a_code_lasts_five_minutes(stage: Stage, browser: Browser, on: Platform) -> None:
    address = await browser.way_back(on, stage.player("张三", on).id)
    stage.emulator.clock.advance(timedelta(minutes=5, seconds=1))
    late = await browser.opens(address)
    assert late.status == 400
    assert "没有拿到登录许可" in late.text


@on_both
async def test_a_way_back_that_was_tampered_with(stage: Stage, browser: Browser, on: Platform) -> None:
    for wrong in ("state", "no state", "code", "no code", "provider"):
        address = await browser.way_back(on, stage.player("张三", on).id)
        refused = await browser.opens(_tampered(address, wrong, on))
        assert refused.status == 400, wrong
        assert not browser.cookie("paidan-session")
    assert (await browser.logs_in(stage.player("张三", on))).status == 303  # the next one works


def _tampered(address: str, wrong: str, on: Platform) -> str:
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    code = "authCode" if "authCode" in query else "code"
    path = f"/login/{on}/back"
    match wrong:
        case "state":
            query["state"] = query["state"][:-1] + ("0" if query["state"][-1] != "0" else "1")
        case "no state":
            del query["state"]
        case "code":
            query[code] = "made-up"
        case "no code":
            del query[code]
        case _:
            path = path.replace(on, next(other for other in BOTH if other != on))
    return f"{path}?{urlencode(query)}"


@on_both
async def test_only_members_come_in(stage: Stage, browser: Browser, on: Platform) -> None:
    outsider = "outsider1"
    stage.emulator.dingtalk.tenant.outsiders[outsider] = "客户"
    refused = await browser.opens(await browser.way_back(on, outsider))
    assert refused.status == 403
    assert "只有本企业的成员" in refused.text
    assert not browser.cookie("paidan-session")


@on_both
async def test_the_login_is_new_each_time_and_logging_out_ends_it(
    stage: Stage, browser: Browser, on: Platform
) -> None:
    await opened(stage, on)
    player = stage.player("张三", on)
    await browser.logs_in(player)
    first = browser.cookie("paidan-session")
    await browser.logs_in(player)
    second = browser.cookie("paidan-session")
    assert first != second
    assert len(second) >= 43
    old = {"Cookie": f"paidan-session={first}"}
    async with surfing(stage) as other:
        assert (await other.opens("/t/IT-1001", **old)).to
        assert (await other.opens("/t/IT-1001", Cookie=f"paidan-session={second}")).status == 200

    home = await browser.opens("/login")
    left = await browser.sends("/logout", {"csrf": home.csrf})
    assert left.status == 303
    assert "已退出登录" in (await browser.opens(left.to)).text
    async with surfing(stage) as other:
        assert (await other.opens("/t/IT-1001", Cookie=f"paidan-session={second}")).to


@on_both
async def test_logging_out_everywhere_ends_all_of_them(stage: Stage, browser: Browser, on: Platform) -> None:
    await opened(stage, on)
    player = stage.player("张三", on)
    async with surfing(stage) as other:
        await other.logs_in(player)
        await browser.logs_in(player)
        home = await browser.opens("/login")
        await browser.sends("/logout", {"csrf": home.csrf, "everywhere": "1"})
        assert (await other.opens("/t/IT-1001")).to
    assert (await browser.opens("/t/IT-1001")).to


@on_both
async def test_no_other_page_can_log_somebody_out(stage: Stage, browser: Browser, on: Platform) -> None:
    await browser.logs_in(stage.player("张三", on))
    good = {"csrf": (await browser.opens("/login")).csrf}
    assert (await browser.sends("/logout", {})).status == 403
    assert (await browser.sends("/logout", {"csrf": "0" * 64})).status == 403
    for origin in ("", "null", "https://evil.example", f"{browser.origin}.evil.example"):
        assert (await browser.sends("/logout", good, Origin=origin)).status == 403
    assert (await browser.sends("/logout", good, **{"Content-Type": "text/plain"})).status == 403
    async with surfing(stage) as nobody:
        assert (await nobody.sends("/logout", good)).status == 403
    assert (await browser.opens("/logout")).status == 405
    assert "已登录：张三" in (await browser.opens("/login")).text
    assert (await browser.sends("/logout", good)).status == 303


@on_both
async def test_a_session_ends_after_eight_idle_hours_and_after_a_day(
    stage: Stage, browser: Browser, on: Platform
) -> None:
    await opened(stage, on)
    await browser.logs_in(stage.player("张三", on))
    kept = {"Cookie": f"paidan-session={browser.cookie('paidan-session')}"}
    for _ in range(3):
        stage.emulator.clock.advance(timedelta(hours=7, minutes=59))
        assert (await browser.opens("/t/IT-1001", **kept)).status == 200
    stage.emulator.clock.advance(timedelta(minutes=5))
    assert (await browser.opens("/t/IT-1001", **kept)).to  # a day after the login

    await browser.logs_in(stage.player("张三", on))
    kept = {"Cookie": f"paidan-session={browser.cookie('paidan-session')}"}
    stage.emulator.clock.advance(timedelta(hours=8))
    assert (await browser.opens("/t/IT-1001", **kept)).to


@on_both
async def test_a_closed_account_is_out_at_once_and_stays_out(
    stage: Stage, browser: Browser, on: Platform
) -> None:
    await opened(stage, on)
    await browser.logs_in(stage.player("张三", on))
    assert (await browser.opens("/t/IT-1001")).status == 200
    await stage.player("赵敏", on).says("停用账号 张三")
    assert (await browser.opens("/t/IT-1001")).to
    refused = await browser.logs_in(stage.player("张三", on))
    assert refused.status == 403
    assert "账号已停用" in refused.text


@on_both
async def test_a_login_leads_nowhere_else(stage: Stage, browser: Browser, on: Platform) -> None:
    for to in ("//evil.example", "https://evil.example/t/IT-1", "/\\evil.example", "/t/../x", "javascript:1"):
        came = await browser.logs_in(stage.player("张三", on), to)
        assert came.to == f"{browser.origin}/login"


@on_both
async def test_in_the_client_there_is_nothing_to_choose(stage: Stage, browser: Browser, on: Platform) -> None:
    await opened(stage, on)
    agent = {"User-Agent": CLIENTS[on]}
    # The emulator knows a phone by this cookie.
    browser.session.cookie_jar.update_cookies({f"emu-{on}": stage.player("张三", on).id})
    page = await browser.follows("/t/IT-1001", **agent)
    assert page.status == 200
    assert "已登录：" in page.text


@on_both
async def test_a_vendor_that_is_away_is_said_so(stage: Stage, browser: Browser, on: Platform) -> None:
    address = await browser.way_back(on, stage.player("张三", on).id)
    await stage.emulator.stop()
    away = await browser.opens(address)
    assert away.status == 503
    assert "聊天里的卡片不受影响" in away.text


async def test_a_domain_that_is_not_trusted_never_comes_back(stage: Stage, browser: Browser) -> None:
    stage.emulator.wecom.switches.trusted_domain = "tickets.example.com"
    page = await browser.vendor_page("wecom")
    assert "50001" in (await browser.opens(page)).text


async def test_required_means_that_a_link_alone_does_not_do(database_url: str, tmp_path: Path) -> None:
    async with vendors() as (emulator, port):
        settings = settings_for(emulator, database_url, tmp_path, port, [])
        server = settings.server.model_copy(update={"login": "required"})
        async with on_stage(emulator, settings.model_copy(update={"server": server})) as stage:
            await opened(stage, "wecom")
            link = stage.app.links.to("IT-1001")
            async with surfing(stage) as browser:
                assert "/login?to=/t/IT-1001" in (await browser.opens(link)).to
                await browser.logs_in(stage.player("路人", "wecom"))
                assert (await browser.opens(link)).status == 404
            async with surfing(stage) as browser:
                await browser.logs_in(stage.player("张三", "wecom"))
                assert (await browser.opens(link)).status == 200


async def test_off_means_that_there_is_no_login(database_url: str, tmp_path: Path) -> None:
    async with vendors() as (emulator, port):
        settings = settings_for(emulator, database_url, tmp_path, port, [])
        server = settings.server.model_copy(update={"login": "off"})
        async with on_stage(emulator, settings.model_copy(update={"server": server})) as stage:
            await opened(stage, "wecom")
            async with surfing(stage) as browser:
                assert (await browser.opens("/login")).status == 404
                assert (await browser.opens("/t/IT-1001")).status == 404
                page = await browser.opens(stage.app.links.to("IT-1001"))
                assert page.status == 200
                assert "/login" not in page.text
