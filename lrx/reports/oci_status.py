"""Whether learners hold an OCI ID, and whether nobody else holds the same."""

from enum import StrEnum

from lrx.diagnosis.facts import LearnerFacts

__all__ = ["OciStatus", "status_of"]


class OciStatus(StrEnum):
    """What is known of a learner's OCI IDs; duplicate where another learner of the site holds one of them too."""

    HELD = "held"
    MISSING = "missing"
    DUPLICATE = "duplicate"


def status_of(learner: LearnerFacts) -> OciStatus:
    """Return the status of the learner's OCI IDs."""
    if not learner.held:
        return OciStatus.MISSING
    return OciStatus.DUPLICATE if learner.sharers else OciStatus.HELD
