import pytest
from starlette.datastructures import Headers

from lrx.api.preconditions import IF_MATCH, MalformedTag, entity_tag, tags_of


def given(*values: str) -> Headers:
    return Headers(raw=[(b"if-match", value.encode("latin-1")) for value in values])


def test_a_tag_is_strong_and_follows_what_is_shown() -> None:
    assert entity_tag(b"a") == entity_tag(b"a") != entity_tag(b"b")
    assert entity_tag(b"a").startswith('"')
    assert entity_tag(b"a").endswith('"')


@pytest.mark.parametrize(
    ("values", "same", "like"),
    [
        (['"a"'], True, True),
        (['"b"'], False, False),
        (['"b", "a"'], True, True),
        (['"b"', ' "a" '], True, True),
        (['W/"a"'], False, True),
        (["*"], True, True),
        ([" * "], True, True),
        (['""'], False, False),
        (['"b","c",W/"a"'], False, True),
    ],
)
def test_tags_are_compared_strongly_and_weakly(values: list[str], same: bool, like: bool) -> None:
    tags = tags_of(given(*values), IF_MATCH)
    assert tags is not None
    assert (tags.is_same_as('"a"'), tags.is_like('"a"')) == (same, like)


@pytest.mark.parametrize(
    "values", [["a"], ['"a'], ['"a" "b"'], ['"a",'], ['*, "a"'], ["W/a"], ['w/"a"'], ["'a'"], [""], [" "], ["", ""]]
)
def test_what_is_no_tag_is_refused(values: list[str]) -> None:
    with pytest.raises(MalformedTag) as refused:
        tags_of(given(*values), IF_MATCH)
    assert refused.value.faults[0].pointer == "/headers/If-Match"


def test_no_header_is_no_condition() -> None:
    assert tags_of(Headers({}), IF_MATCH) is None
