"""Days on which a company works or is free as it decides itself, each for one calendar."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Boolean, Column, Date, Table, delete, select

from domain.sla.days import CompanyDay
from storage.database import Database
from storage.schema import Words, insert_into, metadata

company_days = Table(
    "company_days",
    metadata,
    Column("calendar", Words, primary_key=True),
    Column("date", Date, primary_key=True),
    Column("work", Boolean, nullable=False),
    Column("reason", Words, nullable=False),
)


class CompanyDayBook:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self) -> tuple[CompanyDay, ...]:
        """In the order of their dates within each calendar."""
        wanted = select(company_days).order_by(company_days.c.calendar, company_days.c.date)
        async with self._db.read() as connection:
            rows = await connection.execute(wanted)
            return tuple(CompanyDay(row.calendar, row.date, row.work, row.reason) for row in rows)

    async def put(self, days: Iterable[CompanyDay], *, instead_of: Iterable[str] = ()) -> None:
        """Adds and updates; the calendars of ``instead_of`` forget what they had."""
        rows = [vars(day) for day in days]
        async with self._db.write() as connection:
            await connection.execute(
                delete(company_days).where(company_days.c.calendar.in_(list(instead_of)))
            )
            if rows:
                put = insert_into(connection, company_days)
                changed = {"work": put.excluded.work, "reason": put.excluded.reason}
                await connection.execute(
                    put.on_conflict_do_update(index_elements=["calendar", "date"], set_=changed), rows
                )
