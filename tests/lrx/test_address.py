import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lrx.address import address_forms, normal_address


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://lms.example.com", "https://lms.example.com"),
        ("https://lms.example.com/", "https://lms.example.com"),
        ("HTTPS://LMS.EXAMPLE.COM/Moodle/", "https://lms.example.com/Moodle"),
        ("http://lms.example.com:80/moodle", "http://lms.example.com/moodle"),
        ("https://lms.example.com:443", "https://lms.example.com"),
        ("https://lms.example.com:", "https://lms.example.com"),
        ("https://lms.example.com:80", "https://lms.example.com:80"),
        ("http://lms.example.com:8043/", "http://lms.example.com:8043"),
        ("http://[::80]:80/", "http://[::80]"),
        ("https://User@LMS.example.com/", "https://User@lms.example.com"),
        ("https://lms.example.com/course/view.php?id=A/", "https://lms.example.com/course/view.php?id=A/"),
        ("https://lms.example.com/a/?id=2", "https://lms.example.com/a/?id=2"),
        ("https://lms.example.com/mod/scorm/view.php?id=3#sco", "https://lms.example.com/mod/scorm/view.php?id=3#sco"),
        ("URN:isbn:0451450523", "urn:isbn:0451450523"),
        ("http://[broken", "http://[broken"),
    ],
)
def test_one_system_is_written_in_one_way(url: str, normal: str) -> None:
    assert normal_address(url) == normal


@pytest.mark.parametrize(
    ("iri", "forms"),
    [
        (
            "http://LMS.example.com:80/course/view.php?id=2",
            ("http://lms.example.com/course/view.php?id=2", "https://lms.example.com/course/view.php?id=2"),
        ),
        ("https://lms.example.com/", ("https://lms.example.com", "http://lms.example.com")),
        ("http://127.0.0.1:8043", ("http://127.0.0.1:8043", "https://127.0.0.1:8043")),
        ("urn:example:course-2", ("urn:example:course-2",)),
    ],
)
def test_http_and_https_are_two_forms_of_one_address(iri: str, forms: tuple[str, ...]) -> None:
    assert address_forms(iri) == forms


def test_an_lms_that_moves_to_https_is_still_the_same() -> None:
    before, after = address_forms("http://lms.example.com/"), address_forms("https://LMS.example.com:443")
    assert set(before) == set(after)


@example("http://::")
@example("http:////A")
@example("http://:80//A:")
@given(st.text() | st.from_regex(r"https?://[A-Za-z0-9.:@/?#\[\]]*", fullmatch=True))
def test_no_address_upsets_the_look_up(url: str) -> None:
    normal = normal_address(url)
    assert normal_address(normal) == normal
    assert address_forms(url)[0] == normal
