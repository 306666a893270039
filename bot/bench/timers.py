"""A million timers wait and nothing is due: what a tick of the sweep and a look of the auditor cost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from time import perf_counter

from bot.auditor import Auditor
from bot.bench.report import Chapter, Figure
from bot.bus import Bus
from bot.clockwork import TimerSweep
from storage import filling
from storage.database import Database
from storage.gathering import Postings
from storage.overdue import OverdueBook
from storage.people import Directory
from storage.timers import Timers

ROUNDS, SAMPLES = 7, 30
LIMIT = 50.0  # milliseconds
ROUND_TRIP, TICK, EMPTY, LOOK = (
    "one empty round trip",
    "tick, nothing due",
    "tick, no timers at all",
    "auditor's look",
)

Work = Callable[[], Awaitable[object]]


async def bench_timers(url: str, count: int, now: datetime) -> Chapter:
    """``url`` is an empty database. Raises NotEmpty."""
    database = Database(url)
    try:
        await database.migrate()
        await filling.require_empty(database)
        works = _works(database, now)
        before = await _measure({EMPTY: works[TICK]})
        began = perf_counter()
        await filling.fill_timers(database, count, now + timedelta(days=1))
        filled = perf_counter() - began
        measured = await _measure(works)
        figures = [
            Figure(ROUND_TRIP, measured[ROUND_TRIP]),
            Figure(EMPTY, before[EMPTY]),
            Figure(TICK, measured[TICK], LIMIT),
            Figure(LOOK, measured[LOOK], LIMIT),
        ]
        note = (
            f"Filled in {filled:.0f} s; {ROUNDS} rounds of {SAMPLES}, interleaved (all but the second line)."
        )
        kind = await filling.version_of(database)
        return Chapter(f"{count:,} pending timers", kind, figures, note)
    finally:
        await database.close()


def _works(database: Database, now: datetime) -> Mapping[str, Work]:
    def clock() -> datetime:
        return now

    bus = Bus(database, {}, now=clock, can_press=lambda _: False, wake=lambda: None)
    sweep = TimerSweep(Timers(database), bus, Postings(database), now=clock)
    auditor = Auditor(OverdueBook(database), bus, Directory(database), now=clock)
    return {ROUND_TRIP: lambda: filling.round_trip(database), TICK: sweep, LOOK: auditor}


async def _measure(works: Mapping[str, Work]) -> dict[str, list[float]]:
    """In turn, so that what else the machine does is shared among them."""
    samples: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        await work()
    for _ in range(ROUNDS):
        for name, work in works.items():
            for _ in range(SAMPLES):
                began = perf_counter()
                await work()
                samples[name].append((perf_counter() - began) * 1000)
    return samples
