"""What a model found wrong, in plain sentences."""

from typing import Annotated

import pytest
from pydantic import BaseModel, Field, ValidationError

from lrx.faults import faults_of


class Shelf(BaseModel):
    label: Annotated[str, Field(pattern=r"^[a-z]+$")]


def test_the_pattern_of_what_is_written_otherwise_is_the_hint() -> None:
    value = {"label": "A 1"}
    with pytest.raises(ValidationError) as refusal:
        Shelf.model_validate(value)
    (fault,) = faults_of(refusal.value, dict(value))
    assert (fault.pointer, fault.code, fault.hint) == ("/label", "pattern", r"^[a-z]+$")
    assert str(fault.detail) == "It is not written as expected here."
