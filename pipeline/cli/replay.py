"""`newsroom replay`: cleaning or steps again over days that lie in the bucket."""

from collections.abc import Iterator
from datetime import date
from difflib import unified_diff
from typing import TYPE_CHECKING

import click

from pipeline.cli import json_option, opened, store_option
from pipeline.cli.ingest import Progress
from pipeline.errors import NewsroomError, UsageError

if TYPE_CHECKING:
    from pipeline.model import Document
    from pipeline.stages.tally import Example, Sums

FEW = 6
"""Lines shown of an example without --diff."""


@click.command()
@click.option("--date", "first", required=True, metavar="DAY", help="Articles captured on this day, as 2026-11-22.")
@click.option("--to", "last", metavar="DAY", help="And on the days up to this one.")
@click.option("--from", "start", default="clean", metavar="clean|STEP", help="Where to begin; clean by default.")
@click.option("--dry-run", is_flag=True, help="Count and show, and write nothing.")
@click.option("--diff", is_flag=True, help="Show the examples in full.")
@store_option
@json_option
def replay(
    first: str, last: str | None, start: str, dry_run: bool, diff: bool, store: str | None, as_json: bool
) -> None:
    """Cleans again what lies in raw/, or runs a step and what reads it again. Nothing is fetched.

    What changes is counted and shown by example, then written; a second replay changes nothing. It may be stopped at
    any point and run again.
    """
    from pipeline.config import settings
    from pipeline.stages.desk import open_desk
    from pipeline.stages.replay import SAME_NUMBER, Replay

    work = Replay(open_desk(settings(), opened(store)), day(first), day(last or first), start)
    if work.last < work.first:
        raise UsageError(f"{first} to {last} ends before it begins")
    work.desk.store.check()
    articles = work.articles()
    with Progress(len(articles)) as progress:
        sums = work.work_out(articles, lambda article: progress.show(f"article {article}"))
    show(sums, as_json=as_json, diff=diff)
    if not dry_run:
        with Progress(sums.changed) as progress:
            run = work.write(lambda article: progress.show(f"writing {article}"))
        if not as_json and run:
            click.echo(f"written: run {run.run}")
    elif not as_json and sums.changed:
        click.echo("nothing is written: --dry-run")
    if SAME_NUMBER in sums.kept:
        raise NewsroomError(f"{sums.kept[SAME_NUMBER]} captures: {SAME_NUMBER}")


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"not a day such as 2026-11-22: {text!r}") from None


def show(sums: "Sums", *, as_json: bool, diff: bool) -> None:
    """The count, and the examples."""
    import msgspec

    if as_json:
        click.echo(msgspec.json.encode(sums).decode())
        return
    for example in sums.examples:
        click.echo("\n".join([*shown(example, diff=diff), ""]))
    for line in counted(sums):
        click.echo(line)


def counted(sums: "Sums") -> Iterator[str]:
    """The sums in words."""
    yield f"{sums.articles} articles with {sums.captures} captures: {sums.changed} change"
    if sums.changed:
        yield f"  versions: {sums.documents_before} before, {sums.documents_after} after"
        yield f"  documents that say something else: {sums.texts}"
        yield f"  documents that say the same, in the new edition: {sums.lifted}"
    for what, counts in (
        ("layers that differ", sums.layers),
        ("captures whose key stands as it was", sums.kept),
        ("documents that a step failed on", sums.failed),
    ):
        if counts:
            yield f"  {what}: {listing(counts)}"


def listing(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))


def shown(example: "Example", *, diff: bool) -> Iterator[str]:
    """What was and what is, line by line; a few lines of it without `diff`."""
    from pipeline.cli.reader import visible

    after = example.after
    yield visible(f"{after.title or after.id}  {after.url or ''}".rstrip())
    lines = list(differences(example))
    few = lines if diff else lines[:FEW]
    yield from (f"  {visible(line)}" for line in few)
    if len(few) < len(lines):
        yield f"  … {len(lines) - len(few)} lines more: --diff"


def differences(example: "Example") -> Iterator[str]:
    """Lines of the text that went and came; where it says the same, values of the layers."""
    look = said if example.says_else else layers
    was, now = (list(look(document)) if document else [] for document in (example.before, example.after))
    for line in list(unified_diff(was, now, lineterm="", n=0))[2:]:
        if not line.startswith("@@"):
            yield f"{line[0]} {line[1:]}"


def said(document: "Document") -> Iterator[str]:
    yield f"title: {document.title}"
    yield f"authors: {', '.join(document.authors)}"
    yield from document.text.split("\n")


def layers(document: "Document") -> Iterator[str]:
    """A line for what made a layer, and one for each of its values."""
    import msgspec

    for name, layer in sorted(document.annotations.items()):
        yield f"{name}: version {layer.made_by}"
        values = layer.value if isinstance(layer.value, list) else [layer.value]
        for value in values if layer.value is not msgspec.UNSET else [f"unsupported: {layer.unsupported}"]:
            yield f"{name}: {msgspec.json.encode(value, order='deterministic').decode()}"
