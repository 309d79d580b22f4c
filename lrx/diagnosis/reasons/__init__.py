"""Every reason a check can give: what it means for the verdict, whose turn it is, what helps, and how long that takes.

Reasons are stable words. Reports, exports, the API, the command line and the pages use the same ones. Each module has
those of the checks in the module of its name.
"""

from collections.abc import Mapping

from lrx.diagnosis.reasons import completion, handover, recognition, wiring
from lrx.diagnosis.reasons.reason import Kind, Reason

__all__ = ["REASONS", "Kind", "Reason", "reason_named"]

REASONS: Mapping[str, Reason] = {
    **wiring.REASONS,
    **completion.REASONS,
    **recognition.REASONS,
    **handover.REASONS,
}


def reason_named(code: str) -> Reason:
    """Return the reason; an objection of a recipient that is not named here is told as such."""
    return REASONS.get(code, REASONS["recipient_objects"])
