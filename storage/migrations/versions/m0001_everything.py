"""The tables that it all begins with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'dead')", name=op.f("ck_inbox_state")),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
    )
    op.create_index("ix_inbox_due", "inbox", ["state", "due_at"])
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "metered_calls",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("api", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "month", "api", name="pk_metered_calls"),
    )
    op.create_table(
        "once",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_once"),
    )
    op.create_index("ix_once_at", "once", ["at"])
    op.create_table(
        "outbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("merge_key", sa.Text()),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.Text()),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
        sa.Column("frozen", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "state IN ('waiting', 'claimed', 'done', 'dead', 'discarded')", name=op.f("ck_outbox_state")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_outbox_open",
        "outbox",
        ["lane", "id"],
        sqlite_where=sa.text("state IN ('waiting', 'claimed')"),
        postgresql_where=sa.text("state IN ('waiting', 'claimed')"),
    )
    op.create_index("ix_outbox_state", "outbox", ["state", "id"])
    op.create_index(
        "uq_outbox_lane",
        "outbox",
        ["lane"],
        unique=True,
        sqlite_where=sa.text("state = 'claimed'"),
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.create_index(
        "uq_outbox_merge_key",
        "outbox",
        ["merge_key"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting' AND claimed_by IS NULL"),
        postgresql_where=sa.text("state = 'waiting' AND claimed_by IS NULL"),
    )
    op.create_table(
        "people",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("is_named", sa.Boolean(), nullable=False),
        sa.Column(
            "skills",
            JSON,
            nullable=False,
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_people_name_key", "people", ["name_key"])
    op.create_table(
        "prompts",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("user_key", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform", "user_key", name="pk_prompts"),
    )
    op.create_table(
        "sessions",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform", "kind", "key", name="pk_sessions"),
    )
    op.create_table(
        "tokens",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refresh_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_tokens"),
    )
    op.create_table(
        "accounts",
        sa.Column("id", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("user_key", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_accounts_person_people"),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("platform", "user_key", name="uq_accounts_platform_user_key"),
    )
    op.create_index("ix_accounts_person", "accounts", ["person"])
    op.create_index("ix_accounts_user_key", "accounts", ["user_key"])
    op.create_table(
        "desks",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("lead", ID),
        sa.Column(
            "keywords",
            JSON,
            nullable=False,
        ),
        sa.Column("sla", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lead"], ["people.id"], name="fk_desks_lead_people"),
        sa.PrimaryKeyConstraint("key", name="pk_desks"),
    )
    op.create_index("ix_desks_lead", "desks", ["lead"])
    op.create_table(
        "person_roles",
        sa.Column("person", ID, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_person_roles_person_people"),
        sa.PrimaryKeyConstraint("person", "role", name="pk_person_roles"),
    )
    op.create_index("ix_person_roles_role", "person_roles", ["role"])
    op.create_table(
        "tickets",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.Text()),
        sa.Column("number_key", sa.Text()),
        sa.Column("serial", sa.BigInteger()),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("priority", sa.String(length=20), nullable=False),
        sa.Column("requester", ID, nullable=False),
        sa.Column("assignee", ID),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("origin_platform", sa.Text(), nullable=False),
        sa.Column("origin_kind", sa.Text(), nullable=False),
        sa.Column("origin_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True)),
        sa.Column("responded_at", sa.DateTime(timezone=True)),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("urged_at", sa.DateTime(timezone=True)),
        sa.Column("urges", sa.Integer(), nullable=False),
        sa.Column("declines", sa.Integer(), nullable=False),
        sa.Column("transfers", sa.Integer(), nullable=False),
        sa.Column("reopens", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("transfer_to", ID),
        sa.Column("transfer_by", sa.BigInteger()),
        sa.Column("transfer_reason", sa.Text()),
        sa.Column("transfer_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.CheckConstraint("priority IN ('P1', 'P2', 'P3', 'P4')", name=op.f("ck_tickets_priority")),
        sa.CheckConstraint(
            "state IN ('draft', 'open', 'in_progress', 'waiting', 'resolved', 'closed', 'cancelled')",
            name=op.f("ck_tickets_state"),
        ),
        sa.ForeignKeyConstraint(["assignee"], ["people.id"], name="fk_tickets_assignee_people"),
        sa.ForeignKeyConstraint(["requester"], ["people.id"], name="fk_tickets_requester_people"),
        sa.ForeignKeyConstraint(["transfer_to"], ["people.id"], name="fk_tickets_transfer_to_people"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint("number", name="uq_tickets_number"),
        sa.UniqueConstraint("number_key", name="uq_tickets_number_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tickets_assignee", "tickets", ["assignee", "state"])
    op.create_index("ix_tickets_desk", "tickets", ["desk", "state"])
    op.create_index("ix_tickets_requester", "tickets", ["requester", "id"])
    op.create_index("ix_tickets_serial", "tickets", ["serial"])
    op.create_index(
        "ix_tickets_transfer_to",
        "tickets",
        ["transfer_to"],
        sqlite_where=sa.text("transfer_to IS NOT NULL"),
        postgresql_where=sa.text("transfer_to IS NOT NULL"),
    )
    op.create_table(
        "card_copies",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("place_kind", sa.Text(), nullable=False),
        sa.Column("place_key", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("ticket", ID),
        sa.Column("face", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("drawn_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("state IN ('live', 'superseded')", name=op.f("ck_card_copies_state")),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name="fk_card_copies_ticket_tickets"),
        sa.PrimaryKeyConstraint("id", name="pk_card_copies"),
        sa.UniqueConstraint("platform", "handle", name="uq_card_copies_platform_handle"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_card_copies_ticket", "card_copies", ["ticket", "state"])
    op.create_table(
        "deadlines",
        sa.Column("ticket", ID, nullable=False),
        sa.Column("goal", sa.String(length=20), nullable=False),
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run", sa.String(length=20), nullable=False),
        sa.Column("allowed", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("running_since", sa.DateTime(timezone=True)),
        sa.Column("broken_at", sa.DateTime(timezone=True)),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("taken_by", ID),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.CheckConstraint("goal IN ('respond', 'resolve')", name=op.f("ck_deadlines_goal")),
        sa.CheckConstraint("run IN ('running', 'paused', 'met', 'cancelled')", name=op.f("ck_deadlines_run")),
        sa.ForeignKeyConstraint(["taken_by"], ["people.id"], name="fk_deadlines_taken_by_people"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name="fk_deadlines_ticket_tickets"),
        sa.PrimaryKeyConstraint("ticket", "goal", "cycle", name="pk_deadlines"),
    )
    op.create_table(
        "desk_channels",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["desk"], ["desks.key"], name="fk_desk_channels_desk_desks"),
        sa.PrimaryKeyConstraint("desk", "position", name="pk_desk_channels"),
    )
    op.create_table(
        "desk_members",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["desk"], ["desks.key"], name="fk_desk_members_desk_desks"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_desk_members_person_people"),
        sa.PrimaryKeyConstraint("desk", "person", name="pk_desk_members"),
    )
    op.create_index("ix_desk_members_person", "desk_members", ["person"])
    op.create_table(
        "events",
        sa.Column("ticket", ID, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.BigInteger(), nullable=False),
        sa.Column(
            "payload",
            JSON,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name="fk_events_ticket_tickets"),
        sa.PrimaryKeyConstraint("ticket", "seq", name="pk_events"),
    )
    op.create_table(
        "ticket_files",
        sa.Column("id", ID, nullable=False),
        sa.Column("ticket", ID, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name="fk_ticket_files_ticket_tickets"),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_files"),
    )
    op.create_index("ix_ticket_files_ticket", "ticket_files", ["ticket"])
    op.create_table(
        "ticket_followers",
        sa.Column("ticket", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_ticket_followers_person_people"),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name="fk_ticket_followers_ticket_tickets"),
        sa.PrimaryKeyConstraint("ticket", "person", name="pk_ticket_followers"),
    )
    op.create_index("ix_ticket_followers_person", "ticket_followers", ["person"])
    op.create_table(
        "timers",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("ticket", ID, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["tickets.id"], name="fk_timers_ticket_tickets"),
        sa.PrimaryKeyConstraint("key", name="pk_timers"),
    )
    op.create_index("ix_timers_due_at", "timers", ["due_at"])
    op.create_index("ix_timers_ticket", "timers", ["ticket"])
    op.create_table(
        "card_grants",
        sa.Column("id", ID, nullable=False),
        sa.Column("copy", ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["copy"], ["card_copies.id"], name="fk_card_grants_copy_card_copies"),
        sa.PrimaryKeyConstraint("id", name="pk_card_grants"),
        sa.UniqueConstraint("copy", "code", name="uq_card_grants_copy_code"),
    )
    op.create_index(
        "ix_card_grants_unused",
        "card_grants",
        ["copy"],
        sqlite_where=sa.text("used_at IS NULL"),
        postgresql_where=sa.text("used_at IS NULL"),
    )


def downgrade() -> None:
    """Back to nothing: only tests do this."""
    for table in (
        "card_grants",
        "timers",
        "ticket_followers",
        "ticket_files",
        "events",
        "desk_members",
        "desk_channels",
        "deadlines",
        "card_copies",
        "tickets",
        "person_roles",
        "desks",
        "accounts",
        "tokens",
        "sessions",
        "prompts",
        "people",
        "outbox",
        "once",
        "metered_calls",
        "leases",
        "inbox",
        "counters",
    ):
        op.drop_table(table)
