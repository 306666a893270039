"""[[rosters]]. ``bot.rostering`` checks them and seeds an empty database."""

from __future__ import annotations

from datetime import date, time

from bot.settings.values import Clock, Section
from domain.duty.roster import Turn


class RosterSection(Section):
    """People take turns from ``start`` on. Several of one desk share the day; ``until`` is when each ends."""

    desk: str
    kind: Turn = Turn.DAILY
    people: tuple[str, ...] = ()
    start: date
    handover: Clock = time(9)
    until: Clock | None = None
    full: bool = True
