"""The tables: nouns only, no I/O. Importing this package gives the one metadata that migrations are checked against."""

from lrx.models.access import (
    AccountNames,
    Administrator,
    Alert,
    AuditEntry,
    Credential,
    CredentialKind,
    CredentialMode,
    IdempotencyKey,
    SignIn,
)
from lrx.models.course import Activity, Course
from lrx.models.course_learner import CourseLearner
from lrx.models.course_recipient import CourseRecipient, RecipientInterval, SiteRecipient
from lrx.models.course_reset import CourseReset, ResetMode
from lrx.models.delivery import CHIPS, Chip, Delivery, DeliveryStatus, Operation, SubjectKind
from lrx.models.diagnosis import KeptDiagnosis, Sweep
from lrx.models.inquiry import Inquiry
from lrx.models.job import Job, JobItem, JobStatus
from lrx.models.learner import (
    Identity,
    Learner,
    LearnerChange,
    LearnerOciId,
    ProfileField,
    RefusedOciId,
    VisibleTo,
)
from lrx.models.learning_record import Amendment, Expiration, LearningRecord, Voiding
from lrx.models.settings_version import SettingsOf, SettingsVersion
from lrx.models.site import Site
from lrx.models.statement import (
    Observation,
    ObservationKind,
    ParkedReason,
    ParkedStatement,
    Projection,
    SetAsideStatement,
    Statement,
)

__all__ = [
    "CHIPS",
    "AccountNames",
    "Activity",
    "Administrator",
    "Alert",
    "Amendment",
    "AuditEntry",
    "Chip",
    "Course",
    "CourseLearner",
    "CourseRecipient",
    "CourseReset",
    "Credential",
    "CredentialKind",
    "CredentialMode",
    "Delivery",
    "DeliveryStatus",
    "Expiration",
    "IdempotencyKey",
    "Identity",
    "Inquiry",
    "Job",
    "JobItem",
    "JobStatus",
    "KeptDiagnosis",
    "Learner",
    "LearnerChange",
    "LearnerOciId",
    "LearningRecord",
    "Observation",
    "ObservationKind",
    "Operation",
    "ParkedReason",
    "ParkedStatement",
    "ProfileField",
    "Projection",
    "RecipientInterval",
    "RefusedOciId",
    "ResetMode",
    "SetAsideStatement",
    "SettingsOf",
    "SettingsVersion",
    "SignIn",
    "Site",
    "SiteRecipient",
    "Statement",
    "SubjectKind",
    "Sweep",
    "VisibleTo",
    "Voiding",
]
