"""Readability: syllables by spelling, and the established formula of each language."""

import pytest

from pipeline.model import Annotation
from pipeline.steps import Reading
from pipeline.steps.readability import FORMULAS, readability, syllables
from tests.documents_made_up import document
from tests.steps.reading import PARSER

SYLLABLES = {
    "de": "neue:2 theater:3 idee:2 regierung:3 häuser:2 leute:2 spiel:1 see:1 dauer:2 bauen:2 quelle:2",
    "en": "the:1 little:2 makes:1 created:3 asked:1 nation:2 special:2 area:3 table:2 largely:2 statements:2 going:2",
    "es": "ayer:2 oía:3 ciudad:2 baúl:2 que:1 guerra:2 país:2 muy:1 y:1 economía:5 quien:1 reunión:2",
    "fr": "le:1 création:3 parlaient:2 moment:2 idées:2 homme:1 noël:2 maïs:2 parlèrent:2 qu'une:1 aujourd'hui:3",
}


@pytest.mark.parametrize("language", SYLLABLES)
def test_readability_counts_what_is_spoken(language: str) -> None:
    for word, count in (pair.split(":") for pair in SYLLABLES[language].split()):
        assert syllables(word, FORMULAS[language]) == int(count), word


def read(text: str, language: str) -> dict[str, object]:
    start, spans = 0, []
    for line in text.split("\n"):
        spans.append({"start": start, "end": start + len(line)})
        start += len(line) + 1
    layers = {
        "language": Annotation(version=1, value={"code": language, "score": 1.0}),
        "sentences": Annotation(version=1, value=spans),
    }
    return dict(readability.run(Reading(document(text=text, layers=layers), PARSER)))


@pytest.mark.parametrize(
    ("language", "score", "grade"),
    # ten sentences of ten words, one syllable each: the formula can be worked out by hand
    [("en", 112.1, "very easy"), ("de", 111.5, "very easy"), ("es", 134.5, "very easy"), ("fr", 123.2, "very easy")],
)
def test_readability_is_the_established_formula(language: str, score: float, grade: str) -> None:
    found = read("\n".join(["Do " * 9 + "do."] * 10), language)
    assert (found["words"], found["sentences"], found["syllables"]) == (100, 10, 100)
    assert (found["score"], found["grade"]) == (score, grade)


def test_readability_falls_with_long_words_and_leaves_headings_out() -> None:
    found = read("A heading\n" + "Administrative considerations obliterated representatives. " * 14, "en")
    assert found["grade"] == "very difficult"
    assert found["sentences"] == 1


def test_readability_of_a_short_text_is_none() -> None:
    found = read("It was so.\nAnd then it was not.", "en")
    assert (found["score"], found["grade"], found["words"]) == (None, None, 8)
    assert read("", "fr")["sentences"] == 0
