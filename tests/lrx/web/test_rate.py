from itertools import pairwise
from typing import Any

import pytest

from lrx.web.rate import OverRate, Rate


class Timer:
    now = 600.0

    def __call__(self) -> float:
        return self.now


def told(scope: dict[str, Any]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in scope["state"]["headers"]}


def scope() -> dict[str, Any]:
    return {"state": {}}


def test_each_answer_says_what_is_left_and_until_when() -> None:
    timer = Timer()
    rate = Rate("3/minute", timer)
    answers = []
    for _ in range(3):
        asked = scope()
        rate.admit(asked, "a")
        answers.append(told(asked))
        timer.now += 10
    assert answers[0] == {"ratelimit-policy": '"credential";q=3;w=60', "ratelimit": '"credential";r=2;t=60'}
    assert [one["ratelimit"] for one in answers[1:]] == ['"credential";r=1;t=50', '"credential";r=0;t=40']


def test_one_too_many_is_refused_until_the_window_ends_and_its_answer_says_so_too() -> None:
    timer = Timer()
    rate = Rate("2/minute", timer)
    rate.admit(scope(), "a")
    rate.admit(scope(), "a")
    timer.now += 59.5
    asked = scope()
    with pytest.raises(OverRate) as refused:
        rate.admit(asked, "a")
    assert refused.value.retry_after == 1
    assert told(asked)["ratelimit"] == '"credential";r=0;t=1'
    timer.now += 0.5
    rate.admit(scope(), "a")


def test_credentials_are_counted_apart() -> None:
    rate = Rate("1/minute", Timer())
    rate.admit(scope(), "a")
    rate.admit(scope(), "b")
    with pytest.raises(OverRate):
        rate.admit(scope(), "a")


def test_in_no_window_more_come_in_than_agreed() -> None:
    timer = Timer()
    rate = Rate("5/second", timer)
    admitted: list[float] = []
    for _ in range(400):
        timer.now += 0.05
        try:
            rate.admit(scope(), "a")
        except OverRate:
            continue
        admitted.append(timer.now)
    seconds = [int(at) for at in admitted]
    assert max(seconds.count(second) for second in set(seconds)) == 5
    assert all(earlier < later for earlier, later in pairwise(admitted))
