"""Find what was passed on by its ticket: without it, each new ticket looks through all of it."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_passed_on_ticket"), "passed_on", ["ticket"])


def downgrade() -> None:
    op.drop_index(op.f("ix_passed_on_ticket"), table_name="passed_on")
