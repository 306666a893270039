"""Fetching a file from an address that came over the wire: only to DingTalk's hosts, only so much.

The address is an answer of the API and redirects may follow, so a forged one must not lead into our own
network (dingtalk.md §6).
"""

from __future__ import annotations

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from adapters.chat import Rejected, Sink, Unreachable
from adapters.dingtalk.app import API_BASE, OAPI_BASE, DingTalkApp
from adapters.pouring import PIECE, pour

_TIMEOUT = ClientTimeout(total=60, sock_connect=10, sock_read=10)
_HOSTS = (".dingtalk.com", ".dingtalk.io", ".aliyuncs.com")
_REDIRECTS = 3


def trusted(url: str, app: DingTalkApp) -> bool:
    """DingTalk's own hosts over TLS, or exactly where an operator has pointed us (the emulator)."""
    try:
        target = URL(url)
    except ValueError:
        return False
    if target.user or target.password:
        return False
    configured = {URL(base).origin() for base in (app.api_base, app.oapi_base)}
    configured -= {URL(base).origin() for base in (API_BASE, OAPI_BASE)}
    if target.absolute and target.scheme in {"http", "https"} and target.origin() in configured:
        return True
    host = (target.host or "").lower()
    return target.scheme == "https" and target.port == 443 and host.endswith(_HOSTS)


async def download(session: ClientSession, url: str, app: DingTalkApp, into: Sink, limit: int) -> None:
    """Raises Rejected when the file is gone, elsewhere or too big, Unreachable when it may come later."""
    for _ in range(_REDIRECTS + 1):
        if not trusted(url, app):
            raise Rejected("download.host", "文件地址不属于钉钉")
        try:
            moved = await _one_hop(session, url, into, limit)
        except (ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"no file: {type(error).__name__}") from None
        if not moved:
            return
        url = moved
    raise Rejected("download.redirects", "文件地址转向太多")


async def _one_hop(session: ClientSession, url: str, into: Sink, limit: int) -> str:
    """The address that the file has moved to, or "" when it was here."""
    async with session.get(URL(url, encoded=True), timeout=_TIMEOUT, allow_redirects=False) as response:
        if response.status in {301, 302, 303, 307, 308}:
            return str(response.url.join(URL(response.headers.get("Location", ""))))
        if response.status >= 500:
            raise Unreachable(f"no file: HTTP {response.status}")
        if response.status != 200:
            raise Rejected(f"HTTP {response.status}", "文件已失效")
        pieces = response.content.iter_chunked(PIECE)
        await pour(pieces, into, limit, announced=response.content_length)
    return ""
