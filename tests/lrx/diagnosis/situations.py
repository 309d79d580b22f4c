"""A course in which each learner is in another situation, for every kind of verdict."""

from datetime import UTC, datetime

from sqlmodel import select

from lrx.models import Activity, Course
from tests.lrx.reports.scene import Scene, everyone

__all__ = ["situations"]


def situations(scene: Scene) -> Course:
    """Everybody of `everyone`, Grace Kim for whom time has to pass, and Ivan Petrov, who has two accounts."""
    course = everyone(scene)
    quiz = scene.session.exec(select(Activity).where(Activity.course_id == course.id)).one()
    grace = scene.learner("Grace", "Kim", "CA-ON-CPSO-90222")
    scene.ask("CA-ON-CPSO-90222", datetime(2026, 11, 20, 10, 58, tzinfo=UTC))
    ivan = scene.learner("Ivan", "Petrov")
    for learner, day in ((grace, "2026-11-21"), (ivan, "2026-10-20")):
        scene.complete(learner, course, day, quiz)
        scene.complete(learner, course, day)
    other = scene.learner("Ivan2", "Petrov2", "CA-ON-CPSO-33871")
    other.given_name, other.family_name, other.sort_name = ivan.given_name, ivan.family_name, ivan.sort_name
    scene.session.add(other)
    return course
