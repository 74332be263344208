"""Runs cleaning or steps again over days that lie in the bucket; nothing is fetched.

The articles to take are parted into portions, in the order of their captures. A portion is worked out, then written:
by the command line all are counted before the first is written, by the DAG each is a task's, or part of one.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import TypeVar

import msgspec
from msgspec import Struct

from pipeline import landing, ledger, tables
from pipeline.documents import Key, parse
from pipeline.errors import NewsroomError
from pipeline.ledger import Run
from pipeline.stages.begin import opened
from pipeline.stages.desk import Desk
from pipeline.stages.lift import SAME_NUMBER, Lift, Lifter, Wanted, is_old
from pipeline.stages.publish import close_run, publish, replay_folder
from pipeline.stages.ready import require_models
from pipeline.stages.tally import Sums
from pipeline.steps import all_steps, makers, stale
from pipeline.store import put_first, read_json

CAPTURES = 500
"""Of a portion: 20 s where nothing changes, a minute and a half where all of them are cleaned and annotated."""

Told = Callable[[str], None]
T = TypeVar("T")


class Plan(Struct, frozen=True):
    """What the tasks of a run do: the names of its portions, and whether they write."""

    wanted: Wanted
    dry_run: bool
    portions: list[str]


class Worked(Struct, frozen=True):
    """What became of a portion, before it is written: a second try finds it, and counts no less than the first."""

    sums: Sums
    lifts: list[Lift]


def portions(desk: Desk, wanted: Wanted) -> Iterator[list[str]]:
    """The articles to take, about `CAPTURES` captures at a time, in the order of these: neighbours share an index."""
    some, size = list[str](), 0
    for _, article, captures in sorted(chosen(desk, wanted)):
        if some and size + captures > CAPTURES:
            yield some
            some, size = [], 0
        some.append(article)
        size += captures
    if some:
        yield some


def chosen(desk: Desk, wanted: Wanted) -> Iterator[tuple[tuple[str, str], str, int]]:
    """Articles with a capture on these days: the first of these, id, and number of captures.

    Only the listing of the folders knows them all. What is stale the tables know, and where they have no row of a
    document it is taken: a run that died left it.
    """
    good = None if wanted.start else current(desk, wanted)
    listed = filter(None, (parse(one.key) for one in desk.store.keys("documents/")))
    for article, keys in groupby(listed, lambda key: key.id):
        every = list(keys)
        found = [key for key in every if wanted.has(key)]
        if found and (good is None or any(is_stale(key, good) for key in found)):
            yield min(found).moment, article, len(every)


def is_stale(key: Key, good: set[str]) -> bool:
    return is_old(key) or (key.kind == "json" and str(key) not in good)


def current(desk: Desk, wanted: Wanted) -> set[str]:
    """Keys of documents of these days whose layers are all as the installed steps make them, by the tables."""
    installed, known, found = makers(all_steps(), desk.parser), dict[tuple[tuple[str, str], ...], bool](), set[str]()
    for row in tables.columns(desk.store, "documents", "key", "layers", days=(wanted.first, wanted.last)):
        layers = tuple(row["layers"] or ())
        if layers not in known:
            known[layers] = not stale(dict(layers), installed)
        if known[layers]:
            found.add(row["key"])
    return found


class Replay:
    """A replay in one process: worked out in full, then written; what is to be written lies in a file."""

    def __init__(self, desk: Desk, wanted: Wanted) -> None:
        wanted.check()
        self.desk, self.wanted = desk, wanted
        self.portions = list(portions(desk, wanted))
        self.sums, self.touched = Sums(), list[str]()
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the replay

    def work_out(self, told: Told = lambda _: None) -> Sums:
        """Makes everything anew that is to be written."""
        for portion in self.portions:
            lifter = Lifter(self.desk, self.wanted)
            for lift in lifter.each(portion, told):
                self.touched.append(lift.id)
                self.file.write(msgspec.json.encode(lift) + b"\n")
            self.sums.add(lifter.sums)
        return self.sums

    def write(self, told: Told = lambda _: None) -> Run | None:
        """Carries it out as a run of its own; None where there was nothing to do."""
        close_dead(self.desk)
        if not self.touched:
            return None
        run = opened(self.desk, f"replay {self.wanted.said}", None)
        put(self.desk, run, "all.touched", self.touched)
        self.file.seek(0)
        for line in self.file:
            lift = msgspec.json.decode(line, type=Lift)
            told(lift.id)
            carry_out(self.desk, run, lift)
        put(self.desk, run, "all.sums", self.sums)
        report(self.desk, run)
        return publish(self.desk, run)


def carry_out(desk: Desk, run: str, lift: Lift) -> None:
    ledger.require_open(desk.store, run)
    landing.lift(desk.store, lift.documents, [key for key in map(parse, lift.seen) if key])


def close_dead(desk: Desk, but: str | None = None) -> None:
    """Closes earlier replays that are open: the rows of one that died follow, one that lives stops."""
    for name, run in ledger.open_runs(desk.store).items():
        if name != but and run.trigger.split()[0] == "replay":
            close_run(desk, name)


def plan(desk: Desk, run: str, wanted: Wanted, trigger: str, *, dry_run: bool) -> list[str]:
    """Opens the run and answers the names of its portions; those of the first try where there was one."""
    wanted.check()
    require_models(desk.parser)
    desk.store.check()
    ledger.require_open(desk.store, run)
    close_dead(desk, but=run)
    opened(desk, f"{trigger} {wanted.said}{', dry run' if dry_run else ''}", run)
    if planned(desk, run) is None:
        names = []
        for number, portion in enumerate(portions(desk, wanted)):
            digest = hashlib.sha256("".join(portion).encode()).hexdigest()[:8]  # another try may have listed others
            names.append(f"{number:05}-{digest}")
            put(desk, run, f"{names[-1]}.articles", portion)
        put(desk, run, "plan", Plan(wanted, dry_run, names))
    made = planned(desk, run)
    assert made is not None  # noqa: S101 - just written
    return made.portions


def portion(desk: Desk, run: str, name: str) -> Sums:
    """Works a portion out and writes it, unless it is a dry run; a second try finds what the first one did."""
    made = planned(desk, run)
    if made is None:
        raise NewsroomError(f"run {run} has no plan in {desk.store.url}: the store was emptied, or is another one")
    if sums := got(desk, run, f"{name}.sums", Sums):
        return sums
    ledger.require_open(desk.store, run)
    worked = got(desk, run, f"{name}.worked", Worked)
    if worked is None:
        lifter = Lifter(desk, made.wanted)
        lifts = list(lifter.each(got(desk, run, f"{name}.articles", list[str]) or []))
        worked = Worked(lifter.sums, lifts)
    return put(desk, run, f"{name}.sums", worked.sums) if made.dry_run else write(desk, run, name, worked)


def write(desk: Desk, run: str, name: str, worked: Worked) -> Sums:
    """Carries out what the first try worked out that got so far, and answers its sums."""
    worked = put(desk, run, f"{name}.worked", worked)
    put(desk, run, f"{name}.touched", [lift.id for lift in worked.lifts])
    for lift in worked.lifts:
        carry_out(desk, run, lift)
    sums = put(desk, run, f"{name}.sums", worked.sums)
    desk.store.delete(replay_key(run, f"{name}.worked"))  # as large as the documents
    return sums


def report(desk: Desk, run: str) -> Sums:
    """The sums of all portions; kept beside the run's, with the examples."""
    sums = Sums()
    for name in names(desk, run, ".sums"):
        sums.add(got(desk, run, name, Sums) or Sums())
    desk.store.put(report_key(run), msgspec.json.encode(sums))
    return sums


def complaint(desk: Desk, run: str) -> Iterator[str]:
    """What was wrong with the portions of a run; nothing where it had none."""
    made, done = planned(desk, run), set(names(desk, run, ".sums"))
    if dead := [name for name in (made.portions if made else ()) if f"{name}.sums" not in done]:
        yield f"portions that died: {', '.join(dead)}"
    sums = read_json(desk.store, report_key(run), Sums)
    if sums and SAME_NUMBER in sums.kept:
        yield f"{sums.kept[SAME_NUMBER]} captures: {SAME_NUMBER}"


def report_key(run: str) -> str:
    return f"{ledger.run_folder(run)}replay.json"


def planned(desk: Desk, run: str) -> Plan | None:
    return got(desk, run, "plan", Plan)


def names(desk: Desk, run: str, ending: str) -> list[str]:
    """What a replay has left for its other tasks, by the end of its name."""
    keys = (listed.key for listed in desk.store.keys(replay_folder(run)))
    return [name for key in keys if (name := key.rpartition("/")[2].removesuffix(".json")).endswith(ending)]


def replay_key(run: str, name: str) -> str:
    return f"{replay_folder(run)}{name}.json"


def put(desk: Desk, run: str, name: str, value: T) -> T:
    """Leaves it for other tasks and tries; answers what the first one left that did."""
    return put_first(desk.store, replay_key(run, name), value, type(value))


def got(desk: Desk, run: str, name: str, kind: type[T]) -> T | None:
    return read_json(desk.store, replay_key(run, name), kind)
