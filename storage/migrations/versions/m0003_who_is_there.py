"""Who is there: leaves, rosters, swaps, and what happened to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Payload = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
IS_DUE = sa.text("due_at IS NOT NULL")
IS_TAKEN = sa.text("taken_by IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "duty_events",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.BigInteger(), nullable=False),
        sa.Column("payload", Payload, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_events")),
    )
    op.create_table(
        "leaves",
        sa.Column("id", Id, nullable=False),
        sa.Column("person", Id, nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deputy", Id, nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "phase IN ('draft', 'asked', 'agreed', 'on', 'back', 'over', 'cancelled')",
            name=op.f("ck_leaves_phase"),
        ),
        sa.ForeignKeyConstraint(["deputy"], ["people.id"], name=op.f("fk_leaves_deputy_people")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_leaves_person_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaves")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_leaves_deputy", "leaves", ["deputy", "phase"], unique=False)
    op.create_index(
        "ix_leaves_due_at", "leaves", ["due_at"], unique=False, sqlite_where=IS_DUE, postgresql_where=IS_DUE
    )
    op.create_index("ix_leaves_person", "leaves", ["person", "phase"], unique=False)
    op.create_index("ix_leaves_phase", "leaves", ["phase"], unique=False)

    op.create_table(
        "leave_tickets",
        sa.Column("leave", Id, nullable=False),
        sa.Column("ticket", Id, nullable=False),
        sa.Column("to", Id, nullable=True),
        sa.ForeignKeyConstraint(["leave"], ["leaves.id"], name=op.f("fk_leave_tickets_leave_leaves")),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name=op.f("fk_leave_tickets_ticket_tickets")),
        sa.ForeignKeyConstraint(["to"], ["people.id"], name=op.f("fk_leave_tickets_to_people")),
        sa.PrimaryKeyConstraint("leave", "ticket", name=op.f("pk_leave_tickets")),
    )
    op.create_index("ix_leave_tickets_ticket", "leave_tickets", ["ticket"], unique=False)
    op.create_table(
        "rosters",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("rotations", Payload, nullable=False),
        sa.Column("full", sa.Boolean(), nullable=False),
        sa.Column("listed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gap_told", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["desk"], ["desks.key"], name=op.f("fk_rosters_desk_desks")),
        sa.PrimaryKeyConstraint("desk", name=op.f("pk_rosters")),
    )
    op.create_index("ix_rosters_due_at", "rosters", ["due_at"], unique=False)

    op.create_table(
        "told_unowned",
        sa.Column("ticket", Id, nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name=op.f("fk_told_unowned_ticket_tickets")),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_told_unowned")),
    )
    op.create_table(
        "roster_exceptions",
        sa.Column("id", Id, nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("person", Id, nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["desk"], ["rosters.desk"], name=op.f("fk_roster_exceptions_desk_rosters")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_roster_exceptions_person_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_exceptions")),
    )
    op.create_index("ix_roster_exceptions_desk", "roster_exceptions", ["desk", "ends_at"], unique=False)

    op.create_table(
        "swaps",
        sa.Column("id", Id, nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("giver", Id, nullable=False),
        sa.Column("taker", Id, nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('asked', 'accepted', 'declined', 'withdrawn', 'lapsed')", name=op.f("ck_swaps_state")
        ),
        sa.ForeignKeyConstraint(["desk"], ["rosters.desk"], name=op.f("fk_swaps_desk_rosters")),
        sa.ForeignKeyConstraint(["giver"], ["people.id"], name=op.f("fk_swaps_giver_people")),
        sa.ForeignKeyConstraint(["taker"], ["people.id"], name=op.f("fk_swaps_taker_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_swaps")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_swaps_due_at", "swaps", ["due_at"], unique=False, sqlite_where=IS_DUE, postgresql_where=IS_DUE
    )
    op.create_index("ix_swaps_giver", "swaps", ["giver", "state"], unique=False)
    op.create_index("ix_swaps_taker", "swaps", ["taker", "state"], unique=False)

    op.create_index(
        "ix_deadlines_taken_by",
        "deadlines",
        ["taken_by"],
        unique=False,
        sqlite_where=IS_TAKEN,
        postgresql_where=IS_TAKEN,
    )


def downgrade() -> None:
    op.drop_index("ix_deadlines_taken_by", "deadlines")

    op.drop_index("ix_swaps_taker", "swaps")
    op.drop_index("ix_swaps_giver", "swaps")
    op.drop_index("ix_swaps_due_at", "swaps")

    op.drop_table("swaps")
    op.drop_index("ix_roster_exceptions_desk", "roster_exceptions")

    op.drop_table("roster_exceptions")
    op.drop_table("told_unowned")
    op.drop_index("ix_rosters_due_at", "rosters")

    op.drop_table("rosters")
    op.drop_index("ix_leave_tickets_ticket", "leave_tickets")
    op.drop_table("leave_tickets")
    op.drop_index("ix_leaves_phase", "leaves")
    op.drop_index("ix_leaves_person", "leaves")
    op.drop_index("ix_leaves_due_at", "leaves")
    op.drop_index("ix_leaves_deputy", "leaves")

    op.drop_table("leaves")
    op.drop_table("duty_events")
