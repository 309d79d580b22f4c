"""Everything a ticket names is found in it, and nothing else."""

import gc
from collections.abc import Callable
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lrx.diagnosis.ticket import LONGEST, TicketTooLong, read_ticket
from tests.lrx.diagnosis.tickets import ENGLISH, EXACTLY, FRENCH, HOSTILE, Pasted

TITLES = {"cmars": "CMaRS", "pars": "PARS"}


@pytest.mark.parametrize("pasted", [*ENGLISH, *FRENCH, *HOSTILE], ids=lambda pasted: ascii(pasted.text[:40]))
def test_what_is_in_a_ticket_is_found(pasted: Pasted) -> None:
    ticket = read_ticket(pasted.text, TITLES)
    found = {kind: [one.normal for one in ticket.of(kind)] for kind in (*EXACTLY, *pasted.finds)}  # type: ignore[arg-type]
    expected = {kind: pasted.finds.get(kind, []) for kind in found}
    if "words" in found:
        found["words"] = [words for words in found["words"] if words in expected["words"]]
    assert found == expected


def test_there_are_enough_tickets() -> None:
    assert len(ENGLISH) >= 30
    assert len(FRENCH) >= 20
    assert len(HOSTILE) >= 10


def test_a_span_leads_to_what_was_typed() -> None:
    text = "Ｄｒ Gagnon, she\u0301 has C\u200bPSO–12345!"
    ticket = read_ticket(text)
    assert [one.typed for one in ticket.of("oci_id")] == ["C\u200bPSO–12345"]
    assert [one.typed for one in ticket.of("name")] == ["Gagnon"]


def test_what_is_wrong_with_an_oci_id_is_said() -> None:
    (found,) = read_ticket("COO 1234").of("unclear_oci_id")
    assert "may mean CA-ON-COPO-1234" in str(found.note)


def test_the_head_and_the_signature_of_an_email_are_told_from_its_body() -> None:
    text = (
        "From: Marc Dubois\nSubject: red\n\nDr. Luc Tremblay is red.\n\nBest regards,\nMarc Dubois\n\n"
        "From: Dr. Wei Chen\n\nMs. Joan Fraser too.\n"
    )
    found = [(one.normal, one.aside) for one in read_ticket(text).of("name")]
    assert found == [
        ("marc dubois", True),
        ("luc tremblay", False),
        ("marc dubois", True),
        ("wei chen", True),
        ("joan fraser", False),
    ]


ROLES = {
    "Requester: Wei Chen\nDr. Roy": [("wei chen", "writes"), ("roy", None)],
    "Demandeur : Wei Chen; cours : SIMDUT; Dre Roy": [("wei chen", "writes"), ("roy", None)],
    "reported by Wei Chen, about Dr. Roy": [("wei chen", "writes"), ("roy", None)],
    "Bonjour Dre Roy,\nWei Chen a fini": [("roy", "reads"), ("wei chen", None)],
    "To: Wei Chen\n\nHi Dr. Roy!": [("wei chen", "reads"), ("roy", "reads")],
    "Hi, Dr. Grace Kim here. Dr. Roy": [("grace kim", "writes"), ("roy", None)],
    "Grace Kim ici, pour la Dre Roy": [("grace kim", "writes"), ("roy", None)],
    "Thanks,\nWei Chen": [("wei chen", "signs")],
    # What is told of somebody is no greeting and no signature.
    "Hi Dr. Chen cannot see it": [("chen", None)],
    "Hi Dr. Chen's record is gone": [("chen", None)],
    "Requester: Wei Chen. Dr. Roy's record": [("wei chen", "writes"), ("roy", None)],
    "Wei Chen here at Lakeside finished": [("wei chen", None)],
}


@pytest.mark.parametrize("text", ROLES, ids=ascii)
def test_who_writes_is_told_from_who_is_written_to_and_who_is_told_of(text: str) -> None:
    assert [(one.normal, one.role) for one in read_ticket(text).of("name")] == ROLES[text]


def test_a_text_speaks_of_its_writer_and_of_its_reader() -> None:
    assert read_ticket("My record is gone").speaks_of == {"writes"}
    assert read_ticket("votre dossier").speaks_of == {"reads"}
    assert read_ticket("Dr. Roy is red\n\nSent from my iPhone").speaks_of == frozenset()


def test_a_longer_text_is_refused_with_a_sentence() -> None:
    with pytest.raises(TicketTooLong, match=r"100001 characters"):
        read_ticket("a" * (LONGEST + 1))


PARTS = ["CPSO 12345", "Dr. A", "Tremblay, Luc", "n° ", "ca-on-", "ccid:a:b", "a@b.ca", "WS 401", "nov 18", "\n> "]
ODD = ["\t", "\r\n", "\u0301", "\ud800", "\u200b", "é"]
pieces = st.sampled_from([pasted.text for pasted in (*ENGLISH, *FRENCH, *HOSTILE)] + PARTS + ODD)


@given(st.one_of(st.text(st.characters(), max_size=200), st.lists(pieces, max_size=8).map("".join)))
@example("A\u0301" * 50)
@example("İ CPSO 12345")
@example("ﬁ CPSO 12345")
def test_any_text_is_read_and_its_finds_lie_in_it_side_by_side(text: str) -> None:
    ticket = read_ticket(text, TITLES)
    assert ticket == read_ticket(text, TITLES)
    ends: dict[str, int] = {}
    for one in ticket.found:
        assert 0 <= one.start < one.end <= len(text)
        assert text[one.start : one.end] == one.typed
        assert one.start >= ends.get(one.kind, 0), one
        ends[one.kind] = one.end
    for word in ticket.words:
        assert 0 <= word.start < word.end <= len(text)


REPEATED = (
    "a", " ", "CPSO ", "CPSO", "CPSO\n", "1", "12 ", "1,111,", "1-", "a.", "A ", "Aa, ", "Dr ", "Dr. A ", "ccid:a:",
    "a@", "a@b.", "college of ", "ABCD 12345 ", "e\u0301", "http://", "user: a", "CPSO no ", "on-", "$1", "number # ",
    "nov 1 ", "code 661, ", "> ", "| ", "a\t", "Dr A de ", "A'", "A-A", "1.1", "Regards,\n", "123 rue ", "\x00\ud800",
    "requester=", "requester: a ", "dear ", "dear A ", "Ab Cd de ", "A here. ", "a b here, ", "this is A ", "A's ",
    "CPSO 1 111 ", "CPSO 1,111 ", "my ", "a1-",
)  # fmt: skip
HOW_OFTEN = 8


def seconds(work: Callable[[], object]) -> float:
    """CPU time without the search for garbage, which costs by what else is in memory."""
    gc.disable()
    try:
        start = process_time()
        work()
        return process_time() - start
    finally:
        gc.enable()


@pytest.mark.parametrize("part", REPEATED, ids=ascii)
def test_time_grows_with_the_length_and_no_faster(part: str) -> None:
    short = (part * LONGEST)[: LONGEST // HOW_OFTEN]
    long = (part * LONGEST)[:LONGEST]
    once = min(seconds(lambda: read_ticket(short, TITLES)) for _ in range(3))
    # Eight times the text takes sixty-four times as long where time grows with the square of it.
    allowed = 4 * HOW_OFTEN * once + 0.2
    assert any(seconds(lambda: read_ticket(long, TITLES)) < allowed for _ in range(3))
