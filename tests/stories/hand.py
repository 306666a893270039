"""A person before the playground's page: becomes somebody, opens a chat, says, presses, sees.

With ``PAIDAN_PICTURES=docs`` the pictures of README are made anew.
"""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Locator, Page, expect

WECOM, DINGTALK = '[data-phone="wecom"]', '[data-phone="dingtalk"]'
PICTURES = Path(os.environ.get("PAIDAN_PICTURES", "")) if os.environ.get("PAIDAN_PICTURES") else None


class Hand:
    """A person before the screen."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self._folder = folder

    def phone(self, which: str) -> Locator:
        return self.page.locator(which)

    async def quiet(self) -> None:
        await expect(self.page.locator("body")).to_have_attribute("data-idle", "true", timeout=15_000)

    async def becomes(self, platform: str, person: str) -> None:
        button = self.page.locator(f'[data-people="{platform}"] [data-person="{person}"]')
        await button.click()
        await self.quiet()

    async def opens(self, which: str, chat: str) -> None:
        open_chat = self.phone(which).locator(f'[data-open-chat="{chat}"]')
        if await open_chat.count() == 0:
            back = self.phone(which).locator('[data-action="back"]')
            if await back.is_visible():
                await back.click()
            await self.phone(which).locator(f'[data-chat="{chat}"]').click()
        await self.quiet()

    async def says(self, which: str, text: str) -> None:
        phone = self.phone(which)
        await phone.locator('[data-testid="composer-text"]').fill(text)
        await phone.locator('[data-action="send"]').click()
        await self.quiet()

    async def attaches(self, which: str, kind: str) -> None:
        await self.phone(which).locator('[data-action="attach"]').click()
        await self.page.locator(f'[data-attach="{kind}"]').click()
        await self.quiet()

    async def presses(self, which: str, label: str) -> None:
        await self.phone(which).locator("button[data-key]", has_text=label).last.click()
        await self.quiet()

    async def sees(self, which: str, text: str) -> None:
        shown = self.phone(which).locator("[data-bubble]", has_text=text).last
        await expect(shown).to_be_visible(timeout=10_000)

    async def waits(self, action: str) -> None:
        await self.page.locator(f'[data-action="{action}"]').first.click()
        await self.quiet()

    async def picture(self, name: str, *, part: Locator | None = None) -> None:
        folder = PICTURES or self._folder
        folder.mkdir(parents=True, exist_ok=True)
        target = part or self.page
        await target.screenshot(path=folder / f"{name}.png")
