"""A bucket behind a wire on which one request in ten fails, is late or is cut: nothing but the time may differ."""

import random
import uuid
from pathlib import Path
from urllib.parse import urlsplit

from pipeline import ledger
from pipeline.cli import archive
from pipeline.cli.ingest import one_run
from pipeline.config import moment, read
from pipeline.local.demo import start_demo
from pipeline.local.object_store import ObjectStore
from pipeline.rows import ARTICLE_TABLES
from pipeline.stages.archive import wanted
from pipeline.stages.desk import open_desk
from pipeline.store import Store
from pipeline.store.folder import FolderStore
from pipeline.store.s3 import S3Store
from pipeline.tables import read as read_table
from tests.archives.made_up import spread, warc
from tests.store.relay import Weather, serving

NOW = moment("2026-11-24T10:15:00Z")


def ingest(store: Store, sources: Path) -> None:
    _, complaint = one_run(open_desk(read({}), store, [sources], NOW), (), everything=True, take_over=False)
    assert complaint is None


def documents(store: Store) -> dict[str, bytes]:
    return {one.key: store.get(one.key).body for one in store.keys("documents/")}


def rows(store: Store) -> dict[str, list[str]]:
    return {name: sorted(map(repr, read_table(store, name).to_pylist())) for name in ARTICLE_TABLES}


def test_run_over_a_bad_wire_ends_in_the_same_documents_and_rows(s3_server: ObjectStore, tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    direct = s3_server.store(f"test-{uuid.uuid4().hex}")
    calm = FolderStore((tmp_path / "calm").as_uri())
    with start_demo(tmp_path) as demo, serving(Weather(urlsplit(direct.endpoint).port or 0, seed)) as wire:
        sources = tmp_path / "sources.toml"
        sources.write_text(demo.declared)
        ingest(calm, sources)
        ingest(S3Store(direct.url, endpoint=wire.url, key=direct.access_key, secret=direct.secret), sources)
    print(f"{wire.wrong} of {wire.asked} requests went wrong")
    assert wire.wrong > 20
    assert documents(direct) == documents(calm)
    assert rows(direct) == rows(calm)
    for run in ledger.runs(direct):
        assert run.entries == sum(run.outcomes.values()) == len(list(ledger.read_run(direct, run.run)))


def take(store: Store, place: str) -> None:
    desk = open_desk(read({}), store, (), NOW)
    _, complaint = archive.one_run(desk, wanted(desk, places=[place]), processes=2, take_over=False)
    assert complaint is None


def test_archive_over_a_bad_wire_ends_in_the_same_documents_and_rows(s3_server: ObjectStore, tmp_path: Path) -> None:
    """Archive and documents lie in the same bucket."""
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    direct = s3_server.store(f"test-{uuid.uuid4().hex}")
    calm = FolderStore((tmp_path / "calm").as_uri())
    records = spread(20, 4)
    for number in range(4):
        file = warc(tmp_path / f"crawl/{number}.warc.gz", records[number::4])
        direct.put(f"crawl/{file.name}", file.read_bytes())
    with serving(Weather(urlsplit(direct.endpoint).port or 0, seed)) as wire:
        take(calm, str(tmp_path / "crawl"))
        take(
            S3Store(direct.url, endpoint=wire.url, key=direct.access_key, secret=direct.secret), f"{direct.url}/crawl/"
        )
    print(f"{wire.wrong} of {wire.asked} requests went wrong")
    assert wire.wrong > 10
    assert documents(direct) == documents(calm)
    assert rows(direct) == rows(calm)
    for run in ledger.runs(direct):
        lines = list(ledger.read_run(direct, run.run))
        assert run.entries == sum(run.outcomes.values()) == len(lines) == len(records)
        assert "failed" not in run.outcomes
