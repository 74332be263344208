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
REGION = 6.5  # one that news names often: below a country of its name, above most cities
SELDOM = 1.0  # in powers of ten: any other region is worth less than a city of its name, and at most the next
SELDOM_AT_MOST = 6.0
SAME_COUNTRY = 1.2
"""In powers of ten of population: a city is worth 16 times its size where its country is named in the text; so
Birmingham is in Alabama in news of the US, and London is not in Ontario in news of Canada."""

GREAT = 1_000_000
SPORT = 3  # different words by which a text speaks of sport
REACH = 20  # characters before a name
CAPITALS = 3  # longer names may be all in capitals, as in datelines

PART = re.compile(r"^mainland\s+|\s+(?:[Pp]rovince|state|[Rr]egion)$")
"""What may stand around a country's or region's name: "Hunan province"; "Ohio State" plays football."""

PARENT = re.compile(r",\s+((?:[A-Z][\w.’'-]*\s?){1,4})")
"""What may say where a place is: "Paris, Texas"."""


class Place(NamedTuple):
    """A row of the table: `kind` is country, region or city, `area` the code of its first-level region."""

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
    """All places of this name or alias, in the table's order: countries, great regions, cities by size, others."""
    plain = folded(name).removeprefix("the ").removeprefix("The ")
    spelt = [plain, f"{plain}."]
    if plain.isupper() and len(plain) > CAPITALS:
        spelt.append(plain.title())
    if found := next((rows for s in spelt if (rows := _by_name().get(s))), None):
        return found
    return tuple(p for p in _by_name().get(PART.sub("", plain), ()) if p.kind != "city")


@cache
def demonym(name: str) -> Place | None:
    """The country or region whose people or things a word names: "French"; None where it may be two."""
    found = next((place for word, place in seeds.rows("demonyms.tsv") if word == folded(name)), None)
    return named(found)[0] if found else None


def region(place: Place) -> str | None:
    """The name of the first-level region in which a place lies, or that it is."""
    return _areas().get((place.country, place.area)) if place.area else None


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
def _areas() -> dict[tuple[str, str], str]:
    return {(p.country, p.area): p.name.removesuffix(" state") for p, _ in _rows() if p.kind == "region" and p.area}


@cache
def _by_id() -> dict[int | str | None, Place]:
    return {key: place for place, _ in _rows() for key in (place.geonames, place.wikidata) if key}


def resolve(mentions: Iterable[Mention], text: str) -> dict[str, Place]:
    """The place that each name means in this text, where the table has one that fits what the text says of it."""
    names: dict[str, list[Mention]] = {}
    for mention in mentions:
        if not _goes_on(mention, text):
            names.setdefault(mention.text, []).append(mention)
    said = {name: country for name in names if (country := _said(name))}
    states = Counter(country for name, country in said.items() if all(p.kind != "country" for p in named(name)))
    found = {}
    for name, places in names.items():
        parents = [parent for m in places for parent in _parents(text, m.end)]
        fitting = [p for p in named(name) if not parents or any(_may_lie_in(p, parent) for parent in parents)]
        if fitting:  # a state whose name a country bears too ("Georgia") is meant beside other states only
            countries = states if fitting[0].kind == "country" else Counter(said.values())
            found[name] = max(fitting, key=lambda p: _weight(p, countries))
    found = _without_strangers(found, names, text)
    return _without_teams(found, names, text) if _speaks_of_sport(text) else found


def _without_strangers(found: dict[str, Place], names: dict[str, list[Mention]], text: str) -> dict[str, Place]:
    """Without towns of countries that nothing else in the text speaks of: Westminster is in Colorado too."""
    homes = Counter(place.country for place in set(found.values()))
    told = {place for name, place in found.items() if any(_parents(text, m.end) for m in names[name])}
    return {
        name: place
        for name, place in found.items()
        if place.wikidata or place.population >= GREAT or homes[place.country] > 1 or place in told
    }


def _goes_on(mention: Mention, text: str) -> bool:
    """Whether the name is the beginning of a longer one: "Ohio State", "LA CROSSE"."""
    ahead = text[mention.end : mention.end + REACH]
    return bool(_team_words()["name"].match(ahead) or (mention.text.isupper() and re.match(r"\s+[A-Z]{3}", ahead)))


def _without_teams(found: dict[str, Place], names: dict[str, list[Mention]], text: str) -> dict[str, Place]:
    """Without the places for which their teams seem to stand, by all names of each."""
    told: dict[Place, list[Mention]] = {}
    for name, place in found.items():
        told.setdefault(place, []).extend(names[name])
    return {name: place for name, place in found.items() if not _plays(place, told[place], text)}


def _said(name: str) -> str:
    """The country that a country's or great region's name says; empty where it may say two ("Georgia")."""
    countries = {p.country for p in named(name) if p.kind != "city" and p.wikidata}
    return countries.pop() if len(countries) == 1 else ""


def _parents(text: str, end: int) -> tuple[Place, ...]:
    """The countries and regions of the longest name that follows a comma."""
    after = PARENT.match(text, end)
    words = after[1].split() if after else []
    for count in range(len(words), 0, -1):
        phrase = " ".join(words[:count])
        for name in (phrase, phrase.rstrip("."), f"{phrase} state"):
            rows = named(name)
            if rows and rows[0].kind == "city":  # a list: "Kyiv, Lviv and Odesa"
                return ()
            if parents := tuple(p for p in rows if p.kind != "city" and p.country):
                return parents
    return ()


@cache
def _team_words() -> dict[str, re.Pattern[str]]:
    """What tells sport; what stands after a team, before one, and before a place; what makes a body's name of one."""
    told = {kind: "|".join(re.escape(w) for w in words.split("|")) for kind, words in seeds.rows("team_words.tsv")}
    after = re.compile(rf"(?:['’]s?)?\s+(?:{told['after']})(?!\w)|\s+\d+[-–]\d+|['’]s\s+\d+[-–]\d+")
    before = {kind: re.compile(rf"(?<!\w)(?:{told[kind]})\s+(?:the\s+)?$") for kind in ("before", "where")}
    sport = re.compile(rf"\b(?:{told['sport']})\b")
    return {"sport": sport, "after": after, "name": re.compile(rf"\s+(?:{told['name']})\b"), **before}


def _speaks_of_sport(text: str) -> bool:
    return len(set(_team_words()["sport"].findall(text))) >= SPORT


def _plays(place: Place, places: list[Mention], text: str) -> bool:
    """Whether names in news of sport may be a team's: as often as something is there; a city by itself."""
    words = _team_words()
    there = sum(bool(words["where"].search(text, max(0, m.start - REACH), m.start)) for m in places)
    before = (words["before"].search(text, max(0, m.start - REACH), m.start) for m in places)
    plays = sum(bool(b or words["after"].match(text, m.end)) for b, m in zip(before, places, strict=True))
    return plays >= there and (plays > 0 or place.kind == "city")


def _may_lie_in(place: Place, parent: Place) -> bool:
    """A great city before a country may be a list: "Moscow, Ukraine"."""
    if place.kind != "city" or (parent.kind == "country" and place.population >= GREAT):
        return True
    return place.country == parent.country and (not parent.area or parent.area == place.area)


def _weight(place: Place, countries: Counter[str]) -> float:
    size = log10(max(place.population, 1))
    if place.kind == "region":
        size = REGION if place.wikidata else min(size - SELDOM, SELDOM_AT_MOST)
    return size + COUNTRY_FIRST * (place.kind == "country") + SAME_COUNTRY * bool(countries[place.country])
