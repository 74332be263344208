"""Where the places of an article lie: countries, their first-level regions, and large cities."""

from typing import Any

from pipeline.names import gazetteer
from pipeline.names.tables import PLACES
from pipeline.steps import Reading, step


@step(version=1, task="names_and_quotes", needs=("entities",), languages=("en", "fr"), tables=PLACES)
def places(reading: Reading) -> list[dict[str, Any]]:
    """A row for each entity of type place that the table knows; degrees north and east, a country's middle."""
    found = []
    for entity in reading.layer("entities"):
        place = _place(entity) if entity["type"] == "place" else None
        if place:
            region = gazetteer.region(place)
            where = {"country": place.country or None, "region": region, "lat": place.lat, "lon": place.lon}
            ids = {"wikidata": place.wikidata, "geonames": place.geonames}
            found.append({"entity": entity["id"], "name": place.name.removeprefix("The "), **where, **ids})
    return found


def _place(entity: dict[str, Any]) -> gazetteer.Place | None:
    """By the entity's ids; a team, which has none, plays for its country or region."""
    if entity["wikidata"] or entity["geonames"]:
        return gazetteer.identified(entity["wikidata"], entity["geonames"])
    homes = [p for p in gazetteer.named(entity["name"]) if p.kind != "city" and p.wikidata]
    return homes[0] if len(homes) == 1 else None
