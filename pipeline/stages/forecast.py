"""What an archive would take, before anything is done: a sample goes through all stages, aside from the store."""

import dataclasses
import os
import random
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pipeline import documents, ledger, tables, vectors
from pipeline.archives import index_lines, indexes
from pipeline.archives.indexes import Wanted
from pipeline.errors import Failed
from pipeline.model import CaptureRef, Taken
from pipeline.stages import alone, archive
from pipeline.stages.desk import Desk, ended
from pipeline.stages.enrich import wants, warm
from pipeline.stages.land import landed
from pipeline.stages.ready import require_models
from pipeline.stages.sample import About, Sample, about, draw, reading, share
from pipeline.store import open_store

PARTS = ("documents", "tables", "ledger", "raw", "work")
"""Parts of the bucket that a run writes; what is in `work` goes seven days later."""


class Forecast(Struct, frozen=True, kw_only=True):
    """What an archive holds and would take; `outcomes` by outcome and reason, `written` in bytes by part of the bucket.

    `seconds` are of this machine with so many processes, as busy as it is now. It is told by `sampled` records of
    `looked_into` units of the archive; of those that are `cut` only a part was read.
    """

    source: str
    files: int
    bytes: int
    records: About
    articles: About
    outcomes: dict[str, About]
    cpu_seconds: About
    seconds: About
    processes: int
    written: dict[str, About]
    units: int
    looked_into: int
    cut: int
    sampled: int

    def told(self) -> str:
        """In words, some lines."""
        outcomes = ", ".join(f"{shown(number)} {name}" for name, number in self.outcomes.items())
        parts = ", ".join(f"{part}/ {shown(number, SIZES)}" for part, number in self.written.items())
        cpu, wall = shown(self.cpu_seconds, SPANS), shown(self.seconds, SPANS)
        cut = f", of {self.cut} only a part" if self.cut else ""
        sampled = f"{self.sampled} records of {self.looked_into} of {self.units} units{cut}"
        lines = (
            f"files: {self.files:,} of {shown(About(self.bytes, 0), SIZES)}; records: {shown(self.records)}",
            f"articles expected: {shown(self.articles)}; outcomes: {outcomes or 'none'}",
            f"CPU time: {cpu}; with {self.processes} processes on this machine as it is now: {wall}",
            f"bytes written: {parts}",
            f"told by {sampled}; ± are two standard errors; nothing was written",
        )
        return "\n".join(lines)


class Made(Struct):
    """What became of a draw: sums over its records."""

    outcomes: Counter[str]
    seconds: float
    written: Counter[str]


def forecast(desk: Desk, asked: Wanted, processes: int | None = None, seed: int = 0) -> Forecast:
    """What a run over an archive would find, do and write. The same seed draws the same sample."""
    require_models(desk.parser)
    units = list(indexes.units(desk.store, asked))
    sample = draw(desk.store, asked, units, random.Random(seed))  # noqa: S311 - guards nothing
    cores = os.cpu_count() or 1
    at_once = processes or cores
    began = time.monotonic(), cpu()
    loading, made = tried(desk, asked, sample)
    wall = (time.monotonic() - began[0]) / max(cpu() - began[1], 0.1) / min(at_once, cores)
    work, index = about(sample, [one.seconds for one in made], exact=False), reading(sample)
    spent = About(work.number + index.number + loading * at_once, work.error + index.error)
    names = sorted(set().union(*(one.outcomes for one in made)))
    return Forecast(
        source=asked.source,
        files=sum(len(unit.files) for unit in units),
        bytes=sum(file.size for unit in units for file in unit.files),
        records=about(sample, [float(len(one.items)) for one in sample.draws]),
        articles=share(sample, [one.outcomes[LANDED] for one in made]),
        outcomes={name: share(sample, [one.outcomes[name] for one in made]) for name in names},
        cpu_seconds=spent,
        seconds=About(spent.number * wall, spent.error * wall),
        processes=at_once,
        written={part: about(sample, [one.written[part] for one in made]) for part in PARTS},
        units=len(units),
        looked_into=sample.looked_into,
        cut=sample.cut,
        sampled=sample.size,
    )


LANDED = "landed"


def tried(desk: Desk, asked: Wanted, sample: Sample) -> tuple[float, list[Made]]:
    """Takes the draws through the stages as shards are, and lands them in a store that is thrown away.

    Answers the CPU seconds to load models, too, and what became of each draw.
    """
    planned = [[archive.take_up(desk, item, asked.source) for item, _ in one.items] for one in sample.draws]
    repeats = {item.ref for one in sample.draws for item, is_repeat in one.items if is_repeat}
    cleaned = list(through(desk, "clean", partial(clean, desk), planned))
    judged = [[concluded(one, repeats) for one in taken] for taken, _ in cleaned]
    began = cpu()
    warm(desk.parser, {one.document.language for taken in judged for one in taken if one.document and wants(one)})
    loading = cpu() - began
    with tempfile.TemporaryDirectory(prefix="newsroom-") as folder:
        aside = dataclasses.replace(desk, store=open_store(f"file://{folder}"))
        done = list(through(desk, "enrich", partial(finish, desk, aside), judged))
        made = [
            summed(desk, plan, middle, end, before + after)
            for plan, (middle, before), (end, after) in zip(planned, cleaned, done, strict=True)
        ]
        publish(aside, made, [one for taken, _ in done for one in taken])
    return loading, made


def through(
    desk: Desk, stage: str, work: Callable[[Sequence[Taken]], Iterable[bytes]], draws: Sequence[list[Taken]]
) -> Iterator[tuple[list[Taken], float]]:
    """Each draw after a stage in a child, and the CPU seconds that it took; one that kills the child has failed."""

    def measured(draws: Sequence[list[Taken]]) -> Iterator[tuple[list[bytes], float]]:
        for taken in draws:
            began = cpu()
            made = list(work(taken)) if taken else []
            yield made, cpu() - began

    def dead(taken: list[Taken], how: str) -> tuple[list[bytes], float]:
        error = Failed(f"{stage} died: {how}")
        return [archive.packed(ended(replace(one, document=None), error, stage, desk.clock())) for one in taken], 0.0

    for made, seconds in alone.each(measured, draws, dead):
        yield [msgspec.msgpack.decode(one, type=Taken) for one in made], seconds


def clean(desk: Desk, planned: Sequence[Taken]) -> Iterator[bytes]:
    """Entries with their documents, and with what their folders say of them."""
    for done in archive.clean(desk, planned):
        yield archive.packed(archive.compared(desk, msgspec.msgpack.decode(done, type=Taken)))


def concluded(taken: Taken, repeats: Collection[CaptureRef]) -> Taken:
    """What needs no annotation has its outcome already: the store knows it, or the archive says it twice."""
    if taken.document and (taken.known or (taken.item and taken.item.ref in repeats)):
        return replace(taken, outcome=taken.outcome or "unchanged", stage="land")
    return taken


def finish(desk: Desk, aside: Desk, cleaned: Sequence[Taken]) -> Iterator[bytes]:
    """Entries annotated and landed; all on one day, for a day's rows share a file of the tables."""
    at = desk.clock().replace(microsecond=0)
    for packed in archive.enrich(desk, cleaned):
        one = msgspec.msgpack.decode(packed, type=Taken)
        if wants(one) and one.document:
            one = landed(aside, replace(one, document=replace(one.document, captured_at=at)))
        yield archive.packed(one)


def summed(desk: Desk, planned: list[Taken], cleaned: list[Taken], done: list[Taken], seconds: float) -> Made:
    run, written = ledger.run_name(desk.clock()), Counter[str]()
    for one in done:
        written["ledger"] += len(ledger.lines([ledger.outcome_of(one, run, "0000")]))
        if one.document and one.outcome == LANDED:
            written["documents"] += len(documents.encode(one.document))
    written["raw"] = sum(len(index_lines.line(one.item)) for one in planned if one.item)
    written["work"] = 2 * len(ledger.lines(planned)) + len(ledger.lines(cleaned))
    return Made(Counter(map(named, done)), seconds, written)


def named(taken: Taken) -> str:
    """The outcome, and its reason without what it was about."""
    reason = f": {taken.reason.partition(':')[0]}" if taken.reason else ""
    return f"{taken.outcome}{reason}"


def publish(aside: Desk, made: Sequence[Made], done: Sequence[Taken]) -> None:
    """Adds to each draw its share of what the tables take."""
    run, began = ledger.run_name(aside.clock()), cpu()
    tables.publish_outcomes(aside.store, run, [ledger.outcome_of(one, run, "0000") for one in done])
    vectors.keep(aside.store, run, "0000", (one.vector for one in done))
    articles = [one.document.id for one in done if one.document and one.outcome == LANDED]
    tables.publish_articles(aside.store, articles, vectors.kept(aside.store, run, "0000"))
    seconds, written = cpu() - began, sum(found.size for found in aside.store.keys("tables/"))
    everything = sum(one.outcomes[LANDED] for one in made) or 1
    for one in made:
        part = one.outcomes[LANDED] / everything
        one.seconds += seconds * part
        one.written["tables"] = round(written * part)


def cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


# In words

SIZES = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("bytes", 1.0))
SPANS = (("hours", 3600.0), ("minutes", 60.0), ("seconds", 1.0))


def shown(found: About, units: Sequence[tuple[str, float]] = ()) -> str:
    """The number and its error, in the largest of the units that the number fills."""
    unit, scale = next((one for one in units if found.number >= one[1]), (units or (("", 1.0),))[-1])
    number, error = (f"{value / scale:,.1f}".removesuffix(".0") for value in (found.number, found.error))
    if not units:
        number, error = f"{found.number:,.0f}", f"{found.error:,.0f}"
    return f"{number} ± {error} {unit}".replace(" ± 0 ", " ").rstrip()
