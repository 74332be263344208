"""Archives taken as the DAGs and the command line take them, and what the store holds then."""

import shutil
from datetime import date
from pathlib import Path

from pipeline import tables
from pipeline.archives.indexes import Wanted
from pipeline.config import moment, read
from pipeline.ledger import Run
from pipeline.rows import ARTICLE_TABLES
from pipeline.stages import archive, publish, verdict
from pipeline.stages.desk import Desk, open_desk
from pipeline.store import Store
from pipeline.store.folder import FolderStore

NOW = moment("2026-11-24T10:15:00Z")
ARTICLES, DAYS = 45, 3


def desk_of(store: Store) -> Desk:
    return open_desk(read({}), store, (), NOW)


def take(store: Store, *places: str | Path, first: date | None = None, last: date | None = None) -> Run:
    desk = desk_of(store)
    run = archive.begin(desk, "archive test")
    for name in archive.plan(desk, run, asked(*places, first=first, last=last)):
        archive.shard(desk, run, name)
    return ended(desk, run)


def ended(desk: Desk, run: str) -> Run:
    closed = publish.publish(desk, run)
    assert verdict.verdict(desk, run) is None
    return closed


def asked(*places: str | Path, first: date | None = None, last: date | None = None) -> Wanted:
    return Wanted(source="archive", places=tuple(map(str, places)), first=first, last=last)


def documents(store: Store) -> dict[str, bytes]:
    return {one.key: store.get(one.key).body for one in store.keys("documents/")}


def rows(store: Store) -> dict[str, list[str]]:
    return {name: sorted(map(repr, tables.read(store, name).to_pylist())) for name in ARTICLE_TABLES}


def copy(store: FolderStore, to: Path) -> FolderStore:
    """Another store that holds the same."""
    shutil.copytree(store.root, to)
    return FolderStore(to.as_uri())
