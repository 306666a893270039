"""Who is asked to take which ticket, whose turn it is, and what desks say about both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Payload = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
STRATEGIES = "strategy IN ('manual', 'round_robin', 'least_loaded', 'skill', 'on_duty')"


def upgrade() -> None:
    op.create_table(
        "dispatch_turns",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("person", Id, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_dispatch_turns_person_people")),
        sa.PrimaryKeyConstraint("desk", name=op.f("pk_dispatch_turns")),
    )
    op.create_table(
        "dispatch_rounds",
        sa.Column("ticket", Id, autoincrement=False, nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("strategy", sa.String(length=20), nullable=False),
        sa.Column("offer_for", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("asked", Payload, nullable=False),
        sa.Column("exhausted", sa.Boolean(), nullable=False),
        sa.Column("offered_to", Id),
        sa.Column("offered_at", sa.DateTime(timezone=True)),
        sa.Column("offered_until", sa.DateTime(timezone=True)),
        sa.CheckConstraint(STRATEGIES, name=op.f("ck_dispatch_rounds_strategy")),
        sa.ForeignKeyConstraint(
            ["offered_to"], ["people.id"], name=op.f("fk_dispatch_rounds_offered_to_people")
        ),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name=op.f("fk_dispatch_rounds_ticket_tickets")),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_dispatch_rounds")),
    )
    op.create_index(op.f("ix_dispatch_rounds_offered_to"), "dispatch_rounds", ["offered_to"])
    op.add_column(
        "desks", sa.Column("dispatch", sa.String(length=20), server_default="manual", nullable=False)
    )
    op.add_column(
        "desks", sa.Column("offer_for", sa.BigInteger(), server_default=sa.text("300000000"), nullable=False)
    )
    op.add_column("desks", sa.Column("categories", Payload, server_default="[]", nullable=False))
    op.add_column("tickets", sa.Column("category", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("tickets", "category")
    for column in ("categories", "offer_for", "dispatch"):
        op.drop_column("desks", column)
    op.drop_table("dispatch_rounds")
    op.drop_table("dispatch_turns")
