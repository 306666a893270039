"""Which programs may work with the schema as it is: the oldest one, by the revision that it was written for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# Programs from before this did not look.
works_with_older = False


def upgrade() -> None:
    op.create_table(
        "fitting",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("oldest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fitting")),
    )


def downgrade() -> None:
    op.drop_table("fitting")
