"""A pause has a beginning and a sum, so that it can have a limit; and more time can be asked for and granted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deadlines", sa.Column("extra", sa.BigInteger(), server_default="0", nullable=False))
    # Of a pause that goes on now nobody kept when it began: it has no limit, until `paidan apply` counts it anew.
    op.add_column("deadlines", sa.Column("paused_at", sa.DateTime(timezone=True)))
    op.add_column("deadlines", sa.Column("paused", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("deadlines", sa.Column("asked", sa.BigInteger()))
    op.add_column("deadlines", sa.Column("asked_by", sa.BigInteger()))
    op.add_column("deadlines", sa.Column("asked_at", sa.DateTime(timezone=True)))
    op.add_column("deadlines", sa.Column("asked_why", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    for name in ("asked_why", "asked_at", "asked_by", "asked", "paused", "paused_at", "extra"):
        op.drop_column("deadlines", name)
