"""Several applications of one company: through which of them somebody spoke last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account_doors",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("user_key", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "user_key", name=op.f("pk_account_doors")),
    )


def downgrade() -> None:
    op.drop_table("account_doors")
