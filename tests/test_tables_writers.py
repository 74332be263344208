"""Several writers of one table: none loses the rows of another, and a day stays in few files."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from deltalake import DeltaTable

from pipeline import delta, rows, tables
from pipeline.landing import land
from pipeline.model import Document
from pipeline.store import Listed, Store
from pipeline.store.folder import FolderStore
from tests.documents_made_up import document
from tests.rows_made_up import annotated, found, ids, outcome


def test_tables_take_one_commit_for_many_articles(folder_store: FolderStore) -> None:
    made = [annotated(n, url=f"https://tern.example/{n}") for n in range(20)]
    for one in made:
        land(folder_store, one)
    tables.publish_articles(folder_store, [one.id for one in made])
    table = DeltaTable(folder_store.table("documents")[0])
    assert (table.version(), table.to_pyarrow_table().num_rows) == (1, 20)
    assert table.metadata().partition_columns == ["date"]


def test_tables_of_racing_writers_end_as_the_folders(store: Store) -> None:
    articles = [f"https://tern.example/{n}" for n in range(3)]

    def write(number: int) -> None:
        for n, url in enumerate(articles):
            land(store, annotated(number, f"Text {(number + n) % 2}.", url=url))
        tables.publish_articles(store, [document(url=url).id for url in articles])
        tables.publish_outcomes(store, f"2026112{number}T101500Z-ab12", [outcome(f"2026112{number}T101500Z-ab12", 1)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    held = {name: found(store, name) for name in rows.COLUMNS}
    tables.publish_articles(store, [document(url=url).id for url in articles])
    assert {name: found(store, name) for name in rows.COLUMNS} == held
    assert len(held["documents"]) == 6
    assert len(held["outcomes"]) == 4


class Interrupted(FolderStore):
    """A store in which somebody else lands and publishes right after our first listing of a folder."""

    other: Document | None = None

    def keys(self, prefix: str) -> Iterator[Listed]:
        found = list(super().keys(prefix))
        if self.other and prefix.startswith("documents/"):
            one, self.other = self.other, None
            land(self, one)
            tables.publish_articles(self, [one.id])
        return iter(found)


def test_tables_written_from_an_old_listing_are_written_again(tmp_path: Path) -> None:
    store = Interrupted(tmp_path.as_uri())
    land(store, annotated(1, "One."))
    store.other = annotated(2, "Two.")
    tables.publish_articles(store, [document().id])
    assert sorted(row["text"] for row in found(store, "documents")) == ["One.", "Two."]


def test_tables_lose_a_feeds_body_though_the_page_came_while_it_was_listed(tmp_path: Path) -> None:
    """The page is of another day: no commit of its rows stands in the way of ours."""
    store = Interrupted(tmp_path.as_uri())
    land(store, annotated(0, edition="f7"))
    store.other = annotated(3 * 24 * 60)
    tables.publish_articles(store, [document().id])
    for name in ("documents", "entities", "topics"):
        assert {row["edition"] for row in found(store, name)} == {"c7"}


class Counting(FolderStore):
    """A store that counts its listings."""

    listings = 0

    def keys(self, prefix: str) -> Iterator[Listed]:
        self.listings += 1
        return super().keys(prefix)


def test_tables_list_no_folder_again_for_what_others_wrote_of_others(tmp_path: Path) -> None:
    """Their ids surround ours, so that the library takes their commit for one of our rows."""
    store = Counting(tmp_path.as_uri())
    made = sorted((annotated(n, url=f"https://tern.example/{n}") for n in range(3)), key=lambda one: one.id)
    for one in made:
        land(store, one)
    folders = list(tables._folders(store, [made[1].id]))
    pinned = delta.opened(store, "topics", tables.schema("topics"))
    tables.publish_articles(store, [made[0].id, made[2].id])
    store.listings = 0
    tables._follow(store, pinned, "topics", folders, None)
    assert store.listings == 0
    assert ids(store, "topics") == sorted((one.id, one.version) for one in made)


def test_tables_of_a_day_stay_in_few_files(store: Store) -> None:
    made = [annotated(n, url=f"https://tern.example/{n}") for n in range(delta.FILES + 3)]
    for one in made:
        land(store, one)
        tables.publish_articles(store, [one.id])
    uri, options = store.table("topics")
    table = DeltaTable(uri, storage_options=options)
    assert len(table.file_uris()) < delta.FILES
    assert ids(store, "topics") == sorted((one.id, one.version) for one in made)
    assert table.metadata().configuration == {"delta.checkpointInterval": delta.CHECKPOINT}


def test_tables_that_two_tidy_at_once_hold_each_row_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever is later gives way, also to rows that came between."""
    runs = [f"20261122T1015{n:02}Z-ab12" for n in range(5)]
    for run in runs[:4]:
        tables.publish_outcomes(store, run, [outcome(run, n) for n in range(3)])
    stale = [delta.opened(store, "outcomes", tables.schema("outcomes")) for _ in range(3)]
    monkeypatch.setattr(delta, "FILES", 2)
    delta.tidied(stale[0], {"2026-11-22"})
    assert len(stale[0].file_uris()) == 1
    delta.tidied(stale[1], {"2026-11-22"})
    monkeypatch.setattr(delta, "FILES", 16)
    tables.publish_outcomes(store, runs[4], [outcome(runs[4], n) for n in range(3)])
    monkeypatch.setattr(delta, "FILES", 2)
    delta.tidied(stale[2], {"2026-11-22"})
    assert sorted(row["run"] for row in found(store, "outcomes")) == [run for run in runs for _ in range(3)]
