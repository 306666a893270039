"""A right to repaint remembers what it was used for, so that a lost answer can be asked for again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("card_grants", sa.Column("digest", sa.Text()))


def downgrade() -> None:
    op.drop_column("card_grants", "digest")
