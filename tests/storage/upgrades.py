"""Programs of tomorrow, as far as the schema knows them: today's migrations and one more."""

from __future__ import annotations

import shutil
from pathlib import Path

from alembic.script import ScriptDirectory

from storage import migrating

AFTER = "9999"

MIGRATION = '''"""What tomorrow needs."""

import time
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "{after}"
down_revision = "{head}"
branch_labels = None
depends_on = None
{says}

def upgrade() -> None:
    {steps}
'''

WIDEN = """op.add_column("tickets", sa.Column("tomorrow", sa.Text()))
    op.create_table("tomorrow", sa.Column("id", sa.Integer(), primary_key=True))"""
NARROW = """with op.batch_alter_table("tickets") as batch:
        batch.drop_column("place")"""


def tomorrow(folder: Path, steps: str, *, widens: bool = True) -> Path:
    """A copy of the migrations with another one behind the newest."""
    shutil.copytree(migrating.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (head,) = ScriptDirectory(str(migrating.MIGRATIONS)).get_heads()
    says = "" if widens else "works_with_older = False\n"
    text = MIGRATION.format(after=AFTER, head=head, says=says, steps=steps)
    (folder / "versions" / f"m{AFTER}_tomorrow.py").write_text(text, encoding="utf-8")
    return folder
