"""What a machine cannot do: skipped loudly on a laptop, a failure where everything is required."""

import os
from typing import NoReturn

import pytest

__all__ = ["missing"]

REQUIRED = os.environ.get("LRX_TEST_REQUIRE", "")


def missing(reason: str) -> NoReturn:
    """Skip the test, or fail it where `LRX_TEST_REQUIRE` is `all`."""
    if REQUIRED == "all":
        pytest.fail(reason)
    pytest.skip(reason)
