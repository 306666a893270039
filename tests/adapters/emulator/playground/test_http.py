"""What the page's server lets through, and what it does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientSession, FormData
from yarl import URL

from adapters.emulator.chats import Bubble
from adapters.emulator.playground.phones import Attachment
from tests.adapters.emulator.playground.conftest import Host

Json = dict[str, Any]
GUARD = {"X-Playground": "1"}
SAID = {"platform": "wecom", "person": "ZhangSan", "chat": "ZhangSan", "text": "早"}


@pytest.fixture
async def http(host: Host) -> AsyncIterator[ClientSession]:
    async with ClientSession(host.url) as session:
        yield session


async def test_the_page_and_its_files_allow_no_inline_script(host: Host, http: ClientSession) -> None:
    async with http.get("/") as response:
        page = await response.text()
        policy = response.headers["Content-Security-Policy"]
    assert "style-src 'self'; script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "style=" not in page
    assert page.count("<script") == page.count('<script type="module" src=') == 1


async def test_static_files_are_kept_as_long_as_they_do_not_change(host: Host, http: ClientSession) -> None:
    async with http.get("/") as response:
        page = await response.text()
    main = page.partition('<script type="module" src="')[2].partition('"')[0]
    async with http.get(main) as response:
        assert response.content_type == "text/javascript"
        assert "immutable" in response.headers["Cache-Control"]
    async with http.get("/playground/static/other/main.js") as response:
        assert response.headers["Cache-Control"] == "no-store"
    async with http.get("/playground/static/other/nothing.js") as response:
        assert response.status == 404


async def test_other_sites_cannot_act(host: Host, http: ClientSession) -> None:
    async with http.post("/playground/say", json=SAID) as response:
        assert response.status == 403
    assert host.bot.heard == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"person": "Nobody"},
        {"platform": "feishu"},
        {"text": 5},
        {"chat": None},
    ],
)
async def test_nonsense_is_refused(host: Host, http: ClientSession, wrong: Json) -> None:
    async with http.post("/playground/say", json=SAID | wrong, headers=GUARD) as response:
        assert response.status == 400


@pytest.mark.parametrize("seconds", [0, -60])
async def test_time_does_not_go_back(host: Host, http: ClientSession, seconds: int) -> None:
    async with http.post("/playground/advance", json={"seconds": seconds}, headers=GUARD) as response:
        assert (await response.json())["hint"] == "时间只能往前走"
    assert host.advanced == []


async def test_nobody_speaks_in_a_group_of_wecom(host: Host, http: ClientSession) -> None:
    said = SAID | {"person": "LiSi", "chat": "wecom-alerts"}
    async with http.post("/playground/say", json=said, headers=GUARD) as response:
        assert (await response.json())["hint"] == "这个群里没有智能机器人，群机器人只发消息，不收消息"


def _medium(bubble_id: str) -> URL:
    """DingTalk's ids are base64 and may hold a slash."""
    return URL(f"/playground/media/sent/{quote(bubble_id, safe='')}", encoded=True)


async def test_a_big_picture_gets_through(host: Host, http: ClientSession) -> None:
    form = FormData({"platform": "wecom", "person": "ZhangSan", "chat": "ZhangSan", "kind": "image"})
    form.add_field("file", BytesIO(b"\x89PNG" + b"x" * 3_000_000), filename="photo.png")
    async with http.post("/playground/send", data=form, headers=GUARD) as response:
        assert (await response.json())["ok"]
    sent = host.emulator.wecom.chats.of("ZhangSan")[-1]
    async with http.get(_medium(sent.id)) as response:
        assert response.content_type == "image/png"
        assert len(await response.read()) == 3_000_004


async def test_a_page_that_somebody_sent_is_saved_and_not_shown(host: Host, http: ClientSession) -> None:
    form = FormData({"platform": "dingtalk", "person": "lisi01", "chat": "lisi01", "kind": "file"})
    form.add_field("file", b"<script>alert(1)</script>", filename="坏.html")
    async with http.post("/playground/send", data=form, headers=GUARD) as response:
        assert (await response.json())["ok"]
    sent = host.emulator.dingtalk.chats.of("lisi01")[-1]
    async with http.get(_medium(sent.id)) as response:
        assert response.content_type == "application/octet-stream"
        assert response.headers["Content-Disposition"].startswith("attachment")


async def test_an_id_with_a_slash_is_found(host: Host, http: ClientSession) -> None:
    sent = Attachment("image", "photo.png", b"\x89PNG")
    host.playground.media.expect(("dingtalk", "lisi01", "lisi01"), sent)
    bubble = Bubble("msgAb/cd+e==", host.emulator.clock.now(), "lisi01", "image")
    host.emulator.dingtalk.chats.add("lisi01", bubble)
    async with http.get(_medium(bubble.id)) as response:
        assert response.status == 200


async def test_what_the_bot_uploaded_can_be_seen(host: Host, http: ClientSession) -> None:
    kept = host.emulator.wecom.media.add("image", "chart.png", b"\x89PNG chart")
    async with http.get(f"/playground/media/wecom/{kept.id}") as response:
        assert await response.read() == b"\x89PNG chart"
    for place in ("wecom/unknown", "dingtalk/unknown", "feishu/unknown", "sent/unknown"):
        async with http.get(f"/playground/media/{place}") as response:
            assert response.status == 404


async def test_a_stream_of_changes_ends_with_the_server(host: Host, http: ClientSession) -> None:
    async with http.get("/playground/events") as response:
        assert (await response.content.readline()).strip() == b"event: state"
        host.playground.close()
        rest = await response.content.read()
    assert rest.strip().startswith(b"data: {")
