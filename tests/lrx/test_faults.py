"""What a model found wrong, in plain sentences."""

from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lrx.faults import faults_of, summary


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    label: str


class Shelf(BaseModel):
    label: Annotated[str, Field(pattern=r"^[a-z]+$")]


def test_a_refusal_does_not_grow_with_what_is_wrong() -> None:
    value = {"label": "a", "x" * 10_000: 1, **{str(number): 1 for number in range(1_000)}}
    with pytest.raises(ValidationError) as refusal:
        Strict.model_validate(value)
    faults = faults_of(refusal.value, dict(value))
    assert (len(faults), faults[0].pointer) == (50, "/" + "x" * 100)
    assert str(summary(faults)).startswith("At least 50 things are wrong.")


def test_the_pattern_of_what_is_written_otherwise_is_the_hint() -> None:
    value = {"label": "A 1"}
    with pytest.raises(ValidationError) as refusal:
        Shelf.model_validate(value)
    (fault,) = faults_of(refusal.value, dict(value))
    assert (fault.pointer, fault.code, fault.hint) == ("/label", "pattern", r"^[a-z]+$")
    assert str(fault.detail) == "It is not written as expected here."
