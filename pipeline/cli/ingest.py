"""`newsroom ingest`: one run, with a progress bar and a summary."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from pipeline.cli import (
    desk_of,
    json_line,
    json_option,
    now_option,
    sources_option,
    store_option,
    take_over_option,
    warn,
)
from pipeline.errors import NewsroomError, StepsGone, StoreError

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

    from pipeline.ledger import Run
    from pipeline.stages.desk import Desk


@click.command()
@click.option("--source", "names", multiple=True, metavar="NAME", help="Only this source; may be repeated.")
@sources_option
@click.option("--all", "everything", is_flag=True, help="Also the sources that are not due.")
@take_over_option
@now_option
@store_option
@json_option
def ingest(
    names: tuple[str, ...],
    sources: Path | None,
    everything: bool,
    take_over: bool,
    now: datetime | None,
    store: str | None,
    as_json: bool,
) -> None:
    """One run over the sources that are due: the same stages as the DAG.

    Ends with exit status 1 where a batch died or the sources file is wrong; an article that could not be had is in
    the summary, and `newsroom why URL` says more.
    """
    desk = desk_of(store, sources, now)
    run, complaint = one_run(desk, names, everything, take_over)
    show(desk, run, as_json)
    if complaint:
        raise NewsroomError(complaint)


def one_run(desk: "Desk", names: tuple[str, ...], everything: bool, take_over: bool) -> tuple["Run", str | None]:
    """The whole story in one process; answers the sums, and what was wrong."""
    from pipeline.stages import discover, plan

    run = begun(desk, "cli", take_over)
    try:
        for number, chunk in enumerate(discover.chunks(discover.due(desk, run, names, everything=everything))):
            discover.discover(desk, run, chunk, f"{number:03}")
        batches = plan.plan(desk, run, names or desk.queues)
        return finished(desk, run, work(desk, run, batches))
    except StoreError as error:
        mend = "newsroom ingest --take-over ends it once the store answers"
        raise StoreError(f"run {run} stops and stays open: {error}; {mend}") from error


def begun(desk: "Desk", trigger: str, take_over: bool) -> str:
    """Opens a run, and warns of what is left out and of what else is open."""
    from pipeline.stages import begin

    for line in desk.broken:
        warn(f"left out: {line}")
    run, others = begin.begin(desk, trigger, take_over=take_over)
    for other in others:
        warn(f"run {other} is still open; if it is dead, --take-over closes it")
    return run


def finished(desk: "Desk", run: str, broken: list[str]) -> tuple["Run", str | None]:
    """Closes a run; answers its sums, and what was wrong."""
    from pipeline.stages import publish, verdict

    closed = publish.publish(desk, run)
    return closed, "; ".join(filter(None, [verdict.verdict(desk, run), *broken])) or None


def work(desk: "Desk", run: str, batches: list[str]) -> list[str]:
    """All stages of all batches; one that dies takes no other with it."""
    from pipeline.stages import BATCH_STAGES
    from pipeline.stages.batch import work as work_stage
    from pipeline.store.rules import LAYOUT_KEY

    broken: list[str] = []
    with Progress(len(batches) * len(BATCH_STAGES)) as progress:
        for batch in batches:
            try:
                for stage in BATCH_STAGES:
                    progress.show(f"batch {batch}: {stage}")
                    work_stage(desk, run, batch, stage)
            except StepsGone as error:
                return [*broken, f"batch {batch}: {error}"]  # as would be every other
            except NewsroomError as error:
                broken.append(f"batch {batch}: {error}")
                desk.store.get(LAYOUT_KEY)  # a store that is gone ends the run here
    return broken


class Progress:
    """A bar on stderr where a person watches, nothing else."""

    def __init__(self, total: int | None, *columns: "str | ProgressColumn", **fields: Any) -> None:
        from rich.console import Console
        from rich.progress import Progress as Bar

        self.bar = Bar(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
        self.task = self.bar.add_task("", total=total, **fields)

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def show(self, what: str) -> None:
        self.bar.update(self.task, description=what, advance=1)


def show(desk: "Desk", run: "Run", as_json: bool) -> None:
    """The sums of the run, source by outcome."""
    if as_json:
        json_line(run)
        return
    from pipeline.cli.runs import summary

    summary(desk.store, run)
