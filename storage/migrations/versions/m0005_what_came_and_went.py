"""What came and went in a few days, desk by desk."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_tickets_opened", "tickets", ["desk", "opened_at"])
    op.create_index("ix_tickets_resolved", "tickets", ["desk", "resolved_at"])


def downgrade() -> None:
    op.drop_index("ix_tickets_resolved", table_name="tickets")
    op.drop_index("ix_tickets_opened", table_name="tickets")
