"""`newsroom sources`: what is declared, whether it is right, and how the sources fare."""

from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import json_line, json_option, opened, sources_option, store_option, warn
from pipeline.errors import StoreError

if TYPE_CHECKING:
    from pipeline.model import Source
    from pipeline.polls import State
    from pipeline.sources.declared import Declared
    from pipeline.store import Store


@click.group()
def sources() -> None:
    """The declared sources and their health."""


@sources.command()
@sources_option
@store_option
@json_option
def check(sources: Path | None, store: str | None, as_json: bool) -> None:
    """Reads the sources file and says what is wrong, one line each; exit status 1 where something is.

    Also says which of its sources fail at present, and since when, where the store can be reached.
    """
    declared = loaded(sources)
    try:
        failing = [one for one in health(declared.sources, store) if one["failing"] and one["kind"]]
    except StoreError as error:
        failing = []
        warn(f"which sources fail is not known: {error}")
    for one in failing:
        warn(f"{one['name']}: fails since {one['failing_since']:%Y-%m-%d %H:%M}: {one['reason']}")
    if as_json:
        json_line(
            {"sources": [source.name for source in declared.sources], "errors": declared.errors, "failing": failing}
        )
    else:
        click.echo(f"{len(declared.sources)} sources are right, {len(declared.errors)} errors")
    if declared.errors:
        raise SystemExit(1)


@sources.command("list")
@sources_option
@store_option
@json_option
def list_(sources: Path | None, store: str | None, as_json: bool) -> None:
    """Every source: its last poll, how many entries wait in its queue, when it is due.

    Also those that are no longer declared and have entries that wait.
    """
    found = list(health(loaded(sources).sources, store))
    if not as_json:
        table(found)
        return
    for one in found:
        json_line(one)


def loaded(path: Path | None) -> "Declared":
    """What the file, else that of the settings, declares; its errors go to stderr."""
    from pipeline.config import settings
    from pipeline.sources.declared import load

    declared = load(*((path,) if path else settings().sources))
    for line in declared.errors:
        warn(line)
    return declared


def health(declared: tuple["Source", ...], store: str | None) -> Iterator[dict[str, Any]]:
    """A record for each declared source, then for each other one whose queue is not empty."""
    from pipeline import polls

    bucket = opened(store)
    audited = cache(partial(differences, bucket))
    for source in declared:
        state = polls.read(bucket, source.name)
        poll = state.last_poll
        yield record(source, state) | {"differs": audited(poll.run).get(source.name) if poll else None}
    for name in sorted(polls.names(bucket) - {source.name for source in declared}):
        if (state := polls.read(bucket, name)).pending:
            yield record(None, state) | {"differs": None}


def differences(store: "Store", run: str) -> dict[str, str]:
    """What does not add up in the ledger of a run, by source; nothing while it is open."""
    from pipeline import audit, ledger

    closed = ledger.closed(store, run)
    return audit.differences(store, closed) if closed else {}


def record(source: "Source | None", state: "State") -> dict[str, Any]:
    """What `list --json` says of a source; times are UTC, `failing` counts polls in a row."""
    from pipeline.polls import PASTED
    from pipeline.veil import shown

    poll = state.last_poll
    return {
        "name": state.name,
        "url": shown(source.url) if source else None,
        "kind": source.kind if source else None,
        "archive": {"from": source.first, "to": source.last} if source and source.is_archive else None,
        "declared": source is not None or state.name == PASTED,
        "last_poll": poll.at if poll else None,
        "status": poll.status if poll else None,
        "reason": poll.reason if poll else None,
        "failing": state.failures,
        "failing_since": state.habit.failing_since,
        "new_at": state.habit.new_at,
        "silent": poll.silent if poll else None,
        "pending": len(state.pending),
        "due_at": state.due_at,
        "due_because": state.due_because,
        "moved_to": shown(state.moved_to) if state.moved_to else None,
        "ended_at": state.ended_at,
    }


def table(found: list[dict[str, Any]]) -> None:
    """The records for a person; what is wrong stands below."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    shape = Table("source", "last poll", "status", "pending", "due", box=SIMPLE_HEAD)
    console = Console()
    for one in found:
        status = f"failing, {one['failing']} ×" if one["failing"] else str(one["status"] or "·")
        status = "ended" if one["ended_at"] else status
        if days := one["archive"]:
            shape.add_row(one["name"], "·", "archive", "·", f"{days['from']} to {days['to']}")
            continue
        polled, due = (f"{one[key]:%Y-%m-%d %H:%M}" if one[key] else "·" for key in ("last_poll", "due_at"))
        shape.add_row(one["name"], polled, status, str(one["pending"]), due)
    console.print(shape)
    for one in found:
        gone = None if one["declared"] else "is no longer declared; declared again, what waits would be taken up"
        since = f"fails since {one['failing_since']:%Y-%m-%d %H:%M}" if one["failing_since"] else None
        differs = f"the ledger does not add up: {one['differs']}" if one["differs"] else None
        for line in filter(None, (one["reason"], since, one["silent"], differs, gone, *address_lines(one))):
            console.print(f"{one['name']}: {line}", style="yellow", markup=False, highlight=False)


def address_lines(one: dict[str, Any]) -> Iterator[str]:
    """What the publisher said of the source's address, and of how often it wants to be asked."""
    if one["ended_at"]:
        yield f"ended {one['ended_at']:%Y-%m-%d %H:%M} (410): asked only by --source {one['name']}, or by another url"
    if one["moved_to"]:
        yield f"moved for good to {one['moved_to']}, and is asked there: put that into the sources file"
    if one["due_because"]:
        yield f"asked no earlier: {one['due_because']}"
