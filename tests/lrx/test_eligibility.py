"""What a record's source means for its delivery, and where it is said what helps."""

import pytest

from lrx.diagnosis.reasons import REASONS
from lrx.eligibility import CHECKS, Effect
from lrx.source import SENT_SOURCES, Source


@pytest.mark.parametrize("source", Source)
def test_a_source_is_sent_or_has_a_check_of_its_own(source: Source) -> None:
    effects = [check.effect for check in CHECKS if check.code == f"source_{source}"]
    assert effects == ([] if source in SENT_SOURCES else [Effect.EXCLUDES])


def test_the_diagnosis_says_what_helps_where_a_check_fails() -> None:
    assert {check.code for check in CHECKS} <= set(REASONS)
