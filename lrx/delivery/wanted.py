"""Whether a question of a recipient, as it was narrowed, covers a record: answers and diagnoses go by the same rule."""

from datetime import date
from typing import Protocol

from lrx.recipient import ProofOfCompletion

__all__ = ["Narrowed", "are_dates_wanted", "is_course_wanted", "is_wanted", "those_wanted"]


class Narrowed(Protocol):
    """How a question is narrowed; None where it is not."""

    @property
    def course(self) -> str | None: ...

    @property
    def completed_from(self) -> date | None: ...

    @property
    def completed_to(self) -> date | None: ...


def those_wanted(proofs: tuple[ProofOfCompletion, ...], question: Narrowed) -> tuple[ProofOfCompletion, ...]:
    """Those of the proofs that the answer to the question has: most questions are narrowed by nothing."""
    if question.course is None and question.completed_from is None and question.completed_to is None:
        return proofs
    return tuple(one for one in proofs if is_wanted(one, question))


def is_wanted(proof: ProofOfCompletion, question: Narrowed) -> bool:
    """Whether the answer to the question has the proof, where it may be shown at all."""
    return is_course_wanted(proof, question) and are_dates_wanted(proof, question)


def is_course_wanted(proof: ProofOfCompletion, question: Narrowed) -> bool:
    """Whether the question is about the course, or about every course."""
    return question.course is None or question.course in (proof.course_shortname, proof.course_idnumber)


def are_dates_wanted(proof: ProofOfCompletion, question: Narrowed) -> bool:
    """Whether the completion lies in the dates asked for."""
    if question.completed_from is not None and proof.completed_on < question.completed_from:
        return False
    return question.completed_to is None or proof.completed_on <= question.completed_to
