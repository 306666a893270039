"""What each ticket costs in calls, by the day, and which state a card shows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calls_by_day",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("api", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "day", "api", name=op.f("pk_calls_by_day")),
    )
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "calls_by_ticket",
        sa.Column("ticket", number, autoincrement=False, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("api", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ticket", "platform", "month", "api", name=op.f("pk_calls_by_ticket")),
    )
    # Which day it was, nobody wrote down: the first of its month counts the same for the bill.
    op.execute(
        "INSERT INTO calls_by_day (platform, day, api, count) "
        "SELECT platform, month || '-01', api, count FROM metered_calls"
    )
    op.drop_table("metered_calls")
    op.add_column("card_copies", sa.Column("shown", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("card_copies", "shown")
    op.create_table(
        "metered_calls",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("api", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "month", "api", name=op.f("pk_metered_calls")),
    )
    op.execute(
        "INSERT INTO metered_calls (platform, month, api, count) "
        "SELECT platform, substr(day, 1, 7), api, sum(count) FROM calls_by_day GROUP BY 1, 2, 3"
    )
    op.drop_table("calls_by_ticket")
    op.drop_table("calls_by_day")
