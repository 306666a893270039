"""Which programs fit to the schema: those that were written for it, and older ones that it still leaves room for.

A migration widens (a table, a column that may be empty) unless it says ``works_with_older = False``. While all that
came since a program's own schema only widens, that program may go on, or come back: replicas are exchanged one by one,
and an upgrade is taken back by starting the older program.
"""

from __future__ import annotations

from sqlalchemy import Column, Connection, Integer, Table, inspect, select

from storage.schema import Words, insert_into, metadata

fitting = Table(
    "fitting",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("oldest", Words, nullable=False),
)


def oldest(connection: Connection) -> str:
    """The revision of the oldest program that may work here, or "" where nobody has said so."""
    if not inspect(connection).has_table(fitting.name):
        return ""
    return connection.execute(select(fitting.c.oldest)).scalar() or ""


def note(connection: Connection, revision: str) -> None:
    values = {"oldest": revision}
    put = insert_into(connection, fitting).values(id=1, **values)
    connection.execute(put.on_conflict_do_update(index_elements=["id"], set_=values))
