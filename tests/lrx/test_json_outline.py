import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrx.json_outline import outline, outlined_array, outlined_member
from lrx.json_reader import split_array


@pytest.mark.parametrize(
    ("body", "elements"),
    [
        (b"[]", []),
        (b'[{"a": "]"}, {"b": "\\""}]', [b'{"a": "]"}', b'{"b": "\\""}']),
        (b'[{"a": 1}, {"b": [1, {"c": 2}]}]', [b'{"a": 1}', b'{"b": [1, {"c": 2}]}']),
        (b'[{"a": 1}, {"b": 2', [b'{"a": 1}', b'{"b": 2']),
        (b'[{"a": "\xff"}, {"b": 2}]', [b'{"a": "\xff"}', b'{"b": 2}']),
        (b'[{"a": NaN}, {"b": 2}]', [b'{"a": NaN}', b'{"b": 2}']),
        (b'[{"a": 1}] more', [b'{"a": 1}', b"more"]),
        (b'[{"a": 1}{"b": 2}]', [b'{"a": 1}{"b": 2}']),
    ],
)
def test_elements_are_found_whatever_is_wrong_inside_them(body: bytes, elements: list[bytes]) -> None:
    assert outline(body) == elements


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.lists(VALUES))
def test_a_sound_array_has_the_same_outline_for_both_readers(values: list[object]) -> None:
    body = json.dumps(values).encode()

    assert outline(body) == split_array(body)


@given(st.binary())
def test_no_bytes_upset_it_and_none_but_separators_are_lost(inside: bytes) -> None:
    kept = b"".join(outline(b"[" + inside))

    assert len(kept) <= len(inside)
    assert set(inside) - set(kept) <= set(b" \t\r\n,[]{}")


@pytest.mark.parametrize(
    ("body", "elements"),
    [
        (b"[1, 2]", [b"1", b"2"]),
        (b' [ {"a": \x00}, "\xe9,]" ] ', [b'{"a": \x00}', b'"\xe9,]"']),
        (b"[" + b"[" * 100_000 + b"]" * 100_000 + b", {}]", [b"[" * 100_000 + b"]" * 100_000, b"{}"]),
        (b"[1, 2", None),
        (b"[1, ", None),
        (b"[1}", None),
        (b"\xef\xbb\xbf[1]", None),
        (b"[1, 2] 3", None),
        (b"[1, , 2]", None),
        (b"[1, 2,]", None),
        (b"[]", None),
        (b'["a"b"]', None),
        (b"{}", None),
    ],
)
def test_an_array_is_outlined_from_end_to_end_or_not_at_all(body: bytes, elements: list[bytes] | None) -> None:
    assert outlined_array(body) == elements
    assert outlined_member(b' { "a" : ' + body + b" } ", "a") == elements
    assert outlined_member(b' { "a" : ' + body + b', "b": 1} ', "a") is None
    assert outlined_member(body, "a") is None
