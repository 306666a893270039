"""A deadline knows the policy under which it was promised: its calendar counted the time until something changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deadlines", sa.Column("policy", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("deadlines", "policy")
