"""Desks have an edition, by which a program knows that what it remembers of them still holds."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("INSERT INTO counters (name, value) SELECT 'desks', 1 WHERE EXISTS (SELECT 1 FROM desks)")


def downgrade() -> None:
    op.execute("DELETE FROM counters WHERE name = 'desks'")
