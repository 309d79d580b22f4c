"""Every operation of the REST API, in the order people meet them."""

from lrx.api import (
    audit_log,
    completions,
    course_recipients,
    courses,
    identities,
    inquiries,
    learners,
    learning_records,
    oci_ids,
    profile_fields,
    recipients,
    statements,
)

__all__ = ["OPERATIONS"]

OPERATIONS = (
    *profile_fields.OPERATIONS,
    *learners.OPERATIONS,
    *oci_ids.OPERATIONS,
    *identities.OPERATIONS,
    *courses.OPERATIONS,
    *recipients.OPERATIONS,
    *course_recipients.OPERATIONS,
    *completions.OPERATIONS,
    *learning_records.OPERATIONS,
    *inquiries.OPERATIONS,
    *statements.OPERATIONS,
    *audit_log.OPERATIONS,
)
