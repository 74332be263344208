"""`newsroom why URL`: every time that an entry was seen, and what became of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import json_line, json_option, opened, store_option
from pipeline.errors import NewsroomError

if TYPE_CHECKING:
    from pipeline.model import Outcome
    from pipeline.polls import Pending
    from pipeline.store import Store


@click.command()
@click.argument("url")
@store_option
@json_option
def why(url: str, store: str | None, as_json: bool) -> None:
    """Every time that an entry with this URL (or guid, or id) was seen: run, stage, outcome, reason."""
    bucket = opened(store)
    found = list(lines(bucket, url))
    waiting = list(pending(bucket, url))
    if as_json:
        for record in (*found, *(queued(*one) for one in waiting)):
            json_line(record)
        return
    for line in found:
        click.echo(sentence(line))
    for source, entry in waiting:
        click.echo(f"waits in the queue of {source}{until(entry.not_before)}, after {entry.tries} tries")
    for name, at in next_looks(bucket, {url, *(line.id or url for line in found)}):
        click.echo(f"{name} looks at it again at {at:%Y-%m-%d %H:%M:%S} UTC, or in the first run after that")
    if not found and not waiting:
        raise NewsroomError(f"no entry with this URL was ever seen in {bucket.url}: {url}")


def lines(store: "Store", url: str) -> Iterator["Outcome"]:
    """Ledger lines about an article: those of the URL as offered, and all others of the same id."""
    from pipeline import ledger
    from pipeline.identity import article_id

    every = list(ledger.seen(store))
    names = {url, article_id(url)}
    ids = names | {line.id for line in every if line.id and asked(line, names)}
    return (line for line in every if asked(line, ids))


def asked(line: "Outcome", names: set[str]) -> bool:
    from pipeline.identity import article_id

    return not names.isdisjoint({line.url, line.guid, line.id, article_id(line.url) if line.url else None} - {None})


def pending(store: "Store", url: str) -> Iterator[tuple[str, "Pending"]]:
    """Entries of this URL that wait in the queues."""
    from pipeline import polls
    from pipeline.identity import article_id

    wanted = article_id(url)
    for name in sorted(polls.names(store)):
        for waiting in polls.read(store, name).pending.values():
            entry = waiting.entry
            if url in (entry.url, entry.guid) or (entry.url and article_id(entry.url) == wanted):
                yield name, waiting


def next_looks(store: "Store", names: set[str]) -> Iterator[tuple[str, datetime]]:
    """The sources that look at the page again, and when."""
    from pipeline import polls

    for source in sorted(polls.names(store)):
        for key, one in polls.read(store, source).known.items():
            if one.watch and not names.isdisjoint({key, one.article}):
                yield source, one.watch.look_at


def queued(source: str, waiting: "Pending") -> dict[str, Any]:
    return {
        "source": source,
        "url": waiting.entry.url,
        "guid": waiting.entry.guid,
        "pending": True,
        "since": waiting.since,
        "not_before": waiting.not_before,
        "tries": waiting.tries,
    }


def sentence(line: "Outcome") -> str:
    """One line of the ledger as a person reads it."""
    said = f"run {line.run}  {line.source}  {'looked again: ' if line.look else ''}{line.outcome}"
    if line.reason:
        said += f" at {line.stage}: {line.reason}"
    if line.again_at:
        said += until(line.again_at)
    if line.missing:
        said += f"  without {', '.join(line.missing)}"
    return f"{said}  {line.key}" if line.key else said


def until(moment: datetime | None) -> str:
    return f" until {moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""
