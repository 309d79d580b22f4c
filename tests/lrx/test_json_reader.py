import json
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lrx.errors import Invalid
from lrx.json_outline import outline
from lrx.json_reader import (
    DEEPEST,
    LONGEST_NUMBER,
    MOST_ELEMENTS,
    MOST_VALUES,
    JsonValue,
    MalformedJson,
    TooManyElements,
    read_json,
    split_array,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)
ALMOST_JSON = st.text(alphabet='{}[]",:0123456789.eE+-truefalsn\\ud8 \t\n\0é\ud800', max_size=40)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"null", None),
        (b' \r\n\t{"a": [1, 2.5, true]} ', {"a": [1, 2.5, True]}),
        ('"Chloé"'.encode(), "Chloé"),
        (b'"\\u00e9"', "é"),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\\\\ud800 and \\\\u0000 are only spelled out"', "\\ud800 and \\u0000 are only spelled out"),
        (b"9223372036854775808", 2**63),
        (b"-0", 0),
        (b"1e3", 1000.0),
        (b"1" * LONGEST_NUMBER, int("1" * LONGEST_NUMBER)),
        (b'{"a":1,"A":2}', {"a": 1, "A": 2}),
        (b'[{"a":1},{"a":2}]', [{"a": 1}, {"a": 2}]),
    ],
)
def test_json_is_read_as_it_stands(body: bytes, value: JsonValue) -> None:
    read = read_json(body)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("body", "pointer", "sentence"),
    [
        (b"", "", "There is no content. Send JSON."),
        (b" \n\t ", "", "There is no content. Send JSON."),
        (b"\xef\xbb\xbf{}", "", "The JSON starts with a byte order mark. Save it as UTF-8 without one."),
        (b'{"a": "\xe9"}', "", "The JSON is not UTF-8: byte 8 is wrong."),
        ('{"a": 1}'.encode("utf-16"), "", "The JSON is not UTF-8: byte 1 is wrong."),
        (b'"\xed\xa0\x80"', "", "The JSON is not UTF-8: byte 2 is wrong."),
        (b'{\n "a": ,}', "", "This is not JSON: it cannot be read beyond line 2, column 7. Correct it there."),
        (b"{} {}", "", "This is not JSON: it cannot be read beyond line 1, column 4. Correct it there."),
        (b'{"a":1,"a":1}', "/a", "The key “a” is given twice in one object. Keep one of them."),
        (b'[{"x":{"~/":1,"\\u007e/":2}}]', "/0/x/~0~1", "The key “~/” is given twice in one object. Keep one of them."),
        (b'{"a":{"b":1,"b":2},"c":3}', "/a/b", "The key “b” is given twice in one object. Keep one of them."),
        (b"[NaN]", "", "NaN is not a number in JSON. Leave it out."),
        (b'{"a":-Infinity}', "", "-Infinity is not a number in JSON. Leave it out."),
        (b"[1e999]", "", "A number is too large to be kept. Send it as a string."),
        (
            b"1" * (LONGEST_NUMBER + 1),
            "",
            "A number has more than 300 characters. Shorten it, or send it as a string.",
        ),
        (
            b"0." + b"1" * LONGEST_NUMBER,
            "",
            "A number has more than 300 characters. Shorten it, or send it as a string.",
        ),
        (b'{"a":["\\u0000"]}', "/a/0", "A string holds the character NUL (\\u0000). Remove it."),
        (b'{"a":{"b\\u0000":1}}', "/a", "A string holds the character NUL (\\u0000). Remove it."),
        (
            b'{"a":"\\ud83d"}',
            "/a",
            "A string holds half of a surrogate pair (\\ud800 to \\udfff). Send the whole character.",
        ),
        (
            b'["\\uDE00\\uD83D"]',
            "/0",
            "A string holds half of a surrogate pair (\\ud800 to \\udfff). Send the whole character.",
        ),
        (
            b'{"\\ud800":1,"\\ud800":2}',
            "",
            "A string holds half of a surrogate pair (\\ud800 to \\udfff). Send the whole character.",
        ),
        (b"[" * 101 + b"]" * 101, "/0" * 100, "The JSON is nested more than 100 levels deep. Flatten it."),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "/a" * 100, "The JSON is nested more than 100 levels deep. Flatten it."),
        (b"[" * 100_000, "", "The JSON is nested more than 100 levels deep. Flatten it."),
        (b'{"a":' * 100_000, "", "The JSON is nested more than 100 levels deep. Flatten it."),
        (b"9" * 5_000, "", "A number has more than 300 characters. Shorten it, or send it as a string."),
        (b"[" + b"0," * MOST_VALUES + b"0]", "", "The JSON holds more than 250000 values. Send it in parts."),
        (b"[" + b"{}," * 2_000_000 + b"{}]", "", "The JSON holds more than 250000 values. Send it in parts."),
    ],
)
def test_what_cannot_be_read_in_one_way_is_refused_with_its_place(body: bytes, pointer: str, sentence: str) -> None:
    with pytest.raises(MalformedJson) as refusal:
        read_json(body)
    assert str(refusal.value) == sentence
    assert refusal.value.faults[0].pointer == pointer


def test_a_refusal_is_invalid_input_with_its_own_code() -> None:
    with pytest.raises(Invalid) as refusal:
        read_json(b"{")
    assert refusal.value.code == "json_malformed"
    assert refusal.value.__cause__ is not None


@pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEPEST + b"]" * DEEPEST,
        b"[" * DEEPEST + b"1" + b"]" * DEEPEST,
        b'{"a":' * DEEPEST + b'"\\u00e9"' + b"}" * DEEPEST,
        b'[{"a":' * 50 + b'"\\ud83d\\ude00"' + b"}]" * 50,
        b"[" + b"[]," * 1000 + b"1]",
    ],
)
def test_what_is_as_deep_as_allowed_is_read(body: bytes) -> None:
    assert read_json(body) == json.loads(body)


def test_as_much_as_allowed_is_read() -> None:
    elements = b"0," * (MOST_ELEMENTS - 1) + b"0"
    values = b"0," * (MOST_VALUES - 1) + b"0"

    assert len(split_array(b"[" + elements + b"]") or []) == MOST_ELEMENTS
    assert len(json.dumps(read_json(b"[" + values + b"]")).split(",")) == MOST_VALUES


@pytest.mark.parametrize("element", [b"0", b"{}", b'"a"', b"[[],[]]"])
@pytest.mark.parametrize("read", [split_array, outline])
def test_an_array_of_too_many_elements_is_not_taken_apart(read: Callable[[bytes], object], element: bytes) -> None:
    with pytest.raises(TooManyElements):
        read(b"[" + (element + b",") * MOST_ELEMENTS + element + b"]")
    with pytest.raises(TooManyElements):
        read(b"[" + b"0," * 3_900_000 + b"0]")


@pytest.mark.parametrize(
    ("body", "elements"),
    [
        (b"[]", []),
        (b" [ ] ", []),
        (b'\n[ {"a": 1} , [2 ,3],"x\\u00e9",null ]\n', [b'{"a": 1}', b"[2 ,3]", b'"x\\u00e9"', b"null"]),
        (b'[{"a": "],["}]', [b'{"a": "],["}']),
        (b'{"a": 1}', None),
        (b'"[1]"', None),
        (b"7", None),
    ],
)
def test_an_array_is_split_into_the_bytes_of_its_elements(body: bytes, elements: list[bytes] | None) -> None:
    assert split_array(body) == elements


@pytest.mark.parametrize(
    "body", [b"", b"[", b"[1,]", b"[1] 2", b"{", b"\xff", b"\xef\xbb\xbf[]", b"[" * 100_000, b"[}"]
)
def test_a_broken_array_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        split_array(body)


def test_a_bad_element_leaves_its_neighbours_alone() -> None:
    good, bad = split_array(b'[{"a":1},{"a":1,"a":2}]') or []
    assert read_json(good) == {"a": 1}
    with pytest.raises(MalformedJson):
        read_json(bad)


@given(VALUES)
def test_what_json_can_say_is_read_back(value: JsonValue) -> None:
    body = json.dumps(value, ensure_ascii=False)
    if "\\u0000" not in body:
        assert read_json(body.encode()) == value


@given(st.lists(VALUES))
def test_reading_the_elements_is_reading_the_array(values: list[JsonValue]) -> None:
    body = json.dumps(values).encode()
    if b"\\u0000" not in body:
        assert [read_json(element) for element in split_array(body) or []] == read_json(body)


@given(st.binary() | ALMOST_JSON.map(lambda string: string.encode("utf-8", "surrogatepass")))
@example(b'{"a":1,"a":1}')
@example(b"[-]")
def test_arbitrary_bytes_are_read_or_refused(body: bytes) -> None:
    for read in (read_json, split_array):
        refusal = _refusal(read, body)
        if refusal is not None:
            assert str(refusal)
            assert refusal.faults[0].pointer.encode() is not None


def _refusal(read: Callable[[bytes], object], body: bytes) -> MalformedJson | None:
    try:
        read(body)
    except MalformedJson as refusal:
        return refusal
    return None
