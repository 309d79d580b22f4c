"""A database with many records, made by SQL alone: learners with OCI IDs, a second after one another, and
ten records each, all shown before."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from lrx.embedded import STATISTICS
from lrx.schema import run_with_connection

__all__ = ["COURSES", "fill", "refresh_statistics"]

COURSES = 10
"""Records of each learner: one for each of the courses `BENCH-0` to `BENCH-9`."""

_DIALECTS: Mapping[str, Mapping[str, str]] = {
    "sqlite": {
        "id": "lower(hex(randomblob(16)))",
        "empty_list": "'[]'",
        "empty": "'{}'",
        "moment": "strftime('%Y-%m-%d %H:%M:%f000', '2026-09-01 10:00:00', '+' || i || ' seconds')",
    },
    "postgresql": {
        "id": "gen_random_uuid()",
        "empty_list": "'[]'::jsonb",
        "empty": "'{}'::jsonb",
        "moment": "timestamptz '2026-09-01 10:00:00+00' + i * interval '1 second'",
    },
}

_STATEMENTS = (
    """
    INSERT INTO learner (id, site_id, username, full_name, sort_name, suspended, created_at, updated_at)
    WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {last})
    SELECT {id}, site.id, 'bench' || i, 'Bench ' || i, 'bench ' || i, {false}, {moment}, {moment} FROM n, site
    """,
    """
    INSERT INTO learner_oci_id (id, site_id, learner_id, oci_id, number, is_primary, held_from)
    SELECT {id}, site_id, id, 'CA-ON-CPSO-' || substr(username, 6), substr(username, 6), {true}, created_at
    FROM learner WHERE username LIKE 'bench%'
    AND id NOT IN (SELECT learner_id FROM learner_oci_id)
    """,
    """
    INSERT INTO learning_record (id, site_id, learner_id, course_id, source, completed_at, recorded_at, stored_at,
        claim_key, mandatory)
    SELECT {id}, learner.site_id, learner.id, course.id, 'completion', learner.created_at, learner.created_at,
        learner.created_at, '2026', {empty_list}
    FROM learner JOIN course ON course.site_id = learner.site_id
    WHERE course.shortname LIKE 'BENCH-_' AND learner.username LIKE 'bench%'
    AND NOT EXISTS (SELECT 1 FROM learning_record r WHERE r.learner_id = learner.id)
    """,
    """
    INSERT INTO course_learner (site_id, course_id, learner_id, sort_name, has_course_record)
    SELECT course.site_id, course.id, learner.id, learner.sort_name, {true}
    FROM learner JOIN course ON course.site_id = learner.site_id
    WHERE course.shortname LIKE 'BENCH-_' AND learner.username LIKE 'bench%'
    AND NOT EXISTS (SELECT 1 FROM course_learner r WHERE r.site_id = learner.site_id AND r.learner_id = learner.id)
    """,
    """
    INSERT INTO delivery (id, site_id, recipient, subject_kind, subject_id, revision, operation, course_id, learner_id,
        status, attempts, delivered_at, created_at, changed_at)
    SELECT {id}, site_id, 'cmars', 'record', id, 1, 'add', course_id, learner_id, 'delivered', 0,
        recorded_at, recorded_at, recorded_at
    FROM learning_record WHERE claim_key = '2026' AND NOT EXISTS (
        SELECT 1 FROM delivery d WHERE d.site_id = learning_record.site_id AND d.recipient = 'cmars'
        AND d.subject_kind = 'record' AND d.subject_id = learning_record.id AND d.revision = 1 AND d.operation = 'add')
    """,
    """
    INSERT INTO audit_entry (site_id, written_at, actor, action, subject_kind, subject_id, request_id, detail)
    SELECT site_id, recorded_at, 'system:bench', 'record', 'learning_record', CAST(id AS VARCHAR(36)), '-', {empty}
    FROM learning_record WHERE claim_key = '2026' LIMIT {records}
    """,
)


def fill(url: str, first: int, last: int) -> None:
    """Add the learners `bench<first>` to `bench<last - 1>` with their records. The courses must be there."""
    run_with_connection(url, lambda connection: _fill(connection, first, last))


def _fill(connection: Connection, first: int, last: int) -> None:
    words = _DIALECTS[connection.dialect.name] | {
        "first": str(first),
        "last": str(last),
        "records": str((last - first) * COURSES),
        "true": "true",
        "false": "false",
    }
    for statement in _STATEMENTS:
        connection.execute(sa.text(statement.format(**words)))
    refresh_statistics(connection)


def refresh_statistics(connection: Connection) -> None:
    """Do what the product does on SQLite, and PostgreSQL by itself."""
    for statement in STATISTICS if connection.dialect.name == "sqlite" else ("ANALYZE",):
        connection.execute(sa.text(statement))
