"""The API client against the played WeCom: tokens, repeats, what each number and each silence means."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.chat import (
    Misconfigured,
    NotReachable,
    PlatformError,
    RateLimited,
    Rejected,
    Unreachable,
)
from adapters.emulator.wecom.switches import ExpiredToken
from adapters.wecom import WeComClient
from adapters.wecom.client import MAX_PARALLEL
from tests.adapters.taking import MOST, Bowl
from tests.adapters.wecom.conftest import House

HELLO = {"msgtype": "text", "text": {"content": "您好"}}
SEND = "message/send"


async def send(client: WeComClient, text: str = "您好") -> None:
    await client.send("LiSi", {"msgtype": "text", "text": {"content": text}}, repeat_window=60)


# ── tokens ──


async def test_hundred_calls_at_once_fetch_one_token(house: House) -> None:
    await asyncio.gather(*(house.client.member("LiSi") for _ in range(100)))
    assert house.calls("gettoken") == 1


async def test_replicas_share_one_token(house: House) -> None:
    others = [house.replica(house.app) for _ in range(5)]
    await asyncio.gather(*(client.member("LiSi") for client in others))
    assert house.calls("gettoken") == 1


async def test_token_is_renewed_before_it_ends(house: House) -> None:
    await house.client.member("LiSi")
    house.clock.advance(timedelta(seconds=7200 * 0.74))
    await house.client.member("LiSi")
    assert house.calls("gettoken") == 1
    house.clock.advance(timedelta(seconds=7200 * 0.07))
    await house.client.member("LiSi")
    assert house.calls("gettoken") == 2


async def test_an_old_token_serves_while_no_new_one_can_be_had(house: House) -> None:
    await house.client.member("LiSi")
    house.clock.advance(timedelta(seconds=7200 * 0.9))
    house.vendor.faults.bad_gateway("gettoken")
    await house.client.member("LiSi")
    assert house.vendor.refused == []


@pytest.mark.parametrize("kind", list(ExpiredToken))
async def test_a_token_that_died_early_is_renewed_once_and_the_call_repeated(
    house: House, kind: ExpiredToken
) -> None:
    house.vendor.switches.expired_token = kind
    await send(house.client)
    house.vendor.tokens.expire()
    await send(house.client, "第二条")
    assert house.calls("gettoken") == 2
    assert [bubble.text for bubble in house.vendor.chats.of("LiSi")] == ["您好", "第二条"]


async def test_many_calls_with_a_dead_token_renew_it_once(house: House) -> None:
    await house.client.member("LiSi")
    house.vendor.tokens.expire()
    await asyncio.gather(*(house.client.member("LiSi") for _ in range(15)))
    assert house.calls("gettoken") == 2


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
async def test_a_token_that_keeps_dying_is_repeated_once_and_not_for_ever(house: House, errcode: int) -> None:
    house.vendor.faults.fail("user/get", errcode, times=1000)
    with pytest.raises(PlatformError):
        await house.client.member("LiSi")
    assert (house.calls("user/get"), house.calls("gettoken")) == (2, 2)
    other = house.replica(house.app)
    for _ in range(15):
        for client in (house.client, other):
            with pytest.raises(PlatformError):
                await client.member("LiSi")
    assert house.calls("gettoken") == 2, "one in a minute, by all replicas together"
    house.vendor.faults.clear()
    house.clock.advance(timedelta(minutes=1))
    await house.client.member("LiSi")


async def test_a_wrong_secret_is_not_hammered(house: House) -> None:
    client = house.replica(replace(house.app, secret="wrong"))
    for _ in range(50):
        with pytest.raises(Misconfigured, match="40001"):
            await client.member("LiSi")
    assert house.calls("gettoken") == 1
    house.clock.advance(timedelta(minutes=1))
    with pytest.raises(Misconfigured):
        await client.member("LiSi")
    assert house.calls("gettoken") == 2


# ── what the numbers mean ──


@pytest.mark.parametrize(
    ("errcode", "error"),
    [
        (40013, Misconfigured),
        (40056, Misconfigured),
        (48002, Misconfigured),
        (50003, Misconfigured),
        (60020, Misconfigured),
        (301002, Misconfigured),
        (81013, NotReachable),
        (60111, NotReachable),
        (60011, NotReachable),
        (45009, RateLimited),
        (45047, RateLimited),
        (40058, Rejected),
        (44004, Rejected),
        (45002, Rejected),
        (999999, Rejected),
    ],
)
async def test_a_number_says_what_to_do_next(house: House, errcode: int, error: type[PlatformError]) -> None:
    house.vendor.faults.fail(SEND, errcode)
    with pytest.raises(error) as raised:
        await send(house.client)
    assert type(raised.value) is error
    if isinstance(raised.value, Misconfigured):
        assert raised.value.fix.endswith("。")
    assert house.calls(SEND) == 1


async def test_an_untrusted_address_is_named_in_the_remedy(house: House) -> None:
    house.vendor.switches.untrusted_ip = "203.0.113.9"
    with pytest.raises(Misconfigured) as refused:
        await send(house.client)
    assert "203.0.113.9" in refused.value.fix
    assert "企业可信IP" in refused.value.fix


@pytest.mark.parametrize("errcode", [-1, 45033])
async def test_busy_is_asked_again_after_a_pause(house: House, errcode: int) -> None:
    house.vendor.faults.fail(SEND, errcode, times=3)
    await send(house.client)
    assert house.calls(SEND) == 4
    assert len(house.pauses.slept) == 3
    assert len(house.vendor.chats.of("LiSi")) == 1


@pytest.mark.parametrize(("errcode", "error"), [(-1, Unreachable), (45033, RateLimited)])
async def test_busy_for_long_is_left_for_later(
    house: House, errcode: int, error: type[PlatformError]
) -> None:
    house.vendor.faults.fail(SEND, errcode, times=4)
    with pytest.raises(error):
        await send(house.client)
    assert house.calls(SEND) == 4


async def test_too_often_closes_that_api_for_a_minute(house: House) -> None:
    house.vendor.faults.fail(SEND, 45009)
    for _ in range(3):
        with pytest.raises(RateLimited) as limited:
            await send(house.client)
        assert limited.value.retry_after == 60
    await house.client.member("LiSi")
    house.clock.advance(timedelta(minutes=1))
    await send(house.client)
    assert house.calls(SEND) == 2


# ── silence and noise ──


async def test_a_broken_gateway_is_unreachable(house: House) -> None:
    house.vendor.faults.bad_gateway(SEND)
    with pytest.raises(Unreachable):
        await send(house.client)


async def test_a_connection_cut_before_or_after_the_work_is_unreachable(house: House) -> None:
    house.vendor.faults.reset_before(SEND)
    with pytest.raises(Unreachable):
        await send(house.client)
    house.vendor.faults.reset_after(SEND)
    with pytest.raises(Unreachable):
        await send(house.client)
    await send(house.client)
    assert len(house.vendor.chats.of("LiSi")) == 1


async def test_nobody_listening_is_unreachable(house: House) -> None:
    with pytest.raises(Unreachable):
        await house.replica(replace(house.app, api_base="http://127.0.0.1:9")).member("LiSi")


NOISE = [
    (200, b"", "application/json"),
    (200, b"<html>busy</html>", "text/html"),
    (200, b'{"errcode":0,"errm', "application/json"),
    (200, b'["errcode"]', "application/json"),
    (200, b'{"message":"hello"}', "application/json"),
    (200, b'{"errcode":"0"}', "application/json"),
    (200, b"\xff\xfe", "application/json"),
    (200, b"[" * 100_000, "application/json"),
    (200, b'"' + b"x" * 5_000_000 + b'"', "application/json"),
    (302, b"", "text/html"),
    (500, b'{"error":"x"}', "application/json"),
]


@pytest.mark.parametrize(("status", "body", "kind"), NOISE)
async def test_noise_is_never_taken_for_sent(house: House, status: int, body: bytes, kind: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body, content_type=kind, headers={"Location": "/"})

    async with stranger(answer) as base:
        with pytest.raises(Unreachable):
            await send(house.replica(replace(house.app, api_base=base)))


@asynccontextmanager
async def stranger(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """Something that grants tokens as WeCom does and answers everything else with ``answer``."""

    async def token(_: web.Request) -> web.Response:
        return web.json_response({"errcode": 0, "access_token": "granted-token", "expires_in": 7200})

    application = web.Application()
    application.router.add_get("/cgi-bin/gettoken", token)
    application.router.add_route("*", "/{any:.*}", answer)
    async with TestServer(application) as server:
        yield str(server.make_url("/"))


async def test_never_more_calls_at_once_than_wecom_bears(house: House) -> None:
    running, most = 0, 0

    async def answer(_: web.Request) -> web.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return web.json_response({"errcode": 0, "userid": "LiSi", "name": "李四"})

    async with stranger(answer) as base:
        client = house.replica(replace(house.app, api_base=base))
        await asyncio.gather(*(client.member("LiSi") for _ in range(100)))
    assert most == MAX_PARALLEL


async def test_json_goes_out_as_it_is_written(house: House) -> None:
    """Bodies with \\uxxxx are refused with 40033; the played WeCom refuses them too."""
    bodies: list[bytes] = []

    async def answer(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.json_response({"errcode": 0, "msgid": "1"})

    async with stranger(answer) as base:
        client = house.replica(replace(house.app, api_base=base))
        await send(client, "打印机 🖨️")
        await send(client, "打印机 🖨️")
    assert bodies[0] == bodies[1]
    assert "打印机 🖨️".encode() in bodies[0]
    assert json.loads(bodies[0])["enable_duplicate_check"] == 1


# ── files ──


async def media(client: WeComClient, media_id: str, limit: int = MOST) -> bytes:
    bowl = Bowl()
    await client.media(media_id, bowl, limit)
    return bowl.data


async def test_what_was_uploaded_can_be_fetched(house: House) -> None:
    data = bytes(range(256)) * 100
    media_id = await house.client.upload("file", "报价单 2026.pdf", data)
    assert await media(house.client, media_id) == data
    assert house.vendor.defects == []


async def test_a_file_that_is_too_big_is_refused_while_it_comes(house: House) -> None:
    media_id = await house.client.upload("file", "big.bin", bytes(50_000))
    with pytest.raises(Rejected) as refused:
        await media(house.client, media_id, limit=49_999)
    assert refused.value.code == "download.size"


async def test_a_refusal_in_place_of_a_file_is_no_file(house: House) -> None:
    with pytest.raises(Rejected) as refused:
        await media(house.client, "gone")
    assert refused.value.code == "40007"


async def test_a_file_of_json_is_still_a_file(house: House) -> None:
    data = b'{"errcode": 40007, "errmsg": "just a text"}'
    assert await media(house.client, await house.client.upload("file", "a.json", data)) == data


async def test_media_also_renews_a_dead_token(house: House) -> None:
    media_id = await house.client.upload("file", "a.txt", b"hello world")
    house.vendor.tokens.expire()
    assert await media(house.client, media_id) == b"hello world"


# ── secrets ──


async def test_no_secret_is_ever_logged_or_told(house: House) -> None:
    """Also where WeCom quotes what it was given."""
    seen: list[str] = []

    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"errcode": 40058, "errmsg": f"bad {request.url} {await request.text()}"})

    with structlog.testing.capture_logs() as logs:
        async with stranger(echo) as base:
            client = house.replica(replace(house.app, api_base=base))
            for attempt in (
                client.send("LiSi", HELLO, repeat_window=1),
                client.update_card(["LiSi"], "response-code-1", {}),
                media(client, "media-1"),
                client.upload("file", "a", b"123456"),
                house.replica(replace(house.app, api_base="http://127.0.0.1:9")).member("LiSi"),
                house.replica(replace(house.app, secret="wrong-secret-1")).member("LiSi"),
            ):
                with pytest.raises(PlatformError) as error:
                    await attempt
                seen.append(f"{error.value!r} {error.value.__cause__!r}")
    told = "\n".join([*seen, *map(str, logs), repr(house.app)])
    for secret in ("granted-token", "response-code-1", "wrong-secret-1", house.app.secret, house.app.token):
        assert secret not in told
    assert house.app.encoding_aes_key not in told
