"""`newsroom archive`: WARC files, folders of pages, JSON lines and agency items, local or in a bucket."""

import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import json_line, json_option, opened, store_option
from pipeline.cli.ingest import show, warn
from pipeline.cli.replay import day
from pipeline.errors import NewsroomError, SourceError, StepsGone, StoreError, UsageError

if TYPE_CHECKING:
    from pipeline.archives.indexes import Wanted
    from pipeline.ledger import Run
    from pipeline.stages.desk import Desk


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--source", metavar="NAME", help="A declared archive instead of paths.")
@click.option(
    "--sources", type=click.Path(path_type=Path), metavar="FILE", help="The sources file; see NEWSROOM_SOURCES."
)
@click.option("--from", "first", metavar="DAY", help="Only what was captured on this day, as 2026-11-22, and later.")
@click.option("--to", "last", metavar="DAY", help="Only what was captured on this day and before.")
@click.option("--processes", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="At once; one a core.")
@click.option("--dry-run", is_flag=True, help="Say what it would find, take and write, from a sample; write nothing.")
@click.option("--take-over", is_flag=True, help="Close the runs that are still open: they are dead.")
@click.option("--now", metavar="TIME", help="The time to go by, such as 2026-11-22T10:15:00Z.")
@store_option
@json_option
def archive(
    paths: tuple[str, ...],
    source: str | None,
    sources: Path | None,
    first: str | None,
    last: str | None,
    processes: int,
    dry_run: bool,
    take_over: bool,
    now: str | None,
    store: str | None,
    as_json: bool,
) -> None:
    """Cleans, annotates and lands what an archive holds: a file, a folder, s3://bucket/prefix, or a pattern.

    It may be stopped at any point and begun again: what has landed is not annotated twice.
    """
    from pipeline.config import moment, settings
    from pipeline.stages.archive import wanted
    from pipeline.stages.desk import open_desk

    if bool(paths) == bool(source):
        raise UsageError("name paths, or a declared archive by --source: newsroom archive --help")
    desk = open_desk(settings(), opened(store), (sources,) if sources else (), moment(now) if now else None)
    days = (day(first) if first else None, day(last) if last else None)
    asked = wanted(desk, source, paths, *days) if source else wanted(desk, places=paths, first=days[0], last=days[1])
    if dry_run:
        foretell(desk, asked, processes, as_json)
        return
    began = time.monotonic()
    run, complaint = one_run(desk, asked, processes, take_over)
    show(desk, run, as_json)
    if not as_json:
        click.echo(cost(run, time.monotonic() - began))
    if complaint:
        raise NewsroomError(complaint)


def foretell(desk: "Desk", asked: "Wanted", processes: int, as_json: bool) -> None:
    from pipeline.stages.forecast import forecast

    found = forecast(desk, asked, processes)
    if as_json:
        json_line(found)
    else:
        click.echo(found.told())


def one_run(desk: "Desk", asked: "Wanted", processes: int, take_over: bool) -> tuple["Run", str | None]:
    """The whole story; answers the sums, and what was wrong."""
    from pipeline import ledger
    from pipeline.stages import archive, publish, verdict

    for line in desk.broken:
        warn(f"left out: {line}")
    for other in list(ledger.open_runs(desk.store)):
        if take_over:
            publish.close_run(desk, other)
        else:
            warn(f"run {other} is still open; if it is dead, --take-over closes it")
    run = archive.begin(desk, f"archive {asked.source}")
    try:
        broken = shards(desk, run, asked, processes)
        closed = publish.publish(desk, run)
    except SourceError:
        publish.close_run(desk, run)
        raise
    except StoreError as error:
        mend = "the same command with --take-over goes on once the store answers"
        raise StoreError(f"run {run} stops and stays open: {error}; {mend}") from error
    except KeyboardInterrupt:
        mend = "the same command with --take-over goes on"
        raise NewsroomError(f"run {run} was stopped and stays open: {mend}") from None
    return closed, "; ".join(filter(None, [verdict.verdict(desk, run), *broken])) or None


def shards(desk: "Desk", run: str, asked: "Wanted", processes: int) -> list[str]:
    """All shards, so many at once; one that dies takes no other with it. Answers what went wrong."""
    from pipeline.stages import archive
    from pipeline.stages.crew import spread
    from pipeline.store.rules import LAYOUT_KEY

    def work(name: str, told: Callable[[Any], None]) -> None:
        archive.shard(desk, run, name, lambda stage, taken: told((stage, taken.outcome)))

    broken = []
    with Progress() as progress:
        planned = archive.plan(desk, run, asked, lambda unit: progress.indexing(unit.files[0].path))
        if not planned:
            warn(f"nothing to read is in {', '.join(asked.places)}")
        progress.begin(sum(planned.values()))
        for said in spread(work, list(planned), processes):
            if said.error:
                broken.append(f"shard {said.job}: {said.error}")
                desk.store.get(LAYOUT_KEY)  # a store that is gone ends the run here
                if isinstance(said.error, StepsGone):
                    break
            elif not said.done:
                progress.hear(*said.value)
    return broken


class Progress:
    """A bar on stderr where a person watches: rate, outcomes and time left; nothing else."""

    WEIGHTS = {"clean": 1, "enrich": 3, "land": 0}  # noqa: RUF012 - what a stage costs beside the others

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        words = ("{task.description}", "{task.fields[rate]}", "{task.fields[outcomes]}")
        columns = (*map(TextColumn, words[:1]), BarColumn(), TimeRemainingColumn(), *map(TextColumn, words[1:]))
        console = Console(stderr=True)
        self.bar = Bar(*columns, console=console, transient=True, disable=not sys.stderr.isatty())
        self.task = self.bar.add_task("", total=None, rate="", outcomes="")
        self.outcomes, self.began = Counter[str](), time.monotonic()

    def __enter__(self) -> "Progress":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def indexing(self, path: str) -> None:
        self.bar.update(self.task, description=f"index {path}")

    def begin(self, entries: int) -> None:
        self.began = time.monotonic()
        self.bar.reset(self.task, total=entries * sum(self.WEIGHTS.values()), description=f"{entries} entries")

    def hear(self, stage: str, outcome: str | None) -> None:
        """One entry has come through a stage."""
        if stage == "land":
            self.outcomes[outcome or ""] += 1
        done = self.outcomes.total()
        self.bar.update(
            self.task,
            advance=self.WEIGHTS[stage],
            rate=f"{done / max(time.monotonic() - self.began, 0.1):.1f}/s",
            outcomes=", ".join(f"{number} {name}" for name, number in sorted(self.outcomes.items())),
        )


def cost(run: "Run", seconds: float) -> str:
    """What the run took of this machine, its processes too."""
    spent = sum(map(sum, (resource.getrusage(who)[:2] for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))))
    landed = run.outcomes.get("landed", 0)
    each = f", {1000 * spent / landed:.0f} ms a document" if landed else ""
    rate = f", {run.entries / seconds:.1f} entries a second" if run.entries else ""
    return f"{spent:.1f} CPU seconds{each}; {seconds:.0f} s in all{rate}"
