"""What the list of learners can be filtered and sorted by."""

from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, or_, select

from lrx.access import Act
from lrx.address import address_forms
from lrx.api.listing import Filter, Listing, Sort, equal, one_of, within
from lrx.api.search import Search, oci_id_sought
from lrx.lower_case import lower_case
from lrx.models import Learner, LearnerOciId
from lrx.oci_id import InvalidOciId, OciId
from lrx.people.names import folded_email
from lrx.people.search import said_like

__all__ = ["LEARNERS"]


def _holders(act: Act) -> Any:
    """Who of the site holds an OCI ID now."""
    return select(col(LearnerOciId.learner_id)).where(
        LearnerOciId.site_id == act.site_id, col(LearnerOciId.held_until).is_(None)
    )


def _holds(act: Act, typed: str) -> Any:
    return col(Learner.id).in_(_holders(act).where(LearnerOciId.oci_id == oci_id_sought(typed)))


def _holds_any(act: Act, wanted: bool) -> Any:
    has = col(Learner.id).in_(_holders(act))
    return has if wanted else ~has


def _found_by(act: Act, typed: str) -> Any:
    """Every word is part of a name, of the user name or of an OCI ID; or the whole is an OCI ID."""
    found = [col(Learner.id).in_(said_like(act.site_id, typed))]
    with suppress(InvalidOciId):
        found.append(col(Learner.id).in_(_holders(act).where(LearnerOciId.oci_id == OciId.parse(typed))))
    return or_(*found)


LEARNERS = Listing[Learner](
    "learners",
    col(Learner.id),
    default="created_at",
    sorts={
        "created_at": Sort(col(Learner.id), UUID),  # ids are given out in the order of time
        "updated_at": Sort(col(Learner.updated_at), datetime),
        "username": Sort(col(Learner.username), str, nullable=True),
        "family_name": Sort(col(Learner.family_name), str, nullable=True),
    },
    filters=(
        Filter(
            "q",
            Search,
            _found_by,
            "Parts of the name, of the user name or of an OCI ID; neither case nor accents count.",
        ),
        one_of("id", col(Learner.id), UUID),
        Filter("username", str, lambda _act, value: col(Learner.username) == lower_case(value.strip())),
        Filter(
            "home_page",
            str,
            lambda _act, value: col(Learner.home_page).in_(address_forms(value)),
            "The address of the LMS; http and https are the same.",
        ),
        equal("lms_user_id", col(Learner.lms_user_id)),
        Filter("oci_id", str, _holds, "In any form people type; held now."),
        Filter(
            "email",
            str,
            lambda _act, value: col(Learner.email_folded) == (folded_email(value) or ""),
            "Case does not count.",
        ),
        equal("idnumber", col(Learner.idnumber)),
        equal("suspended", col(Learner.suspended), bool),
        Filter("has_oci_id", bool, _holds_any),
        *within("created_at", col(Learner.created_at)),
        *within("updated_at", col(Learner.updated_at)),
    ),
    synced="updated_at",
)
