"""`newsroom show`: an annotated article, for a person to read."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from pipeline.cli import json_option, opened, store_option, warn
from pipeline.errors import NewsroomError

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.model import Document
    from pipeline.store import Store

ID = re.compile(r"[0-9a-f]{20}")


@click.command()
@click.argument("article", metavar="URL|ID|FILE|-")
@store_option
@json_option
def show(article: str, store: str | None, as_json: bool) -> None:
    """The article as it says now: people, places, organisations in colour, quotes with their speakers, topics.

    ARTICLE is a URL that it was offered under, its id, or a file (- is stdin) of what `newsroom annotate` printed.
    """
    from pipeline.cli.reader import page
    from pipeline.documents import encode

    for document, gone_at in documents(article, store):
        if gone_at:
            click.echo(f"Gone since {gone_at:%Y-%m-%d %H:%M} UTC; this is what the page said last.\n", err=as_json)
        if as_json:
            click.echo(encode(document).decode())
        else:
            page(document, sys.stdout)


def documents(article: str, store: str | None) -> Iterator[tuple["Document", "datetime | None"]]:
    """The one that the store has, and since when its page is gone, or all of a file."""
    from pipeline.documents import gone_since
    from pipeline.landing import history

    if article == "-":
        yield from ((document, None) for document in read(sys.stdin.buffer, "stdin"))
    elif not ID.fullmatch(article) and "://" not in article and Path(article).is_file():
        with Path(article).open("rb") as file:
            yield from ((document, None) for document in read(file, article))
    else:
        bucket = opened(store)
        document = landed(bucket, article)
        yield document, gone_since(history(bucket, document.id))


def read(lines: IO[bytes], name: str) -> Iterator["Document"]:
    """The documents of JSON lines; what could not be annotated is told on stderr."""
    import msgspec

    from pipeline.documents import decode

    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield decode(line)
        except msgspec.DecodeError as error:
            if reason := refusal(line):
                warn(f"{name}: line {number}: {reason}")
                continue
            raise NewsroomError(f"{name}: line {number} is no document of `newsroom annotate`: {error}") from None


def refusal(line: bytes) -> str | None:
    """Why an input of `annotate` gave no document, where that is what the line says."""
    import msgspec

    from pipeline.cli.reader import visible

    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    said = isinstance(found, dict) and "outcome" in found
    return visible(f"{found.get('input_id')}: {found['outcome']}: {found.get('reason')}") if said else None


def landed(store: "Store", article: str) -> "Document":
    """What the store has under an id or URL; by other URLs that it was offered under the ledger knows it."""
    from pipeline.cli.why import lines
    from pipeline.identity import article_id
    from pipeline.landing import latest

    found = latest(store, article if ID.fullmatch(article) else article_id(article))
    if found is None:
        ids = dict.fromkeys(line.id for line in lines(store, article) if line.id)
        found = next((document for one in reversed(ids) if (document := latest(store, one))), None)
    if found is None:
        raise NewsroomError(f"{store.url} has no article {article}: `newsroom why` tells what became of it")
    return found
