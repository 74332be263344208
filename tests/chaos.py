"""Kills `newsroom ingest` and `archive` at random points: was anything lost? `make chaos`, and five times each in CI.

At the end four commands run at once.

Each command is a process of its own, forked from one that has the models loaded, so that hundreds of deaths fit into
minutes. A process dies by SIGKILL either at one of its writes to the store (before it or behind it) or at a moment.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

NOW = "2026-11-24T10:15:00Z"
WRITES = ("put", "put_new", "replace", "delete")


class Death(NamedTuple):
    """When a command dies: at its n-th write, before or behind it, or after so many seconds."""

    write: int | None = None
    behind: bool = False
    seconds: float | None = None

    def __str__(self) -> str:
        if self.write is None:
            return f"after {self.seconds:.2f} s"
        return f"{'behind' if self.behind else 'before'} write {self.write}"


class Found(NamedTuple):
    """What a store holds once all is done; `complaints` is what may never be."""

    documents: dict[str, str]
    rows: dict[str, str]
    complaints: list[str]


@dataclass
class House:
    """A command over a demo site or a made-up archive, and a folder for stores."""

    folder: Path
    words: list[str]

    def run(self, store: str, *more: str, death: Death | None = None) -> int:
        """The exit status of the command on this store; minus nine where it was killed."""
        return wait(self.started(store, *more, death=death))

    def started(self, store: str, *more: str, death: Death | None = None) -> int:
        words = [*self.words, "--now", NOW, "--store", store, *more]
        return fork(lambda: command(words, death), self.folder / "log")

    def found(self, store: str) -> Found:
        """Read by a process of its own: the table library starts threads, which a fork does not survive."""
        file = self.folder / "found.json"
        status = wait(fork(lambda: file.write_text(json.dumps(look(store))), self.folder / "log"))
        assert status == 0, self.log
        return Found(*json.loads(file.read_text()))

    @property
    def log(self) -> str:
        """What the commands printed last."""
        return (self.folder / "log").read_text()[-3000:]


@contextmanager
def ingesting() -> Iterator[House]:
    from pipeline.local.demo import start_demo

    with tempfile.TemporaryDirectory(prefix="newsroom-chaos-") as folder, start_demo(Path(folder)) as demo:
        sources = Path(folder) / "sources.toml"
        sources.write_text(demo.declared)
        yield House(Path(folder), ["ingest", "--sources", str(sources)])


@contextmanager
def archiving() -> Iterator[House]:
    """In shards of ten records, two at once."""
    from pipeline.stages import archive
    from tests.archives.made_up import spread, warc

    archive.SHARD = 10
    with tempfile.TemporaryDirectory(prefix="newsroom-chaos-") as folder:
        crawl = warc(Path(folder) / "crawl.warc.gz", spread(30, 3))
        yield House(Path(folder), ["archive", str(crawl), "--processes", "2"])


COMMANDS = {"ingest": ingesting, "archive": archiving}


def preload() -> None:
    """What every command would load, once; nothing that starts a thread."""
    import trafilatura  # noqa: F401

    from pipeline import captures, tables  # noqa: F401
    from pipeline.model import Document, Extraction
    from pipeline.parse import Parser
    from pipeline.stages import archive, batch, begin, discover, fetch, plan, publish  # noqa: F401
    from pipeline.stages.enrich import annotated
    from pipeline.steps import all_steps

    text = "Ferries stayed in port on Monday. “We wait,” said Ada Holm of the union in Tallinn."
    about: dict[str, Any] = {"url": None, "source": None, "captured_at": None, "raw": None}
    extraction = Extraction("page", 1)
    document = Document(id="0" * 20, version="0" * 16, title="Ferries stay", text=text, extraction=extraction, **about)
    annotated(document, all_steps(), Parser())
    assert threading.active_count() == 1, threading.enumerate()


def fork(do: Callable[[], Any], log: Path) -> int:
    """The pid of a child that does this and ends; status 1 where it raises."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setsid()
        with log.open("ab", buffering=0) as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            do()
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1 if error.code else 0
        if isinstance(error.code, str):
            os.write(2, f"{error.code}\n".encode())
    except BaseException:  # noqa: BLE001 - a child must end here, whatever it raised
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)
    raise AssertionError("unreachable")


def wait(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def command(words: list[str], death: Death | None) -> None:
    """`newsroom` with these words, which dies where it shall."""
    from pipeline.cli import main

    if death:
        arm(death)
    sys.argv = ["newsroom", *words]
    main()


def arm(death: Death) -> None:
    """Prepares the death of this process."""
    if death.seconds is not None:
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, death.seconds)
        return
    from pipeline.store.folder import FolderStore

    count = iter(range(1_000_000))

    def counted(write: Callable[..., Any]) -> Callable[..., Any]:
        def do(*args: Any) -> Any:
            number = next(count)
            if number == death.write and not death.behind:
                os.kill(os.getpid(), signal.SIGKILL)
            done = write(*args)
            if number == death.write:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return do

    for name in WRITES:
        setattr(FolderStore, name, counted(getattr(FolderStore, name)))


def look(url: str) -> Found:
    """Documents by key, rows by table, and what does not add up."""
    from pipeline import ledger, polls, tables
    from pipeline.rows import ARTICLE_TABLES
    from pipeline.store import open_store

    store = open_store(url)
    documents = {one.key: digest(store.get(one.key).body) for one in store.keys("documents/")}
    rows = {
        name: digest(json.dumps(sorted(map(repr, tables.read(store, name).to_pylist()))).encode())
        for name in ARTICLE_TABLES
    }
    complaints = [f"open: {name}" for name in ledger.open_runs(store)]
    for run in ledger.runs(store):
        lines = list(ledger.read_run(store, run.run))
        keys = [(line.source, line.queued_as) for line in lines]
        if not run.entries == len(lines) == sum(run.outcomes.values()) or len(set(keys)) != len(keys):
            complaints.append(f"{run.run} does not add up: {run.entries} entries, {len(lines)} lines, {run.outcomes}")
    taken = [line for run in ledger.runs(store) for line in ledger.read_run(store, run.run) if line.outcome == "landed"]
    landed = {line.key for line in taken}
    # No queue keeps two runs from one archive: both land what they find, and it is the same.
    if len({(line.key, line.run if line.source == polls.ARCHIVE else None) for line in taken}) != len(taken):
        complaints.append("an entry landed twice")
    complaints += [f"no document: {key}" for key in landed if key not in documents]
    for one in store.keys("sources/"):
        state = polls.read(store, one.key.removeprefix("sources/").removesuffix(".json"))
        leased = [key for key, waiting in state.pending.items() if waiting.lease]
        complaints += [f"{state.name} is still leased: {key}" for key in leased]
    return Found(documents, rows, complaints)


def polled(url: str) -> Iterator[str]:
    """The URL of each feed as often as it was asked."""
    from pipeline.captures import records
    from pipeline.store import open_store

    store = open_store(url)
    for one in store.keys("raw/"):
        if "-poll-" in one.key and one.key.endswith(".warc.gz"):
            urls = (record.headers["WARC-Target-URI"] for record in records(store.get(one.key).body))
            yield from (url for url in urls if not url.endswith("/robots.txt"))


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:16]


def deaths(chance: random.Random, writes: int, seconds: float) -> Iterator[Death]:
    """Two of three at a write, one at a moment."""
    while True:
        yield Death(write=chance.randrange(writes), behind=chance.random() < 0.5)
        yield Death(seconds=chance.uniform(0, seconds))
        yield Death(write=chance.randrange(writes), behind=chance.random() < 0.5)


def writes_of(store: Path) -> int:
    """About as many writes as a run does: each object once, and most of the queues again."""
    return sum(1 for file in store.rglob("*") if file.is_file() and "tables" not in file.parts) + 20


def chaos(name: str, times: int, seed: int) -> int:
    """The number of deaths after which the store was another than after an undisturbed run."""
    chance = random.Random(seed)
    everything = ("--all",) if name == "ingest" else ()
    with COMMANDS[name]() as here:
        calm = (here.folder / "calm").as_uri()
        began = time.monotonic()
        assert here.run(calm, *everything) == 0, here.log
        lasted = time.monotonic() - began
        expected = here.found(calm)
        wrong = len(expected.complaints)
        print(f"{name}: {len(expected.documents)} keys in {lasted:.1f} s {expected.complaints or ''}", flush=True)
        killed = deaths(chance, writes_of(here.folder / "calm"), lasted)
        for number in range(times):
            wrong += one_death(here, number, next(killed), expected, everything)
        wrong += four_at_once(here, expected)
        print(f"{name}: {times} deaths with seed {seed}, {wrong} wrong", flush=True)
    return wrong


def four_at_once(here: House, expected: Found) -> bool:
    """Whether four commands at the same time lose, double or ask anything that one alone does not."""
    folder = here.folder / "together"
    pids = [here.started(folder.as_uri()) for _ in range(4)]
    ends = [wait(pid) for pid in pids]
    last = here.run(folder.as_uri())  # takes up what a run could not take from another
    found = here.found(folder.as_uri())
    asked = Counter(polled(folder.as_uri()))
    same = found.documents == expected.documents and found.rows == expected.rows
    wrong = any(ends) or last != 0 or not same or bool(found.complaints) or bool(set(asked.values()) - {1})
    print(f"four at once: {'WRONG' if wrong else 'same documents and rows, no source asked twice'}", flush=True)
    if wrong:
        print("  ", ends, last, asked, found.complaints, differences(found, expected))
        print(here.log)
    return wrong


def one_death(here: House, number: int, death: Death, expected: Found, everything: Sequence[str]) -> bool:
    """Whether the store differs from what it should be after a death and the same command with --take-over."""
    store = (here.folder / f"store-{number}").as_uri()
    first = here.run(store, *everything, death=death)
    second = here.run(store, *everything, "--take-over")
    found = here.found(store)
    same = found.documents == expected.documents and found.rows == expected.rows
    wrong = second != 0 or not same or bool(found.complaints)
    said = "lived" if first == 0 else "killed"
    print(f"{number:4} {said} {death}: {'WRONG' if wrong else 'same documents and rows'}", flush=True)
    if wrong:
        print("  ", f"exit {second}", found.complaints, differences(found, expected))
        print(here.log)
    return wrong


def differences(found: Found, expected: Found) -> dict[str, list[str]]:
    return {
        "missing": sorted(expected.documents.keys() - found.documents.keys()),
        "more": sorted(found.documents.keys() - expected.documents.keys()),
        "other": sorted(k for k, v in found.documents.items() if expected.documents.get(k, v) != v),
        "tables": sorted(name for name, rows in found.rows.items() if rows != expected.rows[name]),
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--times", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    arguments.add_argument("--of", choices=COMMANDS, action="append", help="only this command")
    given = arguments.parse_args()
    preload()
    sys.exit(sum(chaos(name, given.times, given.seed) for name in given.of or COMMANDS) > 0)


if __name__ == "__main__":
    main()
