"""Every operation of the REST API, in the order people meet them."""

from lrx.api import (
    activities,
    alerts,
    audit_log,
    batches,
    completions,
    course_recipients,
    courses,
    credentials,
    deliveries,
    identities,
    inquiries,
    jobs,
    learner_changes,
    learners,
    learning_records,
    oci_ids,
    profile_fields,
    recipients,
    settings_versions,
    site,
    statements,
    voidings,
)

__all__ = ["OPERATIONS"]

OPERATIONS = (
    *site.OPERATIONS,
    *profile_fields.OPERATIONS,
    *batches.OPERATIONS,  # before the paths in which `batch` would be an id
    *learners.OPERATIONS,
    *learner_changes.OPERATIONS,
    *oci_ids.OPERATIONS,
    *identities.OPERATIONS,
    *courses.OPERATIONS,
    *activities.OPERATIONS,
    *recipients.OPERATIONS,
    *course_recipients.OPERATIONS,
    *completions.OPERATIONS,
    *learning_records.OPERATIONS,
    *voidings.OPERATIONS,
    *deliveries.OPERATIONS,
    *inquiries.OPERATIONS,
    *statements.OPERATIONS,
    *jobs.OPERATIONS,
    *credentials.OPERATIONS,
    *audit_log.OPERATIONS,
    *settings_versions.OPERATIONS,
    *alerts.OPERATIONS,
)
