"""War rooms: when a desk opens them, and where each ticket has its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PAYLOAD = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "war_rooms",
        sa.Column("ticket", ID, autoincrement=False, nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("asked_by", ID, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("people", PAYLOAD, nullable=False),
        sa.Column("inside", PAYLOAD, nullable=False),
        sa.Column("lacking", PAYLOAD, nullable=False),
        sa.CheckConstraint("stage IN ('wanted', 'open', 'closed', 'gone')", name=op.f("ck_war_rooms_stage")),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name=op.f("fk_war_rooms_ticket_tickets")),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_war_rooms")),
        sa.UniqueConstraint("platform", "key", name=op.f("uq_war_rooms_platform_key")),
    )
    op.add_column("desks", sa.Column("war_room", PAYLOAD, server_default="{}", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("desks") as table:
        table.drop_column("war_room")
    op.drop_table("war_rooms")
