"""Who gets which ticket in a leave to come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "leave_choices",
        sa.Column("leave", Id, autoincrement=False, nullable=False),
        sa.Column("ticket", Id, autoincrement=False, nullable=False),
        sa.Column("to", Id),
        sa.ForeignKeyConstraint(["leave"], ["leaves.id"], name=op.f("fk_leave_choices_leave_leaves")),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name=op.f("fk_leave_choices_ticket_tickets")),
        sa.ForeignKeyConstraint(["to"], ["people.id"], name=op.f("fk_leave_choices_to_people")),
        sa.PrimaryKeyConstraint("leave", "ticket", name=op.f("pk_leave_choices")),
    )
    op.create_index("ix_leave_choices_ticket", "leave_choices", ["ticket"])


def downgrade() -> None:
    op.drop_index("ix_leave_choices_ticket", "leave_choices")
    op.drop_table("leave_choices")
