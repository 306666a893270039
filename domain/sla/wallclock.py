"""From what a wall clock shows to moments. A span ends, and the next begins, when the clock first shows the time.

So hours that are skipped in spring are nobody's, the hour that is repeated in autumn belongs to whatever was going
on when it began, and of neighbouring spans no moment is lost or counted twice.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

SECOND = timedelta(seconds=1)
TWO_DAYS = timedelta(days=2)


class WallClock:
    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._midnights: dict[date, datetime] = {}

    def date_of(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()

    def moment(self, day: date, minute: int) -> datetime:
        """``minute`` counts from the midnight that begins ``day`` and may reach into the next one."""
        midnight = self.midnight(day)
        # Looking at the zone for each span costs five times as much, and nearly all days are even.
        if self.midnight(day + TWO_DAYS) - midnight == TWO_DAYS:
            return midnight + timedelta(minutes=minute)
        return first_shown(datetime.combine(day, time()) + timedelta(minutes=minute), self._zone)

    def midnight(self, day: date) -> datetime:
        found = self._midnights.get(day)
        if found is None:
            found = self._midnights[day] = first_shown(datetime.combine(day, time()), self._zone)
        return found


def first_shown(wall: datetime, zone: tzinfo) -> datetime:
    """The first moment at which clocks in ``zone`` show ``wall`` or later."""
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if _shown(moment, zone) == wall:
        return moment
    # Skipped in spring: somewhere between the two readings of ``wall`` the clock jumps over it.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while moment - before > SECOND:
        middle = before + (moment - before) // SECOND // 2 * SECOND
        before, moment = (before, middle) if _shown(middle, zone) >= wall else (middle, moment)
    return moment


def _shown(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
