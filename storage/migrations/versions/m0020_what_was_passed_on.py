"""Which ticket began with messages that somebody passed on, so that nobody begins a second one with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passed_on",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name=op.f("fk_passed_on_ticket_tickets")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_passed_on")),
    )


def downgrade() -> None:
    op.drop_table("passed_on")
