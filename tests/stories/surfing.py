"""A browser without a screen: cookies, redirects one at a time, and the vendors' login pages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from tests.stories.stage import Platform, Player, Stage

CLIENTS = {
    "wecom": "Mozilla/5.0 wxwork/4.1.20 MicroMessenger/7.0.1",
    "dingtalk": "Mozilla/5.0 DingTalk/7.6.0",
}
WHO = {"wecom": "emu_user", "dingtalk": "as"}


@dataclass(frozen=True)
class Seen:
    """``to`` is where the answer leads, "" when it is a page."""

    status: int
    to: str
    text: str
    headers: dict[str, str]

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.text)
        assert found, self.text
        return found.group(1)


class Browser:
    def __init__(self, stage: Stage, session: aiohttp.ClientSession) -> None:
        self.stage = stage
        self.session = session
        self.origin = stage.app.settings.server.public_url

    async def opens(self, address: str, **headers: str) -> Seen:
        url = f"{self.origin}{address}" if address.startswith("/") else address
        async with self.session.get(url, allow_redirects=False, headers=headers) as response:
            return await _seen(response)

    async def follows(self, address: str, **headers: str) -> Seen:
        """Until there is a page."""
        seen = await self.opens(address, **headers)
        for _ in range(8):
            if not seen.to:
                return seen
            seen = await self.opens(seen.to, **headers)
        raise AssertionError(f"it leads from one to the next: {seen.to}")

    async def sends(self, path: str, form: dict[str, str], **headers: str) -> Seen:
        headers = {"Origin": self.origin} | headers
        url = f"{self.origin}{path}"
        async with self.session.post(url, data=form, allow_redirects=False, headers=headers) as response:
            return await _seen(response)

    async def vendor_page(self, platform: Platform, to: str = "/login", **headers: str) -> str:
        """Begins a login; the address of the vendor's page."""
        return (await self.opens(f"/login/{platform}?to={to}", **headers)).to

    async def way_back(self, platform: Platform, userid: str, to: str = "/login") -> str:
        """The address, with code and state, that the vendor sends the browser back to."""
        page = await self.vendor_page(platform, to)
        return (await self.opens(f"{page.partition('#')[0]}&{WHO[platform]}={userid}")).to

    async def logs_in(self, player: Player, to: str = "/login") -> Seen:
        return await self.opens(await self.way_back(player.on, player.id, to))

    def cookie(self, name: str) -> str:
        return next((c.value for c in self.session.cookie_jar if c.key == name), "")


@asynccontextmanager
async def surfing(stage: Stage) -> AsyncIterator[Browser]:
    # Cookies of an address without a name are "unsafe" to aiohttp.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Browser(stage, session)


async def _seen(response: aiohttp.ClientResponse) -> Seen:
    to = response.headers.get("Location", "")
    if to.startswith("/"):
        parts = urlsplit(str(response.url))
        to = f"{parts.scheme}://{parts.netloc}{to}"
    return Seen(response.status, to, await response.text(errors="replace"), dict(response.headers))
