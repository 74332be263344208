"""What a document costs around the models: looked for, landed, told in the ledger, and written into the tables.

Annotated documents of real pages land again and again under new ids, by the real landing and closing of runs.
"""

import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace as with_clock
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from pipeline import landing, ledger, vectors
from pipeline.config import read
from pipeline.documents import encode
from pipeline.identity import article_id
from pipeline.ledger import Run
from pipeline.local.object_store import start_object_store
from pipeline.model import Document, Entry, RawRef, Taken
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.publish import publish
from pipeline.store import Store
from pipeline.store.folder import FolderStore
from pipeline.store.s3 import S3Store
from tests.bench.bucket import Counting
from tests.bench.pages import pages
from tests.store.relay import serving

BATCH = 400
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
MADE = list[tuple[Document, bytes]]
"""Documents and the records of their vectors."""


class Shape(NamedTuple):
    """How captures and runs are spread."""

    a_day: int
    a_run: int


SHAPES = {
    "days of 2,000": Shape(2_000, 2_000),
    "all on one day": Shape(1_000_000, 1_000_000),
    "runs of 100, ten days": Shape(3_000, 100),
}
NUMBERS = (1_000, 5_000, 30_000)


def around() -> dict[str, Any]:
    """On a real S3 server: CPU ms of a document by part, and what is asked of the bucket."""
    documents = apart(templates)
    with tempfile.TemporaryDirectory(prefix="newsroom-bench-") as folder:
        timed = apart(on_s3, documents, folder, False)
        counted = apart(on_s3, documents, folder, True)
    return {**timed, **counted}


def scale() -> dict[str, Any]:
    """On a folder: CPU ms of a document, and the peak of memory, for few and many documents."""
    documents, found = apart(templates), dict[str, Any]()
    for name, shape in SHAPES.items():
        for number in NUMBERS:
            with tempfile.TemporaryDirectory(prefix="newsroom-bench-") as folder:
                made = apart(on_folder, documents, folder, number, shape)
            found |= {f"{name}, {number:,}: {what}": value for what, value in made.items()}
    return found


def apart(call: Callable[..., Any], *given: Any) -> Any:
    """Calls it in a process of its own: its peak of memory is its own then."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(call, *given).result()


def templates() -> bytes:
    """Annotated documents of real pages, and their vectors, as JSON."""
    from pipeline.clean import clean
    from pipeline.errors import EntryError
    from pipeline.model import Capture
    from pipeline.parse import Parser
    from pipeline.stages.enrich import annotated
    from pipeline.steps import all_steps

    parser, steps, made = Parser(), all_steps(), list[tuple[Document, bytes]]()
    for url, body in pages("A_fundus", 60):
        capture = Capture(url=url, at=FIRST, status=200, headers=(), body=body, record="", digest="")
        try:
            document, _ = annotated(clean(capture, Entry(source="bench", url=url)), steps, parser)
        except EntryError:
            continue
        made.append((document, vectors.record(document)))
    return msgspec.json.encode(made)


def on_s3(documents: bytes, folder: str, counting: bool) -> dict[str, Any]:
    """One shard of documents; either timed, or over a wire that counts and costs time itself."""
    with ExitStack() as running:
        objects = running.enter_context(start_object_store(Path(folder)))
        store = objects.store("counted" if counting else "timed")
        if counting:
            wire = running.enter_context(serving(Counting(urlsplit(objects.endpoint).port or 0)))
            store = S3Store(store.url, endpoint=wire.url, key=objects.key, secret=objects.secret)
        costs = landed(store, folder, msgspec.json.decode(documents, type=MADE), BATCH, SHAPES["all on one day"])
        if counting:
            return {f"{what}, by document": round(n / BATCH, 3) for what, n in sorted(wire.asked.items())}
    return {**costs, "in all": round(sum(costs.values()), 2)}


def on_folder(documents: bytes, folder: str, number: int, shape: Shape) -> dict[str, Any]:
    store = FolderStore((Path(folder) / "store").as_uri())
    made = msgspec.json.decode(documents, type=MADE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    costs = landed(store, folder, made, number, shape)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {**costs, "in all": round(sum(costs.values()), 2), "MB, peak": peak // 1024}


def landed(store: Store, folder: str, documents: MADE, number: int, shape: Shape) -> dict[str, float]:
    """Lands so many documents in as many runs as it takes; CPU ms of a document by part."""
    spent, ticks = defaultdict[str, float](float), (FIRST + timedelta(seconds=n) for n in range(10_000_000))

    @contextmanager
    def part(name: str) -> Iterator[None]:
        began = time.process_time()
        yield
        spent[name] += time.process_time() - began

    store.check()
    none = Path(folder) / "sources.toml"
    none.write_text("")
    desk = with_clock(open_desk(read({}), store, [none]), clock=lambda: next(ticks))
    for start in range(0, number, shape.a_run):
        one_run(desk, documents, range(start, min(start + shape.a_run, number)), shape, part)
    return {name: round(1000 * seconds / number, 2) for name, seconds in spent.items()}


def one_run(desk: Desk, documents: MADE, numbers: range, shape: Shape, part: Any) -> None:
    """A run as the shards of an archive make one, without reading, cleaning and steps."""
    store, run = desk.store, ledger.run_name(desk.clock(), f"{numbers.start}")
    parts = {f"{at:06}": numbers[at : at + BATCH] for at in range(0, len(numbers), BATCH)}
    ledger.open_run(store, Run(run=run, trigger="bench", started_at=desk.clock()))
    store.put_new(f"work/{run}/plan.json", msgspec.json.encode(dict.fromkeys(parts, ())))
    for name, some in parts.items():
        taken = []
        for number in some:
            one = made_up(*documents[number % len(documents)], number, shape)
            document = one.document
            assert document
            with part("looked for"):
                landing.standing(store, document)
            with part("JSON"):
                encode(document)
            with part("landed"):
                outcome, key = landing.land(store, document)
            taken.append(replace(one, outcome=outcome, key=key, stage="land"))
        with part("ledger and vectors"):
            vectors.keep(store, run, name, (one.vector for one in taken))
            ledger.write_batch(store, run, name, [ledger.outcome_of(one, run, name) for one in taken])
    with part("tables and closing"):
        publish(desk, run)


def made_up(template: Document, vector: bytes, number: int, shape: Shape) -> Taken:
    """The entry of a document like this one, of another article."""
    url = f"https://bench.example/2026/story-{number}"
    at = FIRST + timedelta(days=number // shape.a_day, seconds=number % 80_000)
    raw = RawRef(f"urn:uuid:{number:08}", "sha1:AAAA")
    document = replace(template, id=article_id(url), url=url, captured_at=at, source="archive", raw=raw)
    entry = Entry(source="archive", url=url)
    return Taken(entry=entry, queued_as=url, document=document, vector=vector, captured_at=at)
