"""Mentions of one thing are one entity, cut to the name itself."""

import pytest

from tests.shared import shared
from tests.steps.reading import layers, names

SAMPLE = "seeds/000_9cc57cbc737d1a67.txt"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Bo Lindqvist resigned on Monday. Mr Lindqvist’s office in Dublin said so. Lindqvist led Ireland’s ports.",
            {"Bo Lindqvist": ["Bo Lindqvist", "Lindqvist", "Lindqvist"], "Dublin": ["Dublin"], "Ireland": ["Ireland"]},
        ),
        (
            "US president Donald Trump met President Vladimir Putin. Mr Trump praised Mr Putin. Donald J. Trump left.",
            {
                "Donald J. Trump": ["Donald Trump", "Trump", "Donald J. Trump"],
                "Vladimir Putin": ["Vladimir Putin", "Putin"],
            },
        ),
        (
            "The World Health Organization met on Friday in Geneva. The WHO said it would help.",
            {"World Health Organization": ["World Health Organization", "WHO"], "Geneva": ["Geneva"]},
        ),
        (
            "The United States and the U.K. signed. The US and Britain agreed.",
            {"United States": ["United States", "US"], "United Kingdom": ["U.K.", "Britain"]},
        ),
        (
            "Ursula von der Leyen spoke in Brussels. Ms von der Leyen said no.",
            {"Ursula von der Leyen": ["Ursula von der Leyen", "von der Leyen"], "Brussels": ["Brussels"]},
        ),
    ],
)
def test_entities_join_mentions(text: str, expected: dict[str, list[str]]) -> None:
    found = names(text)
    assert {name: found.get(name) for name in expected} == expected


def test_entities_carry_ids_only_where_a_table_is_sure() -> None:
    text = "Emmanuel Macron flew to France. Peter Lindqvist stayed in Kestrel Bay with Mike Rogers, a fisherman."
    ids = {e["name"]: (e["wikidata"], e["geonames"]) for e in layers(text)["entities"]}
    assert ids["Emmanuel Macron"] == ("Q3052772", None)
    assert ids["France"] == ("Q142", 3017382)
    assert ids["Peter Lindqvist"] == (None, None)
    assert ids.get("Mike Rogers", (None, None)) == (None, None)  # a common name, and no politics in the text


def test_entities_score_by_the_stated_rule() -> None:
    text = "Peter Lindqvist resigned. Mr Lindqvist left for France."
    scores = {e["name"]: e["score"] for e in layers(text)["entities"]}
    assert scores == {"Peter Lindqvist": 0.7, "France": 0.7}


@pytest.mark.shared
def test_entities_of_the_sample_article() -> None:
    text = shared(SAMPLE).read_text(encoding="utf-8").replace("RM Block\n", "")
    found = layers(text)
    presidents = {"Q22686": ("Trump", 8), "Q7747": ("Putin", 6), "Q3874799": ("Zelenskiy", 4)}
    for item, (surname, count) in presidents.items():
        (entity,) = [e for e in found["entities"] if e["wikidata"] == item]
        assert len(entity["mentions"]) == count == text.count(surname)
    placed = {p["name"] for p in found["places"]}
    assert placed >= {"Ukraine", "Russia", "Alaska", "Anchorage", "Kyiv", "Moscow", "China"}


def test_entities_of_a_french_text() -> None:
    text = (
        "Le président Émile Lambert a reçu M. Varga à Lyon. Selon M. Lambert, l’Organisation des ports et les "
        "Maliens attendent. Lyon dort."
    )
    found = {e["name"]: (e["type"], [m["text"] for m in e["mentions"]]) for e in layers(text, "fr")["entities"]}
    assert found["Émile Lambert"] == ("person", ["Émile Lambert", "Lambert"])
    assert found["Lyon"] == ("place", ["Lyon", "Lyon"])
    assert found["Maliens"] == ("group", ["Maliens"])
    assert "entities" not in layers(text, "de")
