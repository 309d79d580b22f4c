"""The exchange: sites, people, courses, statements, learning records, deliveries, inquiries.

Revision: 0001, after

Rules for a safe migration:
- it runs on SQLite and on PostgreSQL, and a test proves it on both with data;
- it adds first and removes in a later release, so that the previous version can still run beside it;
- it imports nothing from lrx: the tables of its day are spelt out here;
- no learning record, statement, voiding or audit entry is changed or deleted.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# Rows that are facts. The database itself refuses to change or remove one.
FACTS = ("learning_record", "statement", "voiding", "inquiry", "audit_entry")


def _transaction() -> sa.TextClause:
    """The transaction that stores a row: numbered on PostgreSQL; SQLite has one writer and needs no number."""
    return sa.text("(pg_current_xact_id()::text::bigint)" if _on_postgresql() else "0")


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _make_immutable() -> None:
    if _on_postgresql():
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is never changed or deleted', TG_TABLE_NAME; END $$"
        )
    for table in FACTS:
        if _on_postgresql():
            op.execute(
                f"CREATE TRIGGER {table}_is_a_fact BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            op.execute(
                f"CREATE TRIGGER {table}_is_never_emptied BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
            continue
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is never changed or deleted'); END"
            )


def upgrade() -> None:
    op.create_table(
        "projection",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("foreign_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("floor_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("txid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rebuilds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_projection")),
    )
    op.create_table(
        "site",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("code", name=op.f("uq_site_code")),
    )
    op.create_table(
        "administrator",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(length=100), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("scopes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_administrator_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_administrator")),
        sa.UniqueConstraint("username", name=op.f("uq_administrator_username")),
    )
    with op.batch_alter_table("administrator", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_administrator_site_id"), ["site_id"], unique=False)

    op.create_table(
        "alert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_alert_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("site_id", "kind", "subject", name=op.f("uq_alert_site_id_kind_subject")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=100), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_audit_entry_site_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_site_id_seq"), ["site_id", "seq"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_entry_site_id_subject_kind_subject_id"),
            ["site_id", "subject_kind", "subject_id"],
            unique=False,
        )

    op.create_table(
        "course",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("iri", sa.String(length=500), nullable=True),
        sa.Column("shortname", sa.String(length=255), nullable=True),
        sa.Column("idnumber", sa.String(length=100), nullable=True),
        sa.Column("full_name", sa.String(length=1000), nullable=False),
        sa.Column("expiry", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("recertification_window", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("repeats", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_course_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sa.UniqueConstraint("site_id", "iri", name=op.f("uq_course_site_id_iri")),
        sa.UniqueConstraint("site_id", "shortname", name=op.f("uq_course_site_id_shortname")),
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("username", sa.String(length=100), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("account_names", sa.String(length=40), nullable=True),
        sa.Column("account_names_given", sa.Boolean(), nullable=False),
        sa.Column("home_page", sa.String(length=300), nullable=True),
        sa.Column("recipient", sa.String(length=40), nullable=True),
        sa.Column("scopes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_credential_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("username", name=op.f("uq_credential_username")),
    )
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credential_site_id"), ["site_id"], unique=False)

    op.create_table(
        "learner",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("home_page", sa.String(length=300), nullable=True),
        sa.Column("lms_user_id", sa.String(length=100), nullable=True),
        sa.Column("username", sa.String(length=100), nullable=True),
        sa.Column("idnumber", sa.String(length=255), nullable=True),
        sa.Column("full_name", sa.String(length=300), nullable=True),
        sa.Column("given_name", sa.String(length=200), nullable=True),
        sa.Column("family_name", sa.String(length=200), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_learner_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learner")),
        sa.UniqueConstraint(
            "site_id", "home_page", "lms_user_id", name=op.f("uq_learner_site_id_home_page_lms_user_id")
        ),
        sa.UniqueConstraint("site_id", "username", name=op.f("uq_learner_site_id_username")),
    )
    with op.batch_alter_table("learner", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_learner_site_id_family_name_given_name"),
            ["site_id", "family_name", "given_name"],
            unique=False,
        )

    op.create_table(
        "profile_field",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("shortname", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("is_unique", sa.Boolean(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("visible_to", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_profile_field_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_field")),
        sa.UniqueConstraint("site_id", "shortname", name=op.f("uq_profile_field_site_id_shortname")),
    )
    op.create_table(
        "site_recipient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.String(length=40), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("settings", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("credentials", sa.LargeBinary(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_recipient_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_recipient")),
        sa.UniqueConstraint("site_id", "recipient", name=op.f("uq_site_recipient_site_id_recipient")),
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("iri", sa.String(length=500), nullable=True),
        sa.Column("idnumber", sa.String(length=100), nullable=True),
        sa.Column("full_name", sa.String(length=1000), nullable=False),
        sa.Column("mandatory", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_activity_course_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_activity_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("site_id", "iri", name=op.f("uq_activity_site_id_iri")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activity_course_id"), ["course_id"], unique=False)

    op.create_table(
        "course_recipient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("settings", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("reporting_period", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_recipient_course_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_course_recipient_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_recipient")),
        sa.UniqueConstraint(
            "site_id", "course_id", "recipient", name=op.f("uq_course_recipient_site_id_course_id_recipient")
        ),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.String(length=40), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("operation", sa.String(length=40), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_by", sa.String(length=120), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_delivery_course_id")),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name=op.f("fk_delivery_learner_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_delivery_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "site_id",
            "recipient",
            "subject_kind",
            "subject_id",
            "revision",
            "operation",
            name=op.f("uq_delivery_site_id_recipient_subject_kind_subject_id_revision_operation"),
        ),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_delivery_recipient_status_due_at"), ["recipient", "status", "due_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_delivery_site_id_course_id_recipient_status"),
            ["site_id", "course_id", "recipient", "status"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_delivery_site_id_learner_id_recipient"), ["site_id", "learner_id", "recipient"], unique=False
        )

    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("fk_idempotency_key_credential_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_idempotency_key_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("credential_id", "key", name=op.f("uq_idempotency_key_credential_id_key")),
    )
    op.create_table(
        "identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("home_page", sa.String(length=300), nullable=False),
        sa.Column("value", sa.String(length=320), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name=op.f("fk_identity_learner_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_identity_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint(
            "site_id", "kind", "home_page", "value", name=op.f("uq_identity_site_id_kind_home_page_value")
        ),
    )
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_learner_id"), ["learner_id"], unique=False)

    op.create_table(
        "inquiry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.String(length=40), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.String(length=200), nullable=False),
        sa.Column("oci_id", sa.String(length=100), nullable=True),
        sa.Column("course", sa.String(length=1000), nullable=True),
        sa.Column("completed_from", sa.Date(), nullable=True),
        sa.Column("completed_to", sa.Date(), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("learner_id", sa.Uuid(), nullable=True),
        sa.Column("record_ids", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("duration_us", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("fk_inquiry_credential_id")),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name=op.f("fk_inquiry_learner_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_inquiry_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry")),
    )
    with op.batch_alter_table("inquiry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_inquiry_site_id_learner_id_asked_at"), ["site_id", "learner_id", "asked_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_inquiry_site_id_oci_id_asked_at"), ["site_id", "oci_id", "asked_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_inquiry_site_id_outcome_asked_at"), ["site_id", "outcome", "asked_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_inquiry_site_id_recipient_asked_at"), ["site_id", "recipient", "asked_at"], unique=False
        )

    op.create_table(
        "learner_change",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("old", sa.String(), nullable=True),
        sa.Column("new", sa.String(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("origin", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name=op.f("fk_learner_change_learner_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_learner_change_site_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_learner_change")),
    )
    with op.batch_alter_table("learner_change", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_learner_change_site_id_learner_id_seq"), ["site_id", "learner_id", "seq"], unique=False
        )

    op.create_table(
        "learner_oci_id",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("oci_id", sa.String(length=100), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("held_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name=op.f("fk_learner_oci_id_learner_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_learner_oci_id_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learner_oci_id")),
    )
    with op.batch_alter_table("learner_oci_id", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_learner_oci_id_learner_id"), ["learner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_learner_oci_id_site_id_number"), ["site_id", "number"], unique=False)
        batch_op.create_index(batch_op.f("ix_learner_oci_id_site_id_oci_id"), ["site_id", "oci_id"], unique=False)
        batch_op.create_index(
            "uq_learner_oci_id_held",
            ["site_id", "learner_id", "oci_id"],
            unique=True,
            sqlite_where=sa.text("held_until IS NULL"),
            postgresql_where=sa.text("held_until IS NULL"),
        )

    op.create_table(
        "set_aside_statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("faults", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replayed_as", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credential.id"], name=op.f("fk_set_aside_statement_credential_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_set_aside_statement_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_aside_statement")),
        sa.UniqueConstraint("site_id", "body_hash", name=op.f("uq_set_aside_statement_site_id_body_hash")),
    )
    op.create_table(
        "sign_in",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("administrator_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["administrator_id"], ["administrator.id"], name=op.f("fk_sign_in_administrator_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in")),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_administrator_id"), ["administrator_id"], unique=False)

    op.create_table(
        "statement",
        sa.Column(
            "txid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default=_transaction(), nullable=False
        ),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("stored", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("fk_statement_credential_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_statement_site_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_statement")),
        sa.UniqueConstraint("site_id", "statement_id", name=op.f("uq_statement_site_id_statement_id")),
    )
    with op.batch_alter_table("statement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statement_txid_seq"), ["txid", "seq"], unique=False)

    op.create_table(
        "learning_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grade", sa.Float(), nullable=True),
        sa.Column("claim_key", sa.String(length=300), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("statement_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("mandatory", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_learning_record_activity_id")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_learning_record_course_id")),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name=op.f("fk_learning_record_learner_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_learning_record_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_record")),
    )
    with op.batch_alter_table("learning_record", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_learning_record_site_id_external_id"), ["site_id", "external_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_learning_record_site_id_course_id_recorded_at_id"),
            ["site_id", "course_id", "recorded_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_learning_record_site_id_learner_id_course_id"),
            ["site_id", "learner_id", "course_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_learning_record_site_id_recorded_at_id"), ["site_id", "recorded_at", "id"], unique=False
        )

    op.create_table(
        "observation",
        sa.Column("statement_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_observation_activity_id")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_observation_course_id")),
        sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name=op.f("fk_observation_learner_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_observation_site_id")),
        sa.ForeignKeyConstraint(["statement_seq"], ["statement.seq"], name=op.f("fk_observation_statement_seq")),
        sa.PrimaryKeyConstraint("statement_seq", name=op.f("pk_observation")),
    )
    with op.batch_alter_table("observation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_observation_site_id_learner_id_course_id"),
            ["site_id", "learner_id", "course_id"],
            unique=False,
        )

    op.create_table(
        "parked_statement",
        sa.Column("statement_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_parked_statement_site_id")),
        sa.ForeignKeyConstraint(["statement_seq"], ["statement.seq"], name=op.f("fk_parked_statement_statement_seq")),
        sa.PrimaryKeyConstraint("statement_seq", name=op.f("pk_parked_statement")),
    )
    with op.batch_alter_table("parked_statement", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_parked_statement_site_id_reason_subject"), ["site_id", "reason", "subject"], unique=False
        )

    op.create_table(
        "recipient_interval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("course_recipient_id", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=120), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_recipient_id"], ["course_recipient.id"], name=op.f("fk_recipient_interval_course_recipient_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_recipient_interval_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipient_interval")),
    )
    with op.batch_alter_table("recipient_interval", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recipient_interval_site_id_course_recipient_id"),
            ["site_id", "course_recipient_id"],
            unique=False,
        )

    op.create_table(
        "amendment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grade", sa.Float(), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("statement_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("promoted_record_id", sa.Uuid(), nullable=True),
        sa.Column("promoted_because", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(
            ["promoted_record_id"], ["learning_record.id"], name=op.f("fk_amendment_promoted_record_id")
        ),
        sa.ForeignKeyConstraint(["record_id"], ["learning_record.id"], name=op.f("fk_amendment_record_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_amendment_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendment")),
    )
    with op.batch_alter_table("amendment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_amendment_site_id_external_id"), ["site_id", "external_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_amendment_site_id_record_id"), ["site_id", "record_id"], unique=False)

    op.create_table(
        "voiding",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["learning_record.id"], name=op.f("fk_voiding_record_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_voiding_site_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_voiding")),
    )
    with op.batch_alter_table("voiding", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_voiding_site_id_record_id_seq"), ["site_id", "record_id", "seq"], unique=False
        )

    _make_immutable()


def downgrade() -> None:
    raise RuntimeError("This is the first schema. To go back, restore a backup of the empty database.")
