"""Where the places of an article lie: countries, regions that news names, and large cities."""

from typing import Any

from pipeline.names import gazetteer
from pipeline.steps import Reading, step


@step(version=1, task="names_and_quotes", needs=("entities",), languages=("en",), tables=("places.tsv",))
def places(reading: Reading) -> list[dict[str, Any]]:
    """A row for each entity of type place that the table knows; degrees north and east, a country's middle."""
    found = []
    for entity in reading.layer("entities"):
        place = gazetteer.identified(entity["wikidata"], entity["geonames"]) if entity["type"] == "place" else None
        if place:
            where = {"country": place.country or None, "lat": place.lat, "lon": place.lon}
            ids = {"wikidata": place.wikidata, "geonames": place.geonames}
            found.append({"entity": entity["id"], "name": place.name.removeprefix("The "), **where, **ids})
    return found
