import pytest

from recipients.cmars.codes import ContentNotReadable, NotAcceptable
from recipients.cmars.negotiation import body_format, choose_media_type


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "application/xml"),
        ("  ", "application/xml"),
        ("*/*", "application/xml"),
        ("application/*", "application/xml"),
        ("application/json", "application/json"),
        ("APPLICATION/JSON", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("text/xml", "text/xml"),
        ("text/*", "text/xml"),
        ("application/xml, application/json", "application/xml"),
        ("application/json, application/xml", "application/xml"),
        ("application/xml;q=0.5, application/json", "application/json"),
        ("application/xml;q=0.5, application/json;q=0.51", "application/json"),
        ("application/json;q=0.9, */*;q=0.1", "application/json"),
        ("application/xml;q=0, */*", "application/json"),
        ("application/xml;q=0, */*;q=0.1, application/*;q=0.2", "application/json"),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "application/xml"),
        ("application/xml;q=2, application/json;q=0.1", "application/json"),
    ],
)
def test_the_range_that_names_a_type_most_closely_decides(accept: str, chosen: str) -> None:
    assert choose_media_type(accept) == chosen


@pytest.mark.parametrize(
    "accept",
    ["text/html", "application/json;q=0", "application/*;q=0", "*/*;q=0", "json", ";", ",", "application/json;q=x"],
)
def test_a_caller_who_accepts_nothing_written_here_is_told_so(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        choose_media_type(accept)


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", "json"),
        ("Application/JSON; charset=UTF-8", "json"),
        ('application/xml; charset="utf-8"', "xml"),
        ("text/xml", "xml"),
    ],
)
def test_the_content_type_names_the_format(content_type: str, expected: str) -> None:
    assert body_format(content_type) == expected


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/xml; charset=utf-16", "application/json, application/xml", "json"]
)
def test_a_body_of_another_type_is_not_read(content_type: str) -> None:
    with pytest.raises(ContentNotReadable):
        body_format(content_type)
