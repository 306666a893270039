"""A rule may say what those who are asked must know."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dispatch_rounds", sa.Column("skill", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("dispatch_rounds", "skill")
