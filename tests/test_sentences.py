"""Sentences by rules: what ends one in each language, and what only looks so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sentences import spans


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["Mr. Holm went to the U.S.", "He met J. P. Lind of Tern Inc.", "The U.S. President left."]),
        ("en", ["It cost $3.5 million.", "(It did.)", "“No.”", "“Yes!” she said.", "Is it?", "'Sure...'", "The end"]),
        ("de", ["Am 5. August kam Dr. Lind, z. B. mit 3 Mio. Euro.", "Die 2. Bundesliga spielt.", "Es war 2010."]),
        ("de", ["„Das ist gut.“", "Ludwig XIV. Frankreichs sah die Möwe usw.", "Das war alles."]),
        ("fr", ["M. Le Brun a parlé.", "« C’est ça. »", "Puis « Oui ! », a-t-il dit.", "— Ça va ?", "L'Europe dort…"]),
        ("fr", ["Le prix est de 3.500 euros.", "Mme Holm, etc.", "Elle dort."]),
        ("es", ["El Sr. De la Rúa llegó a EE. UU. ayer.", "¿Qué pasó?", "¡Nada!", "«Sí.»", "El 5 de mayo."]),
        ("zh", ["他说：“好。”", "然后走了。"]),
        ("hi", ["यह है।", "वह है।"]),
        ("xx", ["One ends.", "Another, e.g. this, goes on."]),
    ],
)
def test_sentences_end_where_they_end(language: str, sentences: list[str]) -> None:
    text = ("" if language == "zh" else " ").join(sentences)
    assert [text[start:end] for start, end in spans(text, language)] == sentences


def test_sentences_end_with_their_line() -> None:
    text = "A headline\n\n  The text.  More \nof it\u00a0\n"
    assert [text[start:end] for start, end in spans(text, "en")] == ["A headline", "The text.", "More", "of it"]


@given(st.text(alphabet="aA5 .?!…»“\"'\n。—\u00a0", max_size=60), st.sampled_from(["en", "de", "fr", "es", "xx"]))
def test_sentences_hold_all_that_is_no_white_space(text: str, language: str) -> None:
    found = spans(text, language)
    assert "".join("".join(text[a:b].split()) for a, b in found) == "".join(text.split())
    assert all(text[a:b] == text[a:b].strip() and "\n" not in text[a:b] for a, b in found)


def test_sentences_of_hostile_text_cost_no_square() -> None:
    for hostile in (
        "." * 100_000,
        ". A" * 40_000,
        ".)" * 50_000,
        ". " + "«" * 100_000,
        "." + " " * 100_000,
        "a.b" * 40_000,
    ):
        spans(hostile, "de")
