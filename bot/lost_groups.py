"""A group is dissolved, or the bot is out of it: its desks' leads hear it once, and nothing is tried there meanwhile.

What is meant for it goes to people instead, as for any place that can't be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from adapters.chat import Finding, GroupGone, GroupRenamed, NotReachable, PlaceGone
from bot.bus import Bus
from bot.effects import Say
from domain.base import CLOCK, Conversation, PersonId, Role
from domain.people.people import Desk
from storage.lost_groups import LostGroups
from storage.people import Directory

log = structlog.get_logger()

_WHY = {
    GroupGone.DISSOLVED: "群已解散",
    GroupGone.REMOVED: "机器人已被移出群，或群不在了",
}


class GroupWatch:
    def __init__(
        self, book: LostGroups, directory: Directory, bus: Callable[[], Bus], *, now: Callable[[], datetime]
    ) -> None:
        self._book = book
        self._directory = directory
        self._bus = bus
        self._now = now

    async def gone(self, told: GroupGone) -> None:
        if not await self._book.lose(told.place, told.why, self._now()):
            return
        log.warning("group lost", platform=told.place.platform, group=told.place.key, why=told.why)
        for desk in await self._desks_of(told.place):
            text = (
                f"「{desk.name}」的群 {told.place.platform}:{told.place.key}：{_WHY[told.why]}。发往它的提醒改为私聊。"
                "把机器人加回去、在群里 @它说一句就恢复；换群请改 [[desks]] channels 后运行 paidan apply。"
            )
            await self._tell(desk, text, f"{told.id}:{desk.key}")

    async def renamed(self, told: GroupRenamed) -> None:
        for desk in await self._desks_of(told.place):
            text = f"「{desk.name}」的群改名为「{told.title}」，提醒照常发到那里。"
            await self._tell(desk, text, f"{told.id}:{desk.key}")

    async def heard(self, place: Conversation) -> None:
        if place.kind == "group":
            await self._book.find_again(place)

    async def require(self, place: Conversation) -> None:
        """Raises NotReachable for a group that is lost."""
        if place.kind == "group" and (why := await self._book.why_lost(place)):
            raise NotReachable(f"group.{why}", _WHY[why], (place.key,))

    async def refused(self, place: Conversation, error: NotReachable) -> None:
        """Not every group that can't be reached is lost: some were only never spoken in."""
        if place.kind == "group" and isinstance(error, PlaceGone):
            at = int(self._now().timestamp())
            await self.gone(GroupGone(f"{place.platform}:gone:{place.key}:{at}", place, GroupGone.REMOVED))

    async def _desks_of(self, place: Conversation) -> Sequence[Desk]:
        return [desk for desk in await self._directory.desks() if place in desk.channels]

    async def _tell(self, desk: Desk, text: str, once: str) -> None:
        hearers: list[PersonId] = [desk.lead] if desk.lead is not None else []
        hearers = hearers or [admin.id for admin in await self._directory.with_role(Role.ADMIN)]
        await self._bus().tell([Say(place=person, text=text) for person in hearers], by=CLOCK, once=once)


async def lost_findings(book: LostGroups) -> list[Finding]:
    return [
        Finding(
            ok=False,
            what=f"群 {place.platform}:{place.key}：{_WHY[why]}，提醒改为私聊",
            fix="把机器人加回群里并 @它说一句，或在 [[desks]] channels 换一个群后运行 paidan apply。",
            id=f"group.{place.platform}",
        )
        for place, why in (await book.all()).items()
    ]
