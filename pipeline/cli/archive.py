"""`newsroom archive`: WARC files, folders of pages, JSON lines and agency items, local or in a bucket."""

import os
import resource
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import (
    day,
    desk_of,
    json_line,
    json_option,
    now_option,
    sources_option,
    store_option,
    take_over_option,
    warn,
)
from pipeline.cli.ingest import Progress, begun, finished, show
from pipeline.errors import NewsroomError, SourceError, StepsGone, StoreError, UsageError

if TYPE_CHECKING:
    from pipeline.archives.indexes import Wanted
    from pipeline.ledger import Run
    from pipeline.stages.desk import Desk


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--source", metavar="NAME", help="A declared archive instead of paths.")
@sources_option
@click.option(
    "--from", "first", type=day, metavar="DAY", help="Only what was captured on this day, as 2026-11-22, and later."
)
@click.option("--to", "last", type=day, metavar="DAY", help="Only what was captured on this day and before.")
@click.option("--processes", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="At once; one a core.")
@click.option("--dry-run", is_flag=True, help="Say what it would find, take and write, from a sample; write nothing.")
@take_over_option
@now_option
@store_option
@json_option
def archive(
    paths: tuple[str, ...],
    source: str | None,
    sources: Path | None,
    first: date | None,
    last: date | None,
    processes: int,
    dry_run: bool,
    take_over: bool,
    now: datetime | None,
    store: str | None,
    as_json: bool,
) -> None:
    """Cleans, annotates and lands what an archive holds: a file, a folder, s3://bucket/prefix, or a pattern.

    It may be stopped at any point and begun again: what has landed is not annotated twice.
    """
    from pipeline.polls import ARCHIVE
    from pipeline.stages.archive import wanted

    if bool(paths) == bool(source):
        raise UsageError("name paths, or a declared archive by --source: newsroom archive --help")
    desk = desk_of(store, sources, now)
    asked = wanted(desk, source or ARCHIVE, paths, first, last)
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
    from pipeline.stages import publish

    run = begun(desk, f"archive {asked.source}", take_over)
    try:
        return finished(desk, run, shards(desk, run, asked, processes))
    except SourceError:
        publish.close_run(desk, run)
        raise
    except StoreError as error:
        mend = "the same command with --take-over goes on once the store answers"
        raise StoreError(f"run {run} stops and stays open: {error}; {mend}") from error
    except KeyboardInterrupt:
        mend = "the same command with --take-over goes on"
        raise NewsroomError(f"run {run} was stopped and stays open: {mend}") from None


def shards(desk: "Desk", run: str, asked: "Wanted", processes: int) -> list[str]:
    """All shards, so many at once; one that dies takes no other with it. Answers what went wrong."""
    from pipeline.stages import archive
    from pipeline.stages.crew import spread
    from pipeline.store.rules import LAYOUT_KEY

    def work(name: str, told: Callable[[Any], None]) -> None:
        archive.shard(desk, run, name, lambda stage, taken: told((stage, taken.outcome)))

    broken = []
    with Watched() as progress:
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


WEIGHTS = {"clean": 1, "enrich": 3, "land": 0}
"""What a stage costs beside the others."""


class Watched(Progress):
    """With rate, outcomes and time left."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, TimeRemainingColumn

        counts = ("{task.fields[rate]}", "{task.fields[outcomes]}")
        super().__init__(None, "{task.description}", BarColumn(), TimeRemainingColumn(), *counts, rate="", outcomes="")
        self.outcomes, self.began = Counter[str](), time.monotonic()

    def indexing(self, path: str) -> None:
        self.bar.update(self.task, description=f"index {path}")

    def begin(self, entries: int) -> None:
        self.began = time.monotonic()
        self.bar.reset(self.task, total=entries * sum(WEIGHTS.values()), description=f"{entries} entries")

    def hear(self, stage: str, outcome: str | None) -> None:
        """One entry has come through a stage."""
        if stage == "land":
            self.outcomes[outcome or ""] += 1
        done = self.outcomes.total()
        self.bar.update(
            self.task,
            advance=WEIGHTS[stage],
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
