"""Walls and other non-articles are told by name, and articles that look like them land (walls.toml, articles.toml)."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from pipeline.clean import clean
from pipeline.errors import Rejected
from pipeline.model import Document
from tests.clean.made_up import ENTRY, URL, capture

HEADER = """<header><a href="/">Home</a> <a href="/news">News</a> <a href="/sport">Sport</a> <a href="/login">Log in</a>
<a href="/subscribe">Subscribe</a></header>"""
FOOTER = '<footer><a href="/privacy">Privacy</a> <a href="/cookies">Cookie policy</a><p>© Tern Herald</p></footer>'
HEADLINES = [
    (
        "Roof of the ticket hall fell in the night",
        "Nobody was in the hall when the roof came down, the caretaker says.",
    ),
    ("Fair on the quay will have a fiddler again", "Two hundred stalls have been booked, more than ever before."),
    ("Divers find nine rotten piles under the pier", "The firm that was paid to change them has no telephone."),
    ("Islands want a bridge of their own by 2030", "The treasurer calls it a dream, the islanders call it overdue."),
    ("Bakers of the upper town bake for the crews", "Bread goes down to the port every morning at five."),
    ("Harbour seals move into the marina basin", "Boat owners are divided: some feed them, some do not."),
]
GERMAN = [
    ("Dach der Fahrkartenhalle fiel in der Nacht", "Niemand war in der Halle, als es geschah, sagt der Hausmeister."),
    ("Auf dem Kai spielt wieder ein Geiger", "Zweihundert Stände sind gebucht, so viele wie nie zuvor."),
    ("Taucher finden neun faule Pfähle unter dem Pier", "Die Firma, die sie tauschen sollte, hat kein Telefon."),
    ("Die Inseln wollen bis 2030 eine eigene Brücke", "Der Kämmerer nennt es einen Traum, die Insulaner überfällig."),
    ("Bäcker der Oberstadt backen für die Mannschaften", "Das Brot geht jeden Morgen um fünf zum Hafen hinunter."),
]


def teasers(headlines: list[tuple[str, str]], way: str) -> str:
    return "".join(
        f'<article><h3><a href="/{way}/{number}">{headline}</a></h3><p>{text}</p></article>'
        for number, (headline, text) in enumerate(headlines)
    )


PARTS = {
    "{teasers}": teasers(HEADLINES, "a"),
    "{teasers2}": teasers([(f"{title}, a year on", text) for title, text in HEADLINES], "b"),
    "{teasers_de}": teasers(GERMAN, "c"),
    "{links}": "".join(f'<li><a href="/d/{n}">{headline}</a></li>' for n, (headline, _) in enumerate(HEADLINES * 3)),
    "{figures}": "".join(
        f'<figure><img src="{n}.jpg"><figcaption>{text} Photo: Bo Lind</figcaption></figure>'
        for n, (_, text) in enumerate(HEADLINES)
    ),
}
"""What the tables write in short."""


def pages(name: str) -> list[Any]:
    rows = tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))["page"]
    return [pytest.param(row, id=row["name"]) for row in rows]


def cleaned(row: dict[str, Any]) -> Document:
    body = row["body"]
    for short, part in PARTS.items():
        body = body.replace(short, part)
    if row.get("chrome", True):
        body = f"{HEADER}<main>{body}</main>{FOOTER}"
    head = f'<meta charset="utf-8"><title>{row["title"]}</title>{row.get("head", "")}'
    html = f'<!doctype html><html lang="{row.get("lang", "en")}"><head>{head}</head><body>{body}</body></html>'
    return clean(capture(html.encode(), url=row.get("url", URL)), ENTRY)


@pytest.mark.parametrize("row", pages("walls.toml"))
def test_walls_are_told_by_name(row: dict[str, Any]) -> None:
    with pytest.raises(Rejected) as caught:
        cleaned(row)
    assert caught.value.reason == row["reason"]


@pytest.mark.parametrize("row", pages("articles.toml"))
def test_walls_are_not_seen_in_articles(row: dict[str, Any]) -> None:
    document = cleaned(row)
    assert document.form == row.get("form", "article")
