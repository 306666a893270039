"""One judge for every history: what the vendors' servers saw and what the books say, against the invariants.

Each invariant is one function, which yields what is wrong, in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from storage.cards import copies as copies_table
from storage.database import Database
from tests.faults.books import export
from tests.histories import truth
from tests.histories.playing import Play
from tests.histories.timeline import Timeline
from tests.histories.truth import Kept, Seen


async def cards_of(play: Play) -> Seen:
    lines = await export(play.stage.app)
    timelines = {line["draft"]: Timeline.of(line) for line in lines}
    timelines |= {line["number"]: timelines[line["draft"]] for line in lines}
    kept = {
        (row.platform, row.handle): Kept(row.state == "live", row.face, row.ticket is not None)
        for row in await _rows(play.stage.app.database, copies_table)
    }
    known = tuple(copy for copy in play.phones.copies.values() if copy.look.number in timelines)
    presses = tuple(press for press in play.record.presses if press.copy.look.number in timelines)
    return Seen(known, kept, presses, timelines)


async def lies(play: Play) -> list[str]:
    """Everything that cards said and that was not so."""
    seen = await cards_of(play)
    return [f"{rule.__name__}: {wrong}" for rule in truth.RULES for wrong in rule(seen)]


async def _rows(database: Database, table: Any) -> Sequence[Row[Any]]:
    async with database.read() as connection:
        return (await connection.execute(select(table))).all()
