"""Where the completions on a page of the site's report stand at each recipient their courses send to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel import Session

from lrx.access import Act
from lrx.diagnosis.diagnoses import diagnosed
from lrx.diagnosis.reading.situations import At
from lrx.recipient import Recipient
from lrx.reports.learning_records import situations_of
from lrx.reports.site_records import SiteRecord
from lrx.reports.standing import Standing, standing_of

__all__ = ["site_standings"]


def site_standings(
    session: Session, act: Act, recipients: Mapping[str, Recipient], rows: Sequence[SiteRecord]
) -> Mapping[UUID, Sequence[Standing]]:
    """Return for each record, by its id, where its learner stands with its course at each recipient of the course. The
    queries are as many as the courses on the page need, whoever is on it."""
    at = At(act.site_id, act.zone, act.at)
    learners: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for row in rows:
        learners[row.course_id].append(row.learner_id)
    found: defaultdict[tuple[UUID, UUID], list[Standing]] = defaultdict(list)
    for course_id, listed in learners.items():
        for situation in situations_of(session, act, recipients, course_id):
            for learner_id, diagnosis in diagnosed(session, at, situation, list(dict.fromkeys(listed))).items():
                found[course_id, learner_id].append(standing_of(diagnosis))
    return {row.record_id: found[row.course_id, row.learner_id] for row in rows}
