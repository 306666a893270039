"""Several pictures in a row are one piece of news: told when the row is over, by how many they were."""

from __future__ import annotations

from collections.abc import Callable

from bot.bus import Bus
from bot.effects import Say, TellFiles
from domain.base import CLOCK, PersonId
from storage.people import Directory
from storage.queries.tickets import TicketQueries
from storage.queries.views import TicketView


class Telling:
    def __init__(self, queries: TicketQueries, directory: Directory, *, bus: Callable[[], Bus]) -> None:
        self._queries = queries
        self._directory = directory
        self._bus = bus

    async def __call__(self, effect: TellFiles, key: str) -> None:
        """``key`` is the effect's own: a repeat tells nobody twice."""
        view = await self._queries.view(effect.ticket)
        count = sum(
            file.by == effect.by
            and file.nth >= effect.first
            and file.internal is effect.internal
            and file.counts
            for file in view.files
        )
        if not count:
            return
        who = (await self._directory.get(effect.by)).name
        kind = "内部附件" if effect.internal else "附件"
        text = f"{who} 给 {view.number} 补充了 {count} 个{kind}，回复「附件 {view.number}」查看。"
        hearers = [person for person in _hearers(view, effect) if person != effect.by]
        says = [Say(place=person, text=text, ticket=effect.ticket) for person in hearers]
        await self._bus().tell(says, by=CLOCK, once=key)


def _hearers(view: TicketView, effect: TellFiles) -> list[PersonId]:
    """Exactly those who hear of a comment, or of a note."""
    assignee = [view.assignee.id] if view.assignee else []
    if effect.internal:
        return assignee
    return list(dict.fromkeys([view.requester.id, *assignee, *(follower.id for follower in view.followers)]))
