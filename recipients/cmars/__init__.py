"""CMaRS, which manages the yearly reappointment of hospitals' professional staff.

Mode: pull. About once a day CMaRS asks for the learning records of each professional by OCI ID, and is answered with
those the courses have released, or with WS400 or WS401. `docs/recipients/cmars.md` says what is known and what is ours.
"""

from recipients.cmars.recipient import Cmars, CmarsSettings

__all__ = ["Cmars", "CmarsSettings", "create_recipient"]


def create_recipient() -> Cmars:
    """Return the recipient; the entry point `cmars` names this function."""
    return Cmars()
