"""Which place a name means: by size, by the countries that the text names, and by what follows a comma."""

import re

import pytest

from pipeline.names import Mention
from pipeline.names.gazetteer import Place, demonym, identified, named, region, resolve
from pipeline.seeds import TABLES, rows


def resolved(text: str) -> dict[str, Place]:
    """The places of the names in [brackets]."""
    names = re.findall(r"\[(.+?)\]", text)
    plain = text.replace("[", "").replace("]", "")
    found, at = [], 0
    for name in names:
        at = plain.index(name, at)
        found.append(Mention(at, at + len(name), name, "place"))
    return resolve(found, plain)


@pytest.mark.parametrize(
    ("text", "name", "means"),
    [
        ("in [Paris] today", "Paris", ("FR", "11")),
        ("in [Paris], Texas", "Paris", None),
        ("in [Birmingham] today", "Birmingham", ("GB", "ENG")),
        ("in [Birmingham], Alabama", "Birmingham", ("US", "AL")),
        ("in [Birmingham], Ala., today", "Birmingham", ("US", "AL")),
        ("in [Birmingham] and all over the [United States]", "Birmingham", ("US", "AL")),
        ("[London] and [Canada]", "London", ("GB", "ENG")),
        ("[London], Ontario", "London", ("CA", "08")),
        ("[Georgia] and [Russia]", "Georgia", ("GE", "")),
        ("[Georgia], [Alabama] and [Texas]", "Georgia", ("US", "GA")),
        ("in [New York] City", "New York", ("US", "NY")),
        ("in the [U.S.] and the [UK]", "U.S.", ("US", "")),
        ("in the [U.S.] and the [UK]", "UK", ("GB", "")),
        ("in [Türkiye]", "Türkiye", ("TR", "")),
        ("in [Bogota]", "Bogota", ("CO", "34")),
        ("in [Kiev]", "Kiev", ("UA", "12")),
        ("[China], Russia and Iran", "China", ("CN", "")),
        ("in [Kestrel Bay]", "Kestrel Bay", None),
        ("in [Punjab], as [Pakistan] said", "Punjab", ("PK", "04")),
        ("in [Central Java]", "Central Java", ("ID", "07")),
        ("in [Moscow] today", "Moscow", ("RU", "48")),
        ("[Georgia] joined; [United States] troops left", "Georgia", ("GE", "")),
        ("demonstrations in [Kyiv], [Lviv] and [Odesa]", "Kyiv", ("UA", "12")),
        ("police in [Westminster]", "Westminster", None),
        ("police in [Westminster] and [Denver]", "Westminster", ("US", "CO")),
        ("riots in the [North East]", "North East", None),
        # a body's name, and teams
        ("[LA] CROSSE, Wis.", "LA", None),
        ("in the league match the coach and the squad of the [U.S.] beat the [United States] of 1950", "U.S.", None),
        ("the coach, the squad and the league in the [United States]: the [U.S.] is no team", "U.S.", ("US", "")),
        ("the [Ohio] State recruiter", "Ohio", None),
        ("[Wales] beat [Samoa] in the cup final, the coach praised the squad, the league", "Wales", None),
        ("[Wales] beat [Samoa] in the cup final, the coach praised the squad, the league", "Samoa", None),
        ("The league match: the coach and the squad flew to [Lyon] in [France]", "Lyon", ("FR", "84")),
        ("[Wales] beat its target for wind power", "Wales", ("GB", "WLS")),
    ],
)
def test_gazetteer_resolves(text: str, name: str, means: tuple[str, str] | None) -> None:
    place = resolved(text).get(name)
    assert (place and (place.country, place.area)) == means


def test_gazetteer_places_alaska_in_the_us() -> None:
    (alaska,) = named("Alaska")
    assert (alaska.kind, alaska.country, alaska.wikidata) == ("region", "US", "Q797")
    assert alaska.lat == pytest.approx(64, abs=2)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("French", "France"),
        ("Welsh", "Wales"),
        ("New Zealanders", "New Zealand"),
        ("Georgian", None),
        ("Martian", None),
    ],
)
def test_gazetteer_knows_demonyms(name: str, place: str | None) -> None:
    found = demonym(name)
    assert (found and found.name) == place


def test_gazetteer_demonyms_are_of_places_in_the_table() -> None:
    for _, place in rows("demonyms.tsv"):
        assert named(place)[0].kind in ("country", "region"), place


def test_gazetteer_tells_the_region_of_a_place() -> None:
    told = {name: region(named(name)[0]) for name in ("Houston", "Lyon", "Alaska", "France", "Yorkshire")}
    expected = {
        "Houston": "Texas",
        "Lyon": "Auvergne-Rhône-Alpes",
        "Alaska": "Alaska",
        "France": None,
        "Yorkshire": None,
    }
    assert told == expected


def test_gazetteer_table_is_whole() -> None:
    table = rows("places.tsv")
    assert (TABLES / "places.tsv").stat().st_size < 2_000_000
    countries = [row for row in table if row[0] == "country"]
    assert len(countries) > 220
    for kind, name, _, country, _, lat, lon, _, wikidata, geonames in table:
        assert -90 <= float(lat) <= 90, name
        assert -180 <= float(lon) <= 180, name
        assert kind != "country" or (len(country) == 2 and wikidata), name
        assert identified(wikidata or None, int(geonames or 0) or None) or not (wikidata or geonames), name
