"""Files are fetched: what they turned out to be, where they lie, and what went wrong.

What was noted before was never fetched, and by now its codes have run out.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLE = "ticket_files"


def upgrade() -> None:
    for column in (
        sa.Column("nth", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("internal", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("stage", sa.String(20), nullable=False, server_default="lost"),
        sa.Column("sha256", sa.Text(), nullable=False, server_default=""),
        sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("type", sa.Text(), nullable=False, server_default=""),
        sa.Column("is_picture", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("check", sa.String(20), nullable=False, server_default="none"),
        sa.Column("trouble", sa.String(20), server_default="gone"),
    ):
        op.add_column(TABLE, column)
    op.execute(
        "UPDATE ticket_files SET nth = (SELECT count(*) FROM ticket_files AS other"
        " WHERE other.ticket = ticket_files.ticket AND other.id <= ticket_files.id)"
    )
    with op.batch_alter_table(TABLE, table_kwargs={"sqlite_autoincrement": True}, recreate="auto") as table:
        for name in ("nth", "stage", "trouble"):
            table.alter_column(name, server_default=None)
        table.create_unique_constraint(op.f("uq_ticket_files_ticket_nth"), ["ticket", "nth"])
    op.drop_index("ix_ticket_files_ticket", table_name=TABLE)
    op.create_index("ix_ticket_files_sha256", TABLE, ["sha256"])
    pending = sa.text("\"check\" = 'pending'")
    op.create_index("ix_ticket_files_pending", TABLE, ["id"], sqlite_where=pending, postgresql_where=pending)


def downgrade() -> None:
    op.drop_index("ix_ticket_files_pending", table_name=TABLE)
    op.drop_index("ix_ticket_files_sha256", table_name=TABLE)
    op.create_index("ix_ticket_files_ticket", TABLE, ["ticket"])
    with op.batch_alter_table(TABLE, recreate="auto") as table:
        table.drop_constraint("uq_ticket_files_ticket_nth", type_="unique")
        for name in ("nth", "internal", "stage", "sha256", "size", "type", "is_picture", "check", "trouble"):
            table.drop_column(name)
