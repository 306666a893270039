"""Who became whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.schema import Payload

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "joins",
        sa.Column("id", number, nullable=False),
        sa.Column("kept", number, nullable=False),
        sa.Column("gone", number, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("moved", Payload, nullable=False),
        sa.ForeignKeyConstraint(["kept"], ["people.id"], name=op.f("fk_joins_kept_people")),
        sa.ForeignKeyConstraint(["gone"], ["people.id"], name=op.f("fk_joins_gone_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joins")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_joins_kept"), "joins", ["kept"])
    op.create_index(op.f("ix_joins_gone"), "joins", ["gone"])


def downgrade() -> None:
    op.drop_table("joins")
