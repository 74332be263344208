"""Every entity has a row: its ids, or why there are none; places carry their region, a team that of its country."""

from typing import Any

import pytest

from pipeline.names import gazetteer
from tests.steps.reading import layers

TEXT = (
    "Emmanuel Macron flew to Houston on Monday. Mike Rogers, a fisherman, met the French minister Bo Lindqvist there. "
    "NASA and Barclays said nothing in Paris, Texas."
)


def rows(text: str, layer: str) -> dict[str, dict[str, Any]]:
    """Entity name to its row."""
    found = layers(text)
    names = {entity["id"]: entity["name"] for entity in found["entities"]}
    return {names[row["entity"]]: row for row in found[layer]}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Emmanuel Macron", ("Q3052772", None, None, 0.95, None)),
        ("Houston", ("Q16555", 4699066, "US", 0.95, None)),
        ("French", ("Q142", 3017382, "FR", 0.95, None)),
        ("NASA", ("Q23548", None, None, 0.95, None)),
        ("Barclays", ("Q245343", None, None, 0.95, None)),
        ("Bo Lindqvist", (None, None, None, None, "unknown")),
        ("Mike Rogers", (None, None, None, None, "ambiguous")),
        ("Paris", (None, None, None, None, "ambiguous")),
    ],
)
def test_links_say_ids_or_why_not(name: str, said: tuple[Any, ...]) -> None:
    row = rows(TEXT, "links")[name]
    assert tuple(row[key] for key in ("wikidata", "geonames", "country", "score", "unlinked")) == said


def test_links_have_a_row_for_each_entity_and_its_ids() -> None:
    found = layers(TEXT)
    entities = [(e["id"], e["wikidata"], e["geonames"]) for e in found["entities"]]
    assert [(row["entity"], row["wikidata"], row["geonames"]) for row in found["links"]] == entities


def test_places_tell_region_and_country() -> None:
    found = rows(TEXT, "places")
    assert (found["Houston"]["country"], found["Houston"]["region"]) == ("US", "Texas")
    assert "French" not in found  # an adjective is no place


def test_places_tell_the_country_of_a_team_that_is_linked_to_none() -> None:
    text = "Iceland beat Hungary 2-1 in the qualifier. The coach praised his squad after the match."
    linked, placed = rows(text, "links"), rows(text, "places")
    assert linked["Hungary"]["unlinked"] == "ambiguous"
    assert placed["Hungary"]["country"] == "HU"


def test_entities_join_the_words_for_one_people() -> None:
    text = "The French army left. Many Frenchmen stayed; a French officer spoke."
    (french,) = [e for e in layers(text)["entities"] if e["wikidata"] == "Q142"]
    assert french["type"] == "group"


def test_links_and_places_know_french_names_of_countries() -> None:
    for name, item in (("Allemagne", "Q183"), ("Etats-Unis", "Q30"), ("Londres", "Q84")):
        assert gazetteer.named(name)[0].wikidata == item
    assert not [p for p in gazetteer.named("Maurice") if p.kind == "country"]  # a first name in English
