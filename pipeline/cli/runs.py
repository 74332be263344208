"""`newsroom runs`: what ran, and the sums; with a name, one run source by source."""

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import click

from pipeline.cli import json_line, json_option, opened, store_option
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from pipeline.ledger import Run
    from pipeline.store import Store


@click.command()
@click.argument("run", required=False)
@store_option
@json_option
def runs(run: str | None, store: str | None, as_json: bool) -> None:
    """Every run, the newest first; with the name of one, what it had to do with each source."""
    from pipeline import ledger

    bucket = opened(store)
    found = [one for one in ledger.runs(bucket) if run in (None, one.run)]
    if run and not found:
        raise UsageError(f"no run is named {run}: newsroom runs lists them")
    if as_json:
        for one in found:
            json_line(one)
    elif run:
        summary(bucket, found[0])
    else:
        listing(found)


def listing(found: list["Run"]) -> None:
    """A line for each run."""
    if not found:
        click.echo("Nothing has run yet: newsroom ingest runs now.")
    for one in found:
        counts = one.outcomes | ({"articles made anew": one.replayed} if one.replayed else {})
        sums = ", ".join(f"{number} {outcome}" for outcome, number in counts.items()) or "nothing taken up"
        took = f"{(one.ended_at - one.started_at).total_seconds():.0f} s" if one.ended_at else "still open"
        click.echo(f"{one.run}  {one.trigger:<18} {took:>10}  {sums if one.ended_at else ''}".rstrip())


def summary(store: "Store", run: "Run") -> None:
    """A table source × outcome, and what could not be had by reason."""
    from rich.console import Console

    from pipeline import ledger
    from pipeline.veil import shown

    if run.replayed:
        click.echo(f"run {run.run}: {run.trigger}, {run.replayed} articles made anew")
        return
    for_good = 0
    counts, reasons = defaultdict[str, Counter[str]](Counter), Counter[tuple[str, str]]()
    for line in ledger.read_run(store, run.run):
        counts[line.source][line.outcome] += 1
        for_good += line.outcome == "failed" and line.again_at is None and not line.look
        if line.reason and line.outcome != "duplicate":
            reasons[line.outcome, line.reason.partition(":")[0]] += 1
    console = Console()
    console.print(table(run, counts))
    for name, source in run.sources.items():
        for said in filter(None, (source.reason, source.silent)):
            console.print(f"{name}: {said}", style="yellow", markup=False, highlight=False)
    for (outcome, reason), number in sorted(reasons.items()):
        console.print(f"{number} {outcome}: {reason}", markup=False, highlight=False)
    if for_good:
        console.print(f"{for_good} failed for good: newsroom quarantine lists what did", highlight=False)
    landed = run.outcomes.get("landed", 0)
    console.print(f"{landed} documents landed in {shown(store.url)}", markup=False, highlight=False)


def table(run: "Run", counts: defaultdict[str, Counter[str]]) -> "Table":
    """What each source offered and what became of it, by the `counts` of its outcomes."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    outcomes = sorted(run.outcomes)
    made = Table("source", "offered", "known", *outcomes, box=SIMPLE_HEAD, title=f"run {run.run}", title_justify="left")
    for column in made.columns[1:]:
        column.justify = "right"
    for name, source in run.sources.items():
        made.add_row(name, str(source.offered), str(source.known), *(str(counts[name][o] or "·") for o in outcomes))
    return made
