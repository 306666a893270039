"""Whom a level has called already, so that nobody is called in somebody's stead who was called anyway."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

Payload = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("gathered_calls", sa.Column("told", Payload, server_default="[]", nullable=False))


def downgrade() -> None:
    op.drop_column("gathered_calls", "told")
