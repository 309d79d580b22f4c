"""Kinds of bulk work: what is done with one item of a batch. `KINDS` is what the job runner knows."""

from collections.abc import Mapping
from typing import Any

from lrx.batches import course_resets, learners, learning_records, oci_ids, parked_statements, recipient_settings
from lrx.piecework import Kind

__all__ = ["KINDS"]

KINDS: Mapping[str, Kind[Any]] = {
    kind.name: kind
    for kind in (
        learners.KIND,
        oci_ids.KIND,
        learning_records.KIND,
        course_resets.KIND,
        parked_statements.KIND,
        recipient_settings.KIND,
    )
}
