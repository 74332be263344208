"""What the tables know of names: people and bodies with their Wikidata items, and what is no name."""

import re
from functools import cache
from typing import NamedTuple

from pipeline import seeds
from pipeline.model import EntityType
from pipeline.names import folded

PLACES = ("demonyms.tsv", "places.tsv", "team_words.tsv")
TABLES = ("no_names.txt", "organisations.tsv", "people.tsv", *PLACES, "titles.txt")

POLITICS = re.compile(
    r"\b(?:[Ss]enat(?:or|e)s?|[Cc]ongress\w*|Sen\.|Rep\.|Republicans?|Democrats?|Democratic|Capitol)\b"
)
"""Common names of members of congress are linked only in texts that say one of these."""


class Known(NamedTuple):
    """An entry of a table; `kind` is "congress" for names that many others bear."""

    name: str
    type: EntityType
    wikidata: str | None
    kind: str = ""


def known(name: str) -> Known | None:
    """The one person or body of this very name; None where there is none, or more than one."""
    found = bearers(name)
    return found[0] if len(found) == 1 else None


@cache
def bearers(name: str) -> tuple[Known, ...]:
    """Every person and body of this name."""
    return tuple(_by_name().get(folded(name), {}).values())


@cache
def _by_name() -> dict[str, dict[str | None, Known]]:
    found: dict[str, dict[str | None, Known]] = {}
    for entry, names in [*_people(), *_bodies()]:
        for name in {folded(n) for n in names if n}:
            found.setdefault(name, {})[entry.wikidata] = entry
    return found


def _people() -> list[tuple[Known, list[str]]]:
    return [
        (Known(name, "person", item, kind), [name, *others.split("|")])
        for name, others, kind, item in seeds.rows("people.tsv")
    ]


def _bodies() -> list[tuple[Known, list[str]]]:
    types: dict[str, EntityType] = {t: t for t in ("organisation", "group", "event", "other")}
    return [
        (Known(name, types[kind], item or None), [name, *others.split("|")])
        for name, others, kind, item in seeds.rows("organisations.tsv")
    ]


@cache
def no_names() -> frozenset[str]:
    """What the model takes for a name and is none."""
    return frozenset(seeds.lines("no_names.txt"))


@cache
def titles() -> re.Pattern[str]:
    """Matches the titles at the start of a person's name: "US president ", "Mr "."""
    words = "|".join(re.escape(t).replace(r"\ ", r"\s+") for t in sorted(seeds.lines("titles.txt"), key=len)[::-1])
    return re.compile(rf"(?:(?:former|then|ex|vice|deputy|acting)[\s-]+)?(?:{words})\b\.?(?:\s+|$)", re.IGNORECASE)
