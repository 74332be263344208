"""What counts as quoted: marks of all kinds, nested, left open, and going on in the next paragraph."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.quoting.marks import quoted


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("“We did,” he said. “It’s ‘good’ now.”", ["We did,", "It’s ‘good’ now."]),
        ('"We did," he said. "It\'s \'good\' now."', ["We did,", "It's 'good' now."]),
        ("‘It’s fine,’ he said of ‘the crews’ plan’.", ["It’s fine,", "the crews’ plan"]),
        ("'I don't know,' she said of the '90s.", ["I don't know,"]),
        ("''We won,'' he said. ``Yes''", ["We won,", "Yes"]),
        ("„Wir gehen“, sagte er. «Oui», dit-il. »Ja«, sagte sie.", ["Wir gehen", "Oui", "Ja"]),
        ("”Vi går”, sade hon.", ["Vi går"]),
        ("He said “a “nested” one” there.", ["a “nested” one"]),
        ('“Typed half" he said, "and half.” “So.“', ["Typed half", "and half.", "So."]),
        ("« Spaced », she said.", ["Spaced"]),
        ("", []),
        ('“” "" ‘’', []),
        ("A 6\" nail, a man of 5' 10\", rock 'n' roll", []),
        ("The crew’s and the Joneses’ boats", []),
        ("“Never closed, he said.\nNext line.", []),
        ("He said “never closed.\n“Next,” she said.", ["Next,"]),
        ("“One goes on.\n“Two goes on.\n\n“Three ends,” she said.", ["One goes on.", "Two goes on.", "Three ends,"]),
        ('"One goes on.\n\n"Two ends," she said.', ["One goes on.", "Two ends,"]),
    ],
)
def test_marks_find_what_is_quoted(text: str, found: list[str]) -> None:
    assert [text[q.start : q.end] for q in quoted(text)] == found


@given(st.text(alphabet="aB “”\"'‘’«»„`.,\n", max_size=200))
def test_marks_are_in_order_and_within_their_paragraph(text: str) -> None:
    at = 0
    for q in quoted(text):
        assert at <= q.open < q.start < q.end <= q.close <= len(text)
        assert "\n" not in text[q.open : q.close]
        at = q.close


@pytest.mark.parametrize("unit", ["“", "“a ", '"a ', "‘a ", "'a b ", "”", "“\n", "„“"])
def test_marks_read_a_page_of_marks(unit: str) -> None:
    """A search that grows with the square of the page would not come back from this."""
    assert len(quoted(unit * (100_000 // len(unit)))) <= 100_000
