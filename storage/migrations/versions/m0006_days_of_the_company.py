"""Days on which a company works, or is free, as it decides itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "company_days",
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("work", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("calendar", "date", name=op.f("pk_company_days")),
    )


def downgrade() -> None:
    op.drop_table("company_days")
