"""Calls that wait to be told together, and for what each promise's timer was set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Payload = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
Moment = sa.DateTime(timezone=True)
PLACE = ["platform", "place_kind", "place_key"]


def upgrade() -> None:
    op.create_table(
        "gathered_calls",
        sa.Column("id", Id, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in PLACE),
        sa.Column("ticket", Id, nullable=False),
        sa.Column("goal", sa.String(length=20), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("late", Moment),
        sa.Column("called", Payload, nullable=False),
        sa.Column("lost", Payload, nullable=False),
        sa.Column("added_at", Moment, nullable=False),
        sa.Column("posting", Id),
        sa.Column("told_at", Moment),
        sa.CheckConstraint("goal IN ('respond', 'resolve')", name=op.f("ck_gathered_calls_goal")),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name=op.f("fk_gathered_calls_ticket_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gathered_calls")),
    )
    waits = sa.text("told_at IS NULL")
    op.create_index(op.f("ix_gathered_calls_ticket"), "gathered_calls", ["ticket"])
    op.create_index(op.f("ix_gathered_calls_posting"), "gathered_calls", ["posting"])
    op.create_index("ix_gathered_calls_told", "gathered_calls", [*PLACE, "told_at"])
    op.create_index(
        "ix_gathered_calls_waits", "gathered_calls", ["id"], sqlite_where=waits, postgresql_where=waits
    )
    op.add_column("deadlines", sa.Column("rings_at", Moment))
    rings = sa.text("rings_at IS NOT NULL")
    op.create_index(
        "ix_deadlines_rings_at", "deadlines", ["rings_at"], sqlite_where=rings, postgresql_where=rings
    )
    op.execute(
        "UPDATE deadlines SET rings_at = (SELECT due_at FROM timers"
        " WHERE timers.key = 'alarm:' || deadlines.ticket || ':' || deadlines.goal) WHERE run = 'running'"
    )


def downgrade() -> None:
    op.drop_index("ix_deadlines_rings_at", "deadlines")
    op.drop_column("deadlines", "rings_at")
    op.drop_table("gathered_calls")
