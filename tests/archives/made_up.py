"""A made-up archive: invented articles, captured over some days."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline import captures
from pipeline.model import Exchange

DAY = datetime(2026, 3, 1, 6, tzinfo=UTC)
TOWNS = ("Ternby", "Holmvik", "Osterlund", "Kalvik", "Brannsund", "Aldermoor")
PEOPLE = ("Ada Holm", "Nils Berg", "Mina Sorel", "Rolf Anker", "Vera Lund", "Tom Ashby")
THINGS = ("ferry", "harbour", "school", "library", "bridge", "hospital", "tram line", "fish market")
VERBS = ("reopen", "close", "move", "be sold", "be repaired", "stay where it is")


def page(number: int, version: int = 0) -> bytes:
    """An article of a few paragraphs; its title says the number."""
    draw = random.Random(f"{number} {version}")
    thing, town, who = draw.choice(THINGS), draw.choice(TOWNS), draw.choice(PEOPLE)
    title = f"The {thing} of {town} will {draw.choice(VERBS)}, case {number}"
    said = [
        f"{who}, who leads the council of {draw.choice(TOWNS)}, told residents on Monday that the "
        f"{draw.choice(THINGS)} would {draw.choice(VERBS)} within {draw.randint(2, 90)} months, after "
        f"{draw.randint(2, 40)} meetings in the town."
        for _ in range(4)
    ]
    said.append(f"“We have waited for this since the storm of {draw.randint(1960, 2020)},” said {draw.choice(PEOPLE)}.")
    body = "".join(f"<p>{paragraph}</p>" for paragraph in said)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta property="og:type" content="article"></head>'
        f"<body><article><h1>{title}</h1>{body}</article></body></html>"
    ).encode()


def exchange(
    number: int,
    at: datetime,
    body: bytes | None = None,
    *,
    status: int = 200,
    kind: str = "text/html; charset=utf-8",
    url: str | None = None,
) -> Exchange:
    return Exchange(
        url=url or f"https://tern.example/2026/case-{number}",
        at=at,
        request_headers=(),
        status=status,
        reason="OK",
        headers=(("Content-Type", kind),),
        payload=page(number) if body is None else body,
    )


def spread(articles: int, days: int) -> list[Exchange]:
    """So many articles over so many days; each tenth is captured again later, each thirtieth then says something else.

    A picture, a missing page, a wall and an empty page are there too.
    """
    found = []
    for number in range(articles):
        at = DAY + timedelta(days=number % days, minutes=number)
        found.append(exchange(number, at))
        if number % 10 == 0:
            version = 1 if number % 30 == 0 else 0
            found.append(exchange(number, at + timedelta(hours=2), page(number, version)))
    found.append(exchange(-1, DAY, b"\x89PNG\r\n\x1a\n" + b"\0" * 40, kind="image/png"))
    found.append(exchange(-2, DAY, b"<html><p>Not found</p></html>", status=404))
    found.append(exchange(-3, DAY, b"<html><body></body></html>"))
    return found


def warc(path: Path, exchanges: list[Exchange]) -> Path:
    """A WARC file of these exchanges."""
    written = captures.write([(None, (one,)) for one in exchanges], key=path.name, now=DAY)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written.warc)
    return path
