from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrx.xapi import formats


@pytest.mark.parametrize(
    "value",
    [
        "http://example.com",
        "https://lms.example.com/mod/quiz/view.php?id=4#sco",
        "http://127.0.0.1:8043/course/view.php?id=2",
        "http://example.com/cours/santé",
        "urn:uuid:6c8e2a3c-7a9d-4d6a-9f0e-0d9e1c7f4b21",
        "tag:example.com,2026:a",
        "mailto:amira@example.com",
        "https://[::1]/a",
        "x-lms+v1.0:thing",
    ],
)
def test_an_iri_has_a_scheme(value: str) -> None:
    assert formats.is_iri(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "example.com/a",
        "/course/view.php?id=2",
        "http:",
        "http://",
        "http:///path",
        "https://?q",
        "http:example.com",
        ":no-scheme",
        "1http://example.com",
        "http://example.com/a b",
        "http://example.com/\n",
        "http://example.com/<a>",
        'http://example.com/"',
        "http://example.com/{id}",
        "http://example.com\\a",
        "http://example.com/\u00a0",
        " http://example.com",
    ],
)
def test_what_has_no_scheme_or_holds_spaces_is_no_iri(value: str) -> None:
    assert not formats.is_iri(value)


def test_an_openid_is_ascii() -> None:
    assert formats.is_uri("https://openid.example.com/1")
    assert not formats.is_uri("https://openid.example.com/é")


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("mailto:amira@example.com", True),
        ("mailto:a.b+c@sub.example.com", True),
        ("amira@example.com", False),
        ("mailto:", False),
        ("mailto:amira", False),
        ("mailto:@example.com", False),
        ("mailto:amira@", False),
        ("mailto:a@b@c", False),
        ("mailto:a b@example.com", False),
        ("MAILTO:amira@example.com", False),
    ],
)
def test_an_mbox_is_mailto_and_one_address(value: str, fits: bool) -> None:
    assert formats.is_mbox(value) is fits


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("6c8e2a3c-7a9d-4d6a-9f0e-0d9e1c7f4b21", True),
        ("6C8E2A3C-7A9D-4D6A-9F0E-0D9E1C7F4B21", True),
        ("00000000-0000-0000-0000-000000000000", True),
        ("6c8e2a3c7a9d4d6a9f0e0d9e1c7f4b21", False),
        ("{6c8e2a3c-7a9d-4d6a-9f0e-0d9e1c7f4b21}", False),
        ("urn:uuid:6c8e2a3c-7a9d-4d6a-9f0e-0d9e1c7f4b21", False),
        ("6c8e2a3c-7a9d-4d6a-9f0e-0d9e1c7f4b2", False),
        ("6c8e2a3c-7a9d-4d6a-9f0e-0d9e1c7f4b2g", False),
        ("6c8e2a3c-7a9d-4d6a-9f0e-0d9e1c7f4b21\n", False),
    ],
)
def test_a_uuid_is_in_standard_form(value: str, fits: bool) -> None:
    assert formats.is_uuid(value) is fits


@pytest.mark.parametrize(
    ("fits", "value"),
    [
        (formats.is_sha1, "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"),
        (formats.is_sha2, "a" * 56),
        (formats.is_sha2, "A" * 64),
        (formats.is_sha2, "0" * 96),
        (formats.is_sha2, "f" * 128),
    ],
)
def test_a_digest_is_hexadecimal_of_its_length(fits: object, value: str) -> None:
    assert callable(fits)
    assert fits(value)
    assert not fits(value[:-1])
    assert not fits(value[:-1] + "g")


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("1.0", True),
        ("1.0.3", True),
        ("1.0.10", True),
        ("1", False),
        ("1.1.0", False),
        ("2.0.0", False),
        ("1.0.", False),
    ],
)
def test_a_version_is_one_dot_zero(value: str, fits: bool) -> None:
    assert formats.is_version(value) is fits


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("application/pdf", True),
        ("text/plain; charset=ascii", True),
        ("application/vnd.oasis.opendocument.text", True),
        ("pdf", False),
        ("application/", False),
        ("application/pdf\n", False),
        ("text/plain;\x00", False),
    ],
)
def test_a_media_type_has_two_parts(value: str, fits: bool) -> None:
    assert formats.is_media_type(value) is fits


@pytest.mark.parametrize(
    "value",
    [
        *("en", "fr-CA", "en-US", "zh-Hant-TW", "cmn", "tlh", "und", "es-419", "sr-Latn-RS", "de-CH-1996", "sl-rozaj"),
        *("zh-cmn-Hans", "en-a-bbb-x-a", "x-moodle", "i-klingon", "en-GB-oed", "de-1901", "sgn-BE-FR", "EN-ca"),
    ],
)
def test_a_language_tag_follows_its_grammar(value: str) -> None:
    assert formats.is_language_tag(value)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "e",
            "en_CA",
            "en-",
            "-en",
            "en--CA",
            "en CA",
            "123",
            "a12345678",
            "abcdefghi",
            "en-a",
            "x-",
            "fr-CA\n",
            "ſr",
        )
    ],
)
def test_what_breaks_the_grammar_is_no_language_tag(value: str) -> None:
    assert not formats.is_language_tag(value)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "PT1S",
            "PT4H35M59.14S",
            "PT16559.14S",
            "P3Y1M29DT4H35M59.14S",
            "P3Y",
            "P4W",
            "PT0S",
            "PT0,5H",
            "P1DT2H",
            "P1.5D",
        )
    ],
)
def test_a_duration_names_its_units_in_order(value: str) -> None:
    assert formats.is_duration(value)


@pytest.mark.parametrize(
    "value",
    [
        *("", "P", "PT", "P1", "1S", "PT1", "P1S", "PT1Y", "P4W1D", "P1Y4W", "PA1H0M0S", "PT1.5H30M", "P1DT", "pt1s"),
        *("-PT1S", "P1M1Y", "PT1S\n", "P0001-01-01T00:00:00"),
    ],
)
def test_a_duration_with_other_units_is_refused(value: str) -> None:
    assert not formats.is_duration(value)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-11-21T23:16:24.000Z", datetime(2026, 11, 21, 23, 16, 24, tzinfo=UTC)),
        ("2026-11-21T18:16:24-05:00", datetime(2026, 11, 21, 23, 16, 24, tzinfo=UTC)),
        ("2026-11-21T18:16:24-0500", datetime(2026, 11, 21, 23, 16, 24, tzinfo=UTC)),
        ("2026-11-22T00:16:24+01", datetime(2026, 11, 21, 23, 16, 24, tzinfo=UTC)),
        ("2026-11-21t23:16:24.123456789z", datetime(2026, 11, 21, 23, 16, 24, 123456, tzinfo=UTC)),
        ("2026-11-21T23:16:24,5+00:00", datetime(2026, 11, 21, 23, 16, 24, 500000, tzinfo=UTC)),
        ("2026-11-21T23:16Z", datetime(2026, 11, 21, 23, 16, tzinfo=UTC)),
        ("2026-11-21T23:16:24", datetime(2026, 11, 21, 23, 16, 24, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_a_timestamp_names_a_moment(value: str, moment: datetime) -> None:
    assert formats.parse_timestamp(value) == moment
    assert formats.is_timestamp(value)


@pytest.mark.parametrize(
    "value",
    [
        *("", "yesterday", "2026-11-21", "2026-11-21 23:16:24Z", "20261121T231624Z", "2026-11-21T23Z", "23:16:24Z"),
        *("2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "2026-00-10T00:00:00Z"),
        *("2026-11-21T24:00:00Z", "2026-11-21T23:60:00Z", "2026-11-21T23:59:61Z", "0000-01-01T00:00:00Z"),
        *("2026-11-21T23:16:24-00:00", "2026-11-21T23:16:24-00", "2026-11-21T23:16:24-0000"),
        *("2026-11-21T23:16:24+24:00", "2026-11-21T23:16:24+05:60", "2026-11-21T23:16:24+5", "2026-11-21T23:16:24.Z"),
        *(
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "01/011/2015",
            "2026-11-21T23:16:24ZZ",
            "٢٠٢٦-11-21T23:16:24Z",
        ),
    ],
)
def test_a_date_that_does_not_exist_names_no_moment(value: str) -> None:
    assert formats.parse_timestamp(value) is None


@given(st.text())
def test_no_string_upsets_a_format(value: str) -> None:
    for name in formats.__all__:
        getattr(formats, name)(value)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_written_in_iso_8601_is_read_back(moment: datetime) -> None:
    assert formats.parse_timestamp(moment.isoformat()) == moment
