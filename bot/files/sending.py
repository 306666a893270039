"""Takes a file to somebody who asked for it, on whatever platform they are; where it does not fit, its address."""

from __future__ import annotations

import asyncio

from adapters.chat import ChatPlatform, Misconfigured, NotReachable, Parcel, QuotaSpent, Rejected
from bot.effects import SendFile
from bot.files.seeing import seen_by
from bot.files.wording import called, standing_words
from bot.links import Links
from domain.base import Conversation
from domain.files.file import TicketFile
from storage.files import FileBook
from storage.people import Directory
from storage.queries.tickets import TicketQueries
from storage.queries.views import TicketView
from storage.vault import Vault

AT_ONCE = 3  # each is in memory while it goes up


class Sending:
    def __init__(
        self, files: FileBook, vault: Vault, queries: TicketQueries, directory: Directory, links: Links
    ) -> None:
        self._files = files
        self._vault = vault
        self._queries = queries
        self._directory = directory
        self._links = links
        self._room = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, effect: SendFile, place: Conversation, platform: ChatPlatform, key: str) -> None:
        """Asked again who may see it: between question and answer somebody may have left the desk."""
        file = await self._files.get(effect.file)
        actor = (await self._directory.get(effect.person)).actor
        view = await self._queries.visible(f"#{file.ticket}", actor)
        if view is None or file not in seen_by(view, actor):
            return
        if not file.can_be_shown:
            words = f"{view.number} 的{called(file.kind, file.nth, file.name)}：{standing_words(file)}。"
            await platform.say(place, words, key=key)
            return
        async with self._room:
            await self._send(view, file, place, platform, key)

    async def _send(
        self, view: TicketView, file: TicketFile, place: Conversation, platform: ChatPlatform, key: str
    ) -> None:
        try:
            parcel = Parcel(file.name, file.type, await self._vault.read(file.sha256))
            await platform.send_file(place, parcel, key=key)
        except (NotReachable, QuotaSpent, Misconfigured):
            raise
        except (
            FileNotFoundError
        ):  # the same bytes were found infected under another ticket, or the disk lost them
            words = f"{view.number} 的{called(file.kind, file.nth, file.name)} 已不在了，请联系管理员。"
            await platform.say(place, words, key=key)
        except Rejected:
            link = self._links.to_file(view.number, file.nth)
            where = f"请在这里下载（今明两天有效）：{link}" if link else "请在另一个平台查看"
            words = f"{view.number} 的{called(file.kind, file.nth, file.name)} 不能直接发到这里，{where}"
            await platform.say(place, words, key=key)
