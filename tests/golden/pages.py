"""Writes tests/golden/pages.json: what the pipeline makes of the demo site's pages, `python -m tests.golden.pages`.

Page in: what the demo serves at an address and a time. Document out: cleaned and annotated, or why there is none.
"""

import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from protego import Protego

from pipeline.clean import clean
from pipeline.errors import EntryError
from pipeline.local.demo_site import Response, declared, moments, respond, stamp
from pipeline.model import Capture, Entry, Source
from pipeline.parse import Parser
from pipeline.sources import feed
from pipeline.stages.enrich import annotated
from pipeline.steps import all_steps

GOLDEN = Path(__file__).with_suffix(".json")
PORT = 8600
BASE = f"http://127.0.0.1:{PORT}"
LARGEST = 10_000_000
"""Bytes of a body that the web lets through."""


def pairs() -> Iterator[dict[str, Any]]:
    """A pair for each page that is new or changed at one of the demo's moments, in the order of the feeds."""
    steps, parser = all_steps(), Parser()
    for now, entry, capture in captures():
        pair: dict[str, Any] = {"page": entry.url, "now": stamp(now)}
        try:
            document, missing = annotated(clean(capture, entry), steps, parser)
        except EntryError as error:
            yield {**pair, "outcome": f"{type(error).__name__}: {error.reason}"}
            continue
        built = msgspec.to_builtins(document)
        yield {**pair, "document": {key: value for key, value in built.items() if key != "raw"}, "missing": missing}


def captures() -> Iterator[tuple[datetime, Entry, Capture]]:
    """The pages that may be fetched and are there, each where its feed says something new of it."""
    robots = Protego.parse(respond("/robots.txt", moments()[0], BASE).body.decode())
    known = set()
    offered = ((now, entry) for now in moments() for entry in entries(now))
    for now, entry in offered:
        if entry.url is None or entry.digest in known or not robots.can_fetch(entry.url, "Newsroom"):
            continue
        known.add(entry.digest)
        url, response = followed(entry.url, now)
        if response.status == 200 and len(response.body) <= LARGEST:
            headers = tuple(response.headers.items())
            yield (
                now,
                entry,
                Capture(url=url, at=now, status=200, headers=headers, body=response.body, record="", digest=""),
            )


def entries(now: datetime) -> Iterator[Entry]:
    """What the feeds offer."""
    for table in tomllib.loads(declared(PORT))["source"]:
        source = msgspec.convert(table, Source)
        response = respond(source.url.removeprefix(BASE), now, BASE)
        yield from feed.read(
            source, source.url, {"content-type": response.headers["Content-Type"]}, response.body
        ).entries


def followed(url: str, now: datetime) -> tuple[str, Response]:
    """The last response of the redirects, and its address."""
    response = respond(url.removeprefix(BASE), now, BASE)
    return followed(response.headers["Location"], now) if response.status == 301 else (url, response)


def written(pair: dict[str, Any]) -> str:
    """A pair as a line of the golden file; what it says is what the document's own JSON says."""
    return msgspec.json.encode(pair, order="sorted").decode()


def main() -> None:
    GOLDEN.write_text("[\n" + ",\n".join(map(written, pairs())) + "\n]\n", encoding="utf-8")
    print(f"{GOLDEN}: {GOLDEN.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
