"""Which place a name means: countries, regions that news names, and large cities."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from math import log10
from typing import NamedTuple

from pipeline import seeds
from pipeline.names import Mention, folded

COUNTRY_FIRST = 1.0
REGION = 6.5  # as a region has no population in the table: below a country of its name, above most cities
SAME_COUNTRY = 1.2
"""In powers of ten of population: a city is worth 16 times its size where its country is named in the text; so
Birmingham is in Alabama in news of the US, and London is not in Ontario in news of Canada."""

GREAT = 1_000_000
CAPITALS = 3  # longer names may be all in capitals, as in datelines

PART = re.compile(r"^mainland\s+|\s+(?:[Pp]rovince|[Ss]tate|[Rr]egion)$")
"""What may stand around a country's or region's name: "Hunan province"."""

PARENT = re.compile(r",\s+((?:[A-Z][\w.’'-]*\s?){1,4})")
"""What may say where a place is: "Paris, Texas"."""


class Place(NamedTuple):
    """A row of the table: `kind` is country, region or city, `area` a US state's code."""

    kind: str
    name: str
    country: str
    area: str
    lat: float
    lon: float
    population: int
    wikidata: str | None
    geonames: int | None


def named(name: str) -> tuple[Place, ...]:
    """All places of this name or alias, in the table's order: countries, regions, cities by size."""
    plain = folded(name).removeprefix("the ").removeprefix("The ")
    spelt = [plain, f"{plain}."]
    if plain.isupper() and len(plain) > CAPITALS:
        spelt.append(plain.title())
    if found := next((rows for s in spelt if (rows := _by_name().get(s))), None):
        return found
    return tuple(p for p in _by_name().get(PART.sub("", plain), ()) if p.kind != "city")


def identified(wikidata: str | None, geonames: int | None) -> Place | None:
    """The place of an id."""
    return _by_id().get(geonames or wikidata)


@cache
def _rows() -> tuple[tuple[Place, list[str]], ...]:
    return tuple(
        (
            Place(
                kind, name, country, area, float(lat), float(lon), int(people or 0), item or None, int(geo or 0) or None
            ),
            [name, *filter(None, others.split("|"))],
        )
        for kind, name, others, country, area, lat, lon, people, item, geo in seeds.rows("places.tsv")
    )


@cache
def _by_name() -> dict[str, tuple[Place, ...]]:
    found: dict[str, list[Place]] = {}
    for place, names in _rows():
        for name in {folded(n).removeprefix("The ") for n in names}:
            found.setdefault(name, []).append(place)
    return {name: tuple(places) for name, places in found.items()}


@cache
def _by_id() -> dict[int | str | None, Place]:
    return {key: place for place, _ in _rows() for key in (place.geonames, place.wikidata) if key}


def resolve(mentions: Iterable[Mention], text: str) -> dict[str, Place]:
    """The place that each name means in this text, where the table has one that fits what the text says of it."""
    names: dict[str, list[Mention]] = {}
    for mention in mentions:
        names.setdefault(mention.text, []).append(mention)
    countries = Counter(country for name in names if (country := _said(name)))
    found = {}
    for name, places in names.items():
        parents = [parent for m in places for parent in _parents(text, m.end)]
        fitting = [p for p in named(name) if not parents or any(_may_lie_in(p, parent) for parent in parents)]
        if fitting:
            found[name] = max(fitting, key=lambda p: _weight(p, countries))
    return found


def _said(name: str) -> str:
    """The country that a country's or region's name says; empty where it may say two ("Georgia")."""
    countries = {p.country for p in named(name) if p.kind != "city"}
    return countries.pop() if len(countries) == 1 else ""


def _parents(text: str, end: int) -> tuple[Place, ...]:
    """The countries and regions of the longest name that follows a comma."""
    after = PARENT.match(text, end)
    words = after[1].split() if after else []
    for count in range(len(words), 0, -1):
        phrase = " ".join(words[:count])
        for name in (phrase, phrase.rstrip("."), f"{phrase} state"):
            if parents := tuple(p for p in named(name) if p.kind != "city" and p.country):
                return parents
    return ()


def _may_lie_in(place: Place, parent: Place) -> bool:
    """Only US cities have their state in the table; a great city before a country may be a list: "Moscow, Ukraine"."""
    if place.kind != "city" or (parent.kind == "country" and place.population >= GREAT):
        return True
    return place.country == parent.country and (not parent.area or parent.area == place.area)


def _weight(place: Place, countries: Counter[str]) -> float:
    size = REGION if place.kind == "region" else log10(max(place.population, 1))
    return size + COUNTRY_FIRST * (place.kind == "country") + SAME_COUNTRY * bool(countries[place.country])
