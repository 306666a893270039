"""What is known of a ticket's files. Their bytes lie in ``storage.vault``, never in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.base import TicketId
from domain.files.errors import FileNotThere
from domain.files.file import Check, Stage, TicketFile
from domain.tickets.states import OVER
from storage.database import Database
from storage.ticket_tables import files, tickets

_FACTS = [fact.name for fact in fields(TicketFile)]


class SqlFiles:
    """Within a unit; the ticket's own version keeps two who add at once apart."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, ticket: TicketId) -> Sequence[TicketFile]:
        wanted = select(files).where(files.c.ticket == ticket).order_by(files.c.nth)
        return [_file(row) for row in await self._connection.execute(wanted)]

    async def get(self, file: int) -> TicketFile:
        row = (await self._connection.execute(select(files).where(files.c.id == file))).one_or_none()
        if row is None:
            raise FileNotThere(file)
        return _file(row)

    async def add(self, new: Sequence[TicketFile]) -> None:
        if new:
            await self._connection.execute(insert(files), [_values(file) for file in new])

    async def change(self, file: TicketFile) -> None:
        await self._connection.execute(update(files).where(files.c.id == file.id).values(**_values(file)))


class FileBook:
    """For whoever fetches, scans and removes bytes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, file: int) -> TicketFile:
        """Raises FileNotThere."""
        async with self._db.read() as connection:
            return await SqlFiles(connection).get(file)

    async def unchecked(self, limit: int) -> Sequence[TicketFile]:
        """Kept while the scanner was away, oldest first."""
        return await self._list(and_(files.c.check == Check.PENDING, files.c.stage == Stage.KEPT), limit)

    async def outlived(
        self, drafts_before: datetime, before: datetime | None, limit: int
    ) -> Sequence[TicketFile]:
        """Whose ticket has been over for long enough: drafts that were dropped, and tickets if they expire."""
        dropped = and_(tickets.c.number.is_(None), tickets.c.closed_at < drafts_before)
        old = tickets.c.closed_at < before if before is not None else None
        over = dropped if old is None else or_(dropped, old)
        is_over = exists().where(tickets.c.id == files.c.ticket, tickets.c.state.in_(OVER), over)
        return await self._list(and_(files.c.stage == Stage.KEPT, is_over), limit)

    async def remove(self, file: TicketFile) -> bool:
        """Marks it. Answers whether nobody else has the same bytes."""
        async with self._db.write() as connection:
            gone = update(files).where(files.c.id == file.id)
            await connection.execute(gone.values(stage=Stage.REMOVED))
            return not await _is_used(connection, file.sha256)

    async def is_used(self, sha256: str) -> bool:
        async with self._db.read() as connection:
            return await _is_used(connection, sha256)

    async def _list(self, wanted: ColumnElement[bool], limit: int) -> Sequence[TicketFile]:
        listed = select(files).where(wanted).order_by(files.c.id).limit(limit)
        async with self._db.read() as connection:
            return [_file(row) for row in await connection.execute(listed)]


async def _is_used(connection: AsyncConnection, sha256: str) -> bool:
    same = select(files.c.id).where(files.c.sha256 == sha256, files.c.stage == Stage.KEPT).limit(1)
    return (await connection.execute(same)).scalar() is not None


def _values(file: TicketFile) -> dict[str, Any]:
    return {name: getattr(file, name) for name in _FACTS if name != "id"}


def _file(row: Row[Any]) -> TicketFile:
    return TicketFile(**{name: getattr(row, name) for name in _FACTS})
