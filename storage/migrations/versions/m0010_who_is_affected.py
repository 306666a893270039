"""Who has the same trouble, beside who follows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, default in (("follows", sa.true()), ("affected", sa.false())):
        column: sa.Column[bool] = sa.Column(name, sa.Boolean(), nullable=False, server_default=default)
        op.add_column("ticket_followers", column)
    op.create_index("ix_tickets_origin", "tickets", ["origin_platform", "origin_key", "opened_at"])


def downgrade() -> None:
    op.drop_index("ix_tickets_origin", table_name="tickets")
    op.drop_column("ticket_followers", "affected")
    op.drop_column("ticket_followers", "follows")
