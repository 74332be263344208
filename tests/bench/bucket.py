"""What a run asks of the bucket, and what lies there after it, by document."""

import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline.cli.ingest import one_run
from pipeline.config import read
from pipeline.local.object_store import start_object_store
from pipeline.stages.desk import open_desk
from pipeline.store.s3 import S3Store
from tests.bench.pages import Site, pages, source
from tests.store.relay import Relay, serving

DOCUMENTS = 100
WRITES = ("PUT", "POST", "DELETE")
PARTS = ("documents", "tables", "ledger", "work", "raw")


class Counting(Relay):
    """Passes everything on, and counts requests by method, listings and tables apart, and writes by part."""

    def __init__(self, port: int) -> None:
        super().__init__(port, {})
        self.asked, self.written = Counter[str](), Counter[str]()

    def passed_on(self, head: bytes, body: bytes) -> bytes:
        line = head.split(b"\r\n", 1)[0]
        method = "LIST" if b"list-type=2" in line else line.split(b" ", 1)[0].decode()
        self.asked[f"{method} for the tables" if b"tables" in line else method] += 1
        if method in WRITES:
            self.written[next((part for part in PARTS if f"/{part}/".encode() in line), "the rest")] += 1
        return super().passed_on(head, body)


def bucket() -> dict[str, Any]:
    """One run over 100 pages that are new, on a real S3 server."""
    with ExitStack() as running:
        state = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="newsroom-bench-")))
        objects = running.enter_context(start_object_store(state))
        wire = running.enter_context(serving(Counting(urlsplit(objects.endpoint).port or 0)))
        declared = state / "sources.toml"
        declared.write_text(source(0, Site(pages("A_fundus", DOCUMENTS), DOCUMENTS)))
        store = S3Store(f"s3://{objects.bucket}", endpoint=wire.url, key=objects.key, secret=objects.secret)
        found, complaint = one_run(open_desk(read({}), store, [declared]), (), everything=True, take_over=False)
        assert complaint is None
        held = Counter[str]()
        for one in objects.store().keys(""):
            held[one.key.partition("/")[0]] += one.size
    landed = found.outcomes["landed"]
    return {
        "documents": landed,
        **{f"{method}, by document": round(number / landed, 2) for method, number in sorted(wire.asked.items())},
        **{f"{part}/, kB by document": round(size / landed / 1000, 1) for part, size in sorted(held.items())},
    }
