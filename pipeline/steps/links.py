"""Which thing of the world each entity is, by ids of Wikidata and GeoNames, or why that is not said.

The ids are the entities layer's own; `score` is a rule, not a probability.
"""

from typing import Any

from pipeline.names import gazetteer
from pipeline.names.tables import TABLES, bearers
from pipeline.steps import Reading, step

ALONE, CHOSEN = 0.95, 0.8
"""Scores where one thing of our tables bears the name, and where size and the rest of the text decided among more."""


@step(version=1, task="names_and_quotes", needs=("entities",), languages=("en", "fr"), tables=TABLES)
def links(reading: Reading) -> list[dict[str, Any]]:
    """A row for each entity: its ids and how sure they are, or `unlinked` with the reason."""
    return [_link(entity) for entity in reading.layer("entities")]


def _link(entity: dict[str, Any]) -> dict[str, Any]:
    """`country` is told of places, and of the people and things of one ("French")."""
    ids = {"wikidata": entity["wikidata"], "geonames": entity["geonames"]}
    linked = any(ids.values())
    place = gazetteer.identified(**ids) if linked and entity["type"] in ("place", "group") else None
    count = max(len(_named(mention["text"], entity["type"])) for mention in entity["mentions"])
    return {
        "entity": entity["id"],
        **ids,
        "country": (place and place.country) or None,
        "score": (ALONE if count == 1 else CHOSEN) if linked else None,
        "unlinked": None if linked else "ambiguous" if count else "unknown",
    }


def _named(name: str, kind: str) -> list[object]:
    """What of the tables bears a name: of places the countries among them, where there are any."""
    if kind == "group" and (home := gazetteer.demonym(name)):
        return [home]
    found: list[object] = [entry for entry in bearers(name) if entry.type == kind and entry.wikidata]
    places = gazetteer.named(name) if kind == "place" else ()
    return found or [p for p in places if p.kind == "country"] or [*places] or list(bearers(name))
