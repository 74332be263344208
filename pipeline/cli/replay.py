"""`newsroom replay`: cleaning or steps again over days that lie in the bucket."""

from collections.abc import Iterator
from datetime import date
from difflib import unified_diff
from typing import TYPE_CHECKING

import click

from pipeline.cli import day, desk_of, json_line, json_option, store_option
from pipeline.cli.ingest import Progress
from pipeline.errors import NewsroomError

if TYPE_CHECKING:
    from rich.text import Text

    from pipeline.model import Document
    from pipeline.stages.tally import Example, Sums

FEW = 6
"""Lines shown of an example without --diff."""


@click.command()
@click.option(
    "--date", "first", type=day, required=True, metavar="DAY", help="Articles captured on this day, as 2026-11-22."
)
@click.option("--to", "last", type=day, metavar="DAY", help="And on the days up to this one.")
@click.option(
    "--from", "start", metavar="clean|STEP", help="Run this again over all of them; without it, what is stale."
)
@click.option("--dry-run", is_flag=True, help="Count and show, and write nothing.")
@click.option("--diff", is_flag=True, help="Show the examples in full.")
@store_option
@json_option
def replay(
    first: date, last: date | None, start: str | None, dry_run: bool, diff: bool, store: str | None, as_json: bool
) -> None:
    """Makes anew what is stale of the articles of these days, from what was kept. Nothing is fetched.

    Stale is what older cleaning rules made, or another version, model or tables of a step. --from clean cleans
    everything again, --from STEP runs a step and what reads it. What changes is counted and shown by example, then
    written; a second replay changes nothing. It may be stopped at any point and run again.
    """
    from pipeline.stages.lift import SAME_NUMBER, Wanted
    from pipeline.stages.ready import require_models
    from pipeline.stages.replay import Replay

    desk = desk_of(store)
    wanted = Wanted(first, last or first, start)
    wanted.check()
    require_models(desk.parser)
    desk.store.check()
    work = Replay(desk, wanted)
    with Progress(sum(map(len, work.portions))) as progress:
        sums = work.work_out(lambda article: progress.show(f"article {article}"))
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


def show(sums: "Sums", *, as_json: bool, diff: bool) -> None:
    """The examples, and the count."""
    if as_json:
        json_line(sums)
        return
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    for line in lines(sums, diff=diff, colour=console.color_system is not None):
        console.print(line, soft_wrap=True)


def lines(sums: "Sums", *, diff: bool = False, colour: bool = False) -> Iterator["Text"]:
    """What `show` prints."""
    from rich.text import Text

    for example in sums.examples:
        yield from shown(example, diff=diff, colour=colour)
        yield Text()
    yield from map(Text, sums.words())


def shown(example: "Example", *, diff: bool, colour: bool) -> Iterator["Text"]:
    """What was and what is; a few lines of it without `diff`."""
    from rich.text import Text

    from pipeline.cli.reader import visible

    after = example.after
    yield Text(visible(f"{after.title or after.id}  {after.url or ''}".rstrip()), "bold")
    every = list(sentences(example, colour=colour) if example.says_else else differences(example))
    few = every if diff else every[:FEW]
    yield from few
    if len(few) < len(every):
        yield Text(f"  … {len(every) - len(few)} lines more: --diff")


def sentences(example: "Example", *, colour: bool) -> Iterator["Text"]:
    """As `newsroom diff` shows the changes of an article; all is new where there was no document of this capture."""
    from msgspec.structs import replace

    from pipeline.changes import compare
    from pipeline.cli import changed
    from pipeline.cli.diff import Change, Side
    from pipeline.documents import key_of

    after = example.after
    before = example.before or replace(after, title=None, authors=(), text="")
    old, new = (Side(key_of(document), document, None) for document in (before, after))
    return changed.lines(Change(old, new, compare(before, after)), colour=colour)


def differences(example: "Example") -> Iterator["Text"]:
    """Values of the layers that went and came."""
    from rich.text import Text

    from pipeline.cli.reader import visible

    was, now = (list(layers(document)) if document else [] for document in (example.before, example.after))
    for line in list(unified_diff(was, now, lineterm="", n=0))[2:]:
        if not line.startswith("@@"):
            yield Text(visible(f"{line[0]} {line[1:]}"), {"-": "red", "+": "green"}[line[0]])


def layers(document: "Document") -> Iterator[str]:
    """A line for what made a layer, and one for each of its values."""
    import msgspec

    for name, layer in sorted(document.annotations.items()):
        yield f"{name}: version {layer.made_by}"
        values = layer.value if isinstance(layer.value, list) else [layer.value]
        for value in values if layer.value is not msgspec.UNSET else [f"unsupported: {layer.unsupported}"]:
            yield f"{name}: {msgspec.json.encode(value, order='deterministic').decode()}"
