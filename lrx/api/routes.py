"""Every operation of the REST API, in the order people meet them."""

from lrx.api import (
    audit_log,
    courses,
    inquiries,
    learners,
    learning_records,
    profile_fields,
    recipients,
    statements,
)

__all__ = ["OPERATIONS"]

OPERATIONS = (
    *profile_fields.OPERATIONS,
    *learners.OPERATIONS,
    *courses.OPERATIONS,
    *recipients.OPERATIONS,
    *learning_records.OPERATIONS,
    *inquiries.OPERATIONS,
    *statements.OPERATIONS,
    *audit_log.OPERATIONS,
)
