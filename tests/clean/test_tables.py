"""The tables of cleaning: every row fits its example, and none fits prose."""

import pytest

from pipeline import seeds
from pipeline.clean.furniture import NAMED, without_furniture
from pipeline.clean.names import names
from pipeline.clean.refusals import patterns

FURNITURE = [row[1] for row in seeds.rows("furniture.tsv") if not NAMED.fullmatch(row[0])]
REFUSALS = [(row[0], row[1], row[3]) for row in seeds.rows("refusals.tsv")]
COUNTERS = [
    "Updated 2 hours ago",
    "Just now",
    "Last updated: 22 November 2026, 14:05 GMT",
    "Posted: Nov 22, 2026 / 12:00 PM EST",
    "This page was last updated at 14:05 GMT",
    "2026-11-22 14:05",
    "12 Comments | 3 Shares",
    "1.2M views",
    "Share 45",
    "37 reading now",
    "Zuletzt aktualisiert: 22.11.2026, 14:05 Uhr",
    "Stand: 22.11.2026 14:05 Uhr",
    "Vor 3 Tagen aktualisiert",
    "1.204 Aufrufe",
    "Publié le 22 novembre 2026 à 14h05, mis à jour à 15h10",
    "Mis à jour il y a 5 minutes",
    "1 204 vues",
    "Última actualización: 22 de noviembre de 2026, 14:05",
    "hace 2 horas",
    "1.204 visitas",
    "Aggiornato il 22 novembre 2026",
    "2 uur geleden",
    "för 5 minuter sedan",
    "2026年8月5日 15時04分",
]
SENTENCES = [
    "“Read more, talk less,” she said.",
    "More than 400 ships lay in port.",
    "Share prices fell by a tenth.",
    "Follow the money, he told the court.",
    "Sign up for the crew early and you get the better bunk, Ms Holm said.",
    "Published in 2003, the novel sold few copies.",
    "Comments by the minister angered the crews.",
    "Photographs of the wreck show no oil.",
    "Related charges were dropped.",
    "Copyright law is not the answer, says the union.",
    "He said: “Listen: the sea is calm.”",
    "Source code of the ferry's control system was stolen.",
    "Watch towers line the coast.",
    "Anzeige erstattete der Kapitän am Montag.",
    "Updated timetables hang at 12 piers.",
    "Published figures show 300 empty berths.",
    "Two years ago the ferry sank.",
    "5 years ago today the ferry sank.",
    "Stand der Dinge: 300 Schiffe liegen fest.",
    "Vor 5 Minuten fuhr die letzte Fähre.",
    "Il y a 2 ans, le port était fermé.",
    "Hace 3 días que no sale ningún barco.",
    "300 readers wrote to us about the ferry.",
    "300 views on a strike",
    "Read 3 times, the bill passed.",
    "1 of 12 crews stayed on board.",
    "14:05",
    "22 November 2026",
    "22.11.2026",
    "2026",
    "7",
    "By then the crews had left 5 years of quarrels behind.",
    "By noon three crews had come. It was 5 hours ago.",
    "12 votes decided it.",
    "The crews met, updated figures in hand, at 14:05 in Solvik.",
    "It began in Solvik, 22 May 2026, at 14:05, when Ada Holm rang.",
    "By 2026, 300 ferries",
]


@pytest.mark.parametrize("line", [*FURNITURE, "ADVERTISEMENT", "- Read more", "► Lesen Sie auch: Neues", *COUNTERS])
def test_furniture_goes(line: str) -> None:
    assert without_furniture([SENTENCES[1], line]) == [SENTENCES[1]]


def test_furniture_keeps_credits_inside_the_text() -> None:
    text = ["Text: Ada Holm", SENTENCES[1]]
    assert without_furniture([*text, "Text: Ada Holm", "Data work: Bo Lind"]) == text


@pytest.mark.parametrize("line", SENTENCES)
def test_furniture_leaves_prose(line: str) -> None:
    assert without_furniture([line]) == [line]


@pytest.mark.parametrize(("kind", "where", "example"), REFUSALS)
def test_refusals_fit_their_examples(kind: str, where: str, example: str) -> None:
    assert patterns(kind, where).search(example)


@pytest.mark.parametrize(
    ("byline", "found"),
    [
        ("By Ada Holm", ("Ada Holm",)),
        ("Von Ada Holm und Bo Lind", ("Ada Holm", "Bo Lind")),
        ("Par Ada Holm avec AFP", ("Ada Holm", "AFP")),
        ("Ada Holm; Bo Lind; Ada Holm", ("Ada Holm", "Bo Lind")),
        ("ada@tern.example", ()),
        ("https://tern.example/authors/ada", ()),
        ("Staff Reporter", ()),
        ("Newsroom", ()),
        ("渡辺洋介", ("渡辺洋介",)),
        ("By Ada Holm, political correspondent, and Bo Lind in Upper Solvik", ("Ada Holm", "Bo Lind")),
        ("Von Ada Holm (Text), Korrespondentin in Oslo, und Bo Lind", ("Ada Holm", "Bo Lind")),
        ("Par Ada Holm, envoyée spéciale à Lima, et Bo Lind", ("Ada Holm", "Bo Lind")),
        ("Por Ada Holm, corresponsal en Oslo, y Bo Lind", ("Ada Holm", "Bo Lind")),
        ("Ada Holm in New York", ("Ada Holm",)),
        ("Written by: ADA HOLM", ("ADA HOLM",)),
        ("x" * 500, ()),
    ],
)
def test_names_are_people(byline: str, found: tuple[str, ...]) -> None:
    assert names([byline]) == found
