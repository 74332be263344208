"""The named people, bodies, places and other things of an article, each with all of its mentions.

`score` is a rule, not a probability: half for a name that the model found, a fifth where a table knows it, and a tenth
each for a name of two words or more, for a second mention, and for a third.
"""

from collections import Counter
from typing import Any

from pipeline.model import EntityType
from pipeline.names import Mention, gazetteer
from pipeline.names.gazetteer import Place
from pipeline.names.joining import join
from pipeline.names.mentions import mentions
from pipeline.names.spread import spread
from pipeline.names.tables import POLITICS, TABLES, known
from pipeline.steps import SCORE_DIGITS, Reading, step


@step(
    version=1, task="names_and_quotes", needs=("language",), languages=("en", "fr"), parse=("en", "fr"), tables=TABLES
)
def entities(reading: Reading) -> list[dict[str, Any]]:
    """Entities in the order of their first mention; mentions don't overlap."""
    found = spread(mentions(reading.parse), reading.parse)
    places = gazetteer.resolve((m for m in found if m.type == "place"), reading.text)
    political = POLITICS.search(reading.text) is not None
    groups = sorted(join(found, places).values(), key=lambda group: group[0])
    return [_entity(f"e{n}", group, places, political=political) for n, group in enumerate(groups, 1)]


def _entity(name: str, group: list[Mention], places: dict[str, Place], *, political: bool) -> dict[str, Any]:
    kind: EntityType = group[0].type
    place = next((places[m.text] for m in group if m.text in places), None) if kind == "place" else None
    home = gazetteer.demonym(group[0].text) if kind == "group" else place
    item = home.wikidata if home else _item(group, political=political)
    geonames = home.geonames if home else None
    longest = max(Counter(m.text for m in group), key=len)
    return {
        "id": name,
        "name": place.name.removeprefix("The ") if place else longest,
        "type": kind,
        "wikidata": item,
        "geonames": geonames,
        "score": _score(longest, len(group), in_table=bool(item or geonames)),
        "mentions": [{"start": m.start, "end": m.end, "text": m.text} for m in group],
    }


def _item(group: list[Mention], *, political: bool) -> str | None:
    """The Wikidata item where all names that a table knows mean the same one."""
    entries = {entry for m in group if (entry := known(m.text)) and entry.type == group[0].type}
    if len(entries) != 1:
        return None
    (entry,) = entries
    return entry.wikidata if political or entry.kind != "congress" else None


def _score(name: str, count: int, *, in_table: bool) -> float:
    return round(0.5 + 0.2 * in_table + 0.1 * (" " in name) + 0.1 * (count > 1) + 0.1 * (count > 2), SCORE_DIGITS)
