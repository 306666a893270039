"""A file's address may lead anywhere; we follow only to where DingTalk keeps files."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from adapters.chat import Rejected, Unreachable
from adapters.dingtalk import DingTalkApp
from adapters.dingtalk.downloading import download
from tests.adapters.taking import MOST, Bowl


async def _stream_too_much(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(MOST // (1 << 20) + 2):
        await response.write(b"x" * (1 << 20))
    return response


async def _moved(request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": request.query["to"]})


async def _circle(_: web.Request) -> web.Response:
    return web.Response(status=307, headers={"Location": "/circle"})


async def _answers(request: web.Request) -> web.Response:
    return web.Response(status=int(request.match_info["status"]))


@pytest.fixture
async def files() -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_get("/ok", _ok)
    app.router.add_get("/much", _stream_too_much)
    app.router.add_get("/moved", _moved)
    app.router.add_get("/circle", _circle)
    app.router.add_get("/status/{status}", _answers)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


async def _ok(_: web.Request) -> web.Response:
    return web.Response(body=b"bytes")


def _app(files: TestServer) -> DingTalkApp:
    return DingTalkApp("dingapp01", "secret", api_base=str(files.make_url("")))


async def test_a_redirect_on_the_same_host_is_followed(files: TestServer, session: ClientSession) -> None:
    bowl = Bowl()
    await download(session, str(files.make_url("/moved?to=/ok")), _app(files), bowl, MOST)
    assert bowl.data == b"bytes"


@pytest.mark.parametrize(
    "to",
    ["http://169.254.169.254/latest", "http://127.0.0.1:1/", "file:///etc/passwd", "https://evil.example/x"],
)
async def test_a_redirect_elsewhere_is_not_followed(
    files: TestServer, session: ClientSession, to: str
) -> None:
    with pytest.raises(Rejected, match=r"download\.host"):
        await download(session, str(files.make_url("/moved").with_query(to=to)), _app(files), Bowl(), MOST)


async def test_a_circle_of_redirects_ends(files: TestServer, session: ClientSession) -> None:
    circle = str(files.make_url("/moved").with_query(to="/circle"))
    with pytest.raises(Rejected, match=r"download\.redirects"):
        await download(session, circle, _app(files), Bowl(), MOST)


async def test_a_size_that_was_not_announced_is_capped_all_the_same(
    files: TestServer, session: ClientSession
) -> None:
    with pytest.raises(Rejected, match=r"download\.size"):
        await download(session, str(files.make_url("/much")), _app(files), Bowl(), MOST)


@pytest.mark.parametrize(("status", "kind"), [(403, Rejected), (404, Rejected), (503, Unreachable)])
async def test_a_file_that_is_not_there(
    files: TestServer, session: ClientSession, status: int, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        await download(session, str(files.make_url(f"/status/{status}")), _app(files), Bowl(), MOST)


async def test_a_host_that_is_away_is_unreachable(session: ClientSession) -> None:
    app = DingTalkApp("dingapp01", "secret", api_base="http://127.0.0.1:9")
    with pytest.raises(Unreachable):
        await download(session, "http://127.0.0.1:9/file", app, Bowl(), MOST)
