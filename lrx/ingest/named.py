"""How a caller names a learner, a course, an activity: each in exactly one way."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lrx.text import text

__all__ = ["ActivityNamed", "CourseNamed", "LearnerNamed", "LmsUser"]


class _Named(BaseModel):
    """Something named in exactly one way."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="after")
    def _named_once(self) -> "_Named":
        if sum(value is not None for value in self.model_dump().values()) != 1:
            raise ValueError(text("Name it in exactly one way: {ways}.", ways=", ".join(type(self).model_fields)))
        return self


class LmsUser(BaseModel):
    """The identity an LMS gave."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home_page: str = Field(min_length=1, max_length=500)
    user_id: str = Field(min_length=1, max_length=100)


class LearnerNamed(_Named):
    """A learner, named in exactly one way."""

    id: UUID | None = None
    username: str | None = None
    oci_id: str | None = None
    lms: LmsUser | None = None


class CourseNamed(_Named):
    """A course, named in exactly one way."""

    id: UUID | None = None
    shortname: str | None = None
    idnumber: str | None = None
    iri: str | None = None


class ActivityNamed(_Named):
    """An activity of the course, named in exactly one way."""

    id: UUID | None = None
    idnumber: str | None = None
    iri: str | None = None
