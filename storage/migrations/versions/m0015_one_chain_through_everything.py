"""Everything that happened becomes one chain: tickets' events first, in their order, then those of duty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.chain import DUTY, TICKET, Head, link_to
from storage.schema import Payload, UTCDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BATCH = 1000


def _table(name: str, *key: str) -> sa.TableClause:
    return sa.table(
        name,
        *(sa.column(one, sa.BigInteger()) for one in key),
        sa.column("kind", sa.Text()),
        sa.column("at", UTCDateTime()),
        sa.column("actor", sa.BigInteger()),
        sa.column("payload", Payload),
        sa.column("link", sa.BigInteger()),
        sa.column("hash", sa.Text()),
    )


def upgrade() -> None:
    for table in ("events", "duty_events"):
        op.add_column(table, sa.Column("link", sa.BigInteger()))
        op.add_column(table, sa.Column("hash", sa.Text()))
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("link", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    _link_what_is_there(op.get_bind())
    for table in ("events", "duty_events"):
        op.create_index(f"ix_{table}_link", table, ["link"], unique=True)


def downgrade() -> None:
    op.drop_table("audit_head")
    for table in ("events", "duty_events"):
        op.drop_index(f"ix_{table}_link", table)
        op.drop_column(table, "hash")
        op.drop_column(table, "link")


def _link_what_is_there(connection: sa.Connection) -> None:
    head = Head()
    for source, name, key in ((TICKET, "events", ("ticket", "seq")), (DUTY, "duty_events", ("id",))):
        table = _table(name, *key)
        same = sa.and_(*(table.c[one] == sa.bindparam(f"_{one}") for one in key))
        linked = sa.update(table).where(same).values(link=sa.bindparam("_link"), hash=sa.bindparam("_hash"))
        for batch in _batches(connection, table, key):
            values = []
            for row in batch:
                head = link_to(head, source, row)
                values.append({f"_{n}": row[n] for n in key} | {"_link": head.link, "_hash": head.hash})
            connection.execute(linked, values)
    if head.link:
        kept = sa.table("audit_head", sa.column("id"), sa.column("link"), sa.column("hash"))
        connection.execute(sa.insert(kept).values(id=1, link=head.link, hash=head.hash))


def _batches(connection: sa.Connection, table: sa.TableClause, key: tuple[str, ...]) -> Iterator[Any]:
    columns = [table.c[name] for name in key]
    wanted = sa.select(table).order_by(*columns).limit(BATCH)
    batch = connection.execute(wanted).mappings().all()
    while batch:
        yield batch
        last = tuple(batch[-1][name] for name in key)
        batch = connection.execute(wanted.where(sa.tuple_(*columns) > last)).mappings().all()
