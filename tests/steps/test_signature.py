"""Signatures tell edited copies from other texts, in any script, and are the same everywhere."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.steps import Reading
from pipeline.steps.signature import shingles, signature, similarity
from tests.documents_made_up import document
from tests.steps.reading import PARSER

NUMBERS = [
    f"Sentence {n} says that ferry {n} sailed for port {n * 7} with {n * 13} crates of oranges." for n in range(60)
]
REPORT = " ".join(NUMBERS)


def of(text: str) -> str:
    value = signature.annotate(Reading(document(text=text), PARSER)).value
    assert isinstance(value, str)
    return value


@pytest.mark.parametrize(
    ("what", "other", "least", "most"),
    [
        ("the same", REPORT, 1.0, 1.0),
        ("other case, punctuation and lines", REPORT.upper().replace(". ", "!\n"), 1.0, 1.0),
        ("one sentence more", REPORT + " The harbour master has not replied.", 0.9, 1.0),
        ("a third cut away", " ".join(NUMBERS[:40]), 0.5, 0.8),
        ("the same words in another order", " ".join(sorted(REPORT.split())), 0.0, 0.1),
        ("another text", "Voters in the hill towns go to the polls on Sunday to choose a mayor. " * 20, 0.0, 0.05),
        ("no text", "", 0.0, 0.0),
    ],
)
def test_signature_similarity(what: str, other: str, least: float, most: float) -> None:
    assert least <= similarity(of(REPORT), of(other)) <= most, what


@pytest.mark.parametrize(
    "text", ["選挙は日曜日に行われる。有権者は新しい市長を選ぶ。" * 3, "การเลือกตั้งจะมีขึ้นในวันอาทิตย์นี้" * 3]
)
def test_signature_reads_scripts_without_spaces(text: str) -> None:
    assert similarity(of(text), of(text + text[:9])) > 0.5
    assert similarity(of(text), of(text[::-1])) < 0.3


def test_signature_is_the_same_in_every_process() -> None:
    assert of("Crews voted to strike on Friday.")[:16] == "7bc4bd3ee05f6260"  # pragma: allowlist secret


@settings(max_examples=30, deadline=None)
@given(st.text(), st.text())
def test_signature_similarity_is_symmetric_and_of_one_length(one: str, other: str) -> None:
    assert similarity(of(one), of(other)) == similarity(of(other), of(one))
    assert len(of(one)) == (512 if shingles(one) else 0)
    assert similarity(of(one), of(one)) == (1.0 if shingles(one) else 0.0)
