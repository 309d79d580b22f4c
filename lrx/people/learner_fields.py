"""What callers may tell of a learner, as models: one person at a time over the API, many in a batch."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["LearnerFields", "Line", "Lms", "Reason", "Upload", "Username"]

Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]
"""One line of text."""

Username = Annotated[Line, Field(max_length=100)]
"""The name a person signs in with; case does not count."""


Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=1000, pattern=r"^[^\x00]*$")]
"""Why somebody does this; kept in the history."""


Upload = Annotated[Line, Field(max_length=100)]
"""The name of the file or of the scheduled feed that brings something; kept in the history as its origin."""


class Lms(BaseModel):
    """The identity an LMS gave: its address and its number for the user."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    home_page: str = Field(min_length=1, max_length=300, pattern=r"^[^\s\x00-\x1f\x7f]+$")
    user_id: str = Field(min_length=1, max_length=100)


class LearnerFields(BaseModel):
    """What is known of a person."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    lms: Lms | None = None
    username: Username | None = None
    idnumber: Line | None = None
    full_name: Line | None = None
    given_name: Line | None = None
    family_name: Line | None = None
    email: str | None = Field(default=None, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")
    language: str | None = Field(default=None, max_length=20, pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]+)*$")
    suspended: bool = False

    def columns(self) -> dict[str, object]:
        """The fields given, as columns of `Learner`."""
        given = self.model_dump(exclude_unset=True, exclude={"lms", "reason"})
        if "lms" in self.model_fields_set:
            given |= {"home_page": self.lms.home_page if self.lms else None}
            given |= {"lms_user_id": self.lms.user_id if self.lms else None}
        return given
