"""The tables follow the folders, however often and late they are written."""

from datetime import date
from pathlib import Path

import pytest
from deltalake import write_deltalake
from msgspec.structs import replace

from pipeline import rows, tables
from pipeline.documents import key_of
from pipeline.embedding import MODEL
from pipeline.errors import StoreError
from pipeline.landing import land, see
from pipeline.ledger import batch_key, lines
from pipeline.model import Annotation
from pipeline.store import Store
from pipeline.store.folder import FolderStore
from tests.documents_made_up import NOON, document
from tests.rows_made_up import LAYERS, annotated, found, ids, outcome


def test_tables_hold_rows_of_what_landed(store: Store) -> None:
    one = annotated()
    key = land(store, one).key
    tables.publish_articles(store, [one.id, one.id])
    (row,) = found(store, "documents")
    assert row["date"] == date(2026, 11, 22)
    assert (row["key"], row["current"], row["captured_at"], row["authors"]) == (key, True, NOON, ["Ada Holm"])
    entities = found(store, "entities")
    assert sorted((e["entity"], e["name"], e["geonames"]) for e in entities) == [
        ("e1", "Ada Holm", None),
        ("e2", "Oslo", 3143244),
    ]
    assert entities[0]["id"] == one.id
    assert [(p["country"], p["lat"]) for p in found(store, "places")] == [("NO", 59.91)]
    direct, partial = sorted(found(store, "quotes"), key=lambda q: q["kind"])
    assert (direct["speaker"], direct["speaker_name"], direct["cue"]) == ("e1", "Ada Holm", "said")
    assert (partial["speaker"], partial["cue"]) == (None, None)
    assert [t["topic"] for t in found(store, "topics")] == ["medtop:20000593"]


def test_changes_have_a_row_for_each_turn_of_one_edition(store: Store) -> None:
    first, second = annotated(0, "300 sail."), annotated(60 * 24, "400 sail.")
    land(store, first)
    land(store, second)
    see(store, annotated(60 * 23, "300 sail."))
    see(store, annotated(60 * 25, "400 sail."))
    land(store, annotated(60 * 26, "Other rules, other text.", edition="c8"))
    tables.publish_articles(store, [first.id])
    (row,) = found(store, "changes")
    assert (row["date"], row["captured_at"]) == (date(2026, 11, 23), second.captured_at)
    assert (row["id"], row["from_version"], row["version"]) == (first.id, first.version, second.version)
    assert (row["kind"], row["corrected"], row["where"]) == ("correction", ["number"], ["lead"])
    assert (row["reworded"], row["added"], row["from_captured_at"]) == (1, 0, NOON)
    before = found(store, "changes")
    tables.publish_articles(store, [first.id])
    tables.rebuild(store)
    assert found(store, "changes") == before


def test_changes_follow_a_capture_that_comes_late(store: Store) -> None:
    """An earlier capture that said the same takes the place of the change's day."""
    land(store, annotated(0, "300 sail."))
    late = annotated(60 * 24 * 2, "400 sail.")
    land(store, late)
    tables.publish_articles(store, [late.id])
    land(store, annotated(60, "400 sail."))
    tables.publish_articles(store, [late.id])
    assert [row["date"] for row in found(store, "changes")] == [date(2026, 11, 22)]


def test_tables_hold_the_embedding_of_what_the_encoder_reads(folder_store: FolderStore) -> None:
    known = annotated(url="https://tern.example/1")
    foreign = annotated(1, url="https://tern.example/2")
    foreign = replace(foreign, annotations=LAYERS | {"topics": Annotation(version=1, model=MODEL, unsupported="xx")})
    for one in (known, foreign):
        land(folder_store, one)
    tables.publish_articles(folder_store, [known.id, foreign.id])
    (row,) = found(folder_store, "embeddings")
    assert (row["id"], row["model"], len(row["vector"])) == (known.id, MODEL, 512)
    assert sum(number**2 for number in row["vector"]) == pytest.approx(1, abs=0.01)
    before = found(folder_store, "embeddings")
    tables.rebuild(folder_store)
    assert found(folder_store, "embeddings") == before


def test_tables_published_twice_are_the_same(store: Store) -> None:
    one = annotated()
    land(store, one)
    tables.publish_articles(store, [one.id])
    before = {name: found(store, name) for name in rows.ARTICLE_TABLES}
    tables.publish_articles(store, [one.id])
    assert {name: found(store, name) for name in rows.ARTICLE_TABLES} == before


def test_tables_follow_a_document_that_became_seen(folder_store: FolderStore) -> None:
    late, early = annotated(5), annotated(1)
    for one in (late, early):
        land(folder_store, one)
        tables.publish_articles(folder_store, [one.id])
        assert [row["key"] for row in found(folder_store, "documents")] == [str(key_of(one))]


def test_tables_follow_a_day_that_is_no_more(folder_store: FolderStore) -> None:
    yesterday, today = annotated(0), annotated(24 * 60)
    for one in (today, yesterday):
        land(folder_store, one)
        tables.publish_articles(folder_store, [one.id])
    assert [row["date"].day for row in found(folder_store, "entities")] == [22, 22]


def test_tables_lose_a_feeds_body_of_another_day_to_the_page(folder_store: FolderStore) -> None:
    feed, page = annotated(0, edition="f7"), annotated(3 * 24 * 60)
    for one in (feed, page):
        land(folder_store, one)
        tables.publish_articles(folder_store, [one.id])
    assert [(row["edition"], row["date"].day) for row in found(folder_store, "documents")] == [("c7", 25)]
    assert {row["edition"] for row in found(folder_store, "entities")} == {"c7"}


def test_tables_lose_what_was_taken_down(folder_store: FolderStore) -> None:
    one, other = annotated(), annotated(url="https://tern.example/other")
    keys = [land(folder_store, each).key for each in (one, other)]
    tables.publish_articles(folder_store, [one.id, other.id])
    folder_store.delete(keys[0])
    tables.publish_articles(folder_store, [one.id, other.id])
    assert ids(folder_store) == [(other.id, other.version)]


def test_tables_say_what_is_current(folder_store: FolderStore) -> None:
    land(folder_store, annotated(1, "One."))
    land(folder_store, annotated(2, "Two."))
    see(folder_store, annotated(3, "One."))
    tables.publish_articles(folder_store, [document().id])
    assert [row["text"] for row in found(folder_store, "documents") if row["current"]] == ["One."]


def test_tables_hold_outcomes_of_each_run_once(store: Store) -> None:
    runs = ["20261122T101500Z-ab12", "20261123T101500Z-cd34"]
    for run in [*runs, runs[0]]:
        made = [outcome(run, n, ms={"clean": 26}, missing={"topics": "broke"}) for n in range(3)]
        tables.publish_outcomes(store, run, made)
    held = found(store, "outcomes")
    assert sorted((row["run"], row["date"].day) for row in held) == [(runs[0], 22)] * 3 + [(runs[1], 23)] * 3
    assert (held[0]["ms"], held[0]["missing"]) == ([("clean", 26)], ["topics"])


def test_tables_of_a_run_without_entries_are_empty(folder_store: FolderStore) -> None:
    tables.publish_outcomes(folder_store, "20261122T101500Z-ab12", [])
    tables.publish_articles(folder_store, [])
    assert tables.read(folder_store, "outcomes").num_rows == 0


@pytest.mark.parametrize("name", rows.COLUMNS)
def test_tables_read_before_anything_was_published_are_empty(folder_store: FolderStore, name: str) -> None:
    empty = tables.read(folder_store, name)
    assert (empty.num_rows, empty.schema) == (0, tables.schema(name))


def test_tables_rebuilt_are_what_they_were(store: Store) -> None:
    made = [annotated(n, url=f"https://tern.example/{n}") for n in range(5)]
    for one in (*made, annotated(60, "They sailed.", url="https://tern.example/0")):
        land(store, one)
    run = "20261122T101500Z-ab12"
    outcomes = [outcome(run, n) for n in range(3)]
    store.put(batch_key(run, "001"), lines(outcomes))
    tables.publish_articles(store, [one.id for one in made])
    tables.publish_outcomes(store, run, outcomes)
    held = {name: found(store, name) for name in rows.COLUMNS}
    tables.rebuild(store)
    assert {name: found(store, name) for name in rows.COLUMNS} == held
    assert all(held.values())


def test_tables_rebuilt_get_new_columns_and_lose_foreign_rows(folder_store: FolderStore) -> None:
    uri, _ = folder_store.table("topics")
    old = tables.schema("topics").empty_table().drop_columns(["score"])
    write_deltalake(uri, old, partition_by=["date"])
    land(folder_store, annotated())
    tables.rebuild(folder_store)
    assert [row["score"] for row in found(folder_store, "topics")] == [0.81]


def test_tables_name_what_cannot_be_read(folder_store: FolderStore, tmp_path: Path) -> None:
    run = "20261122T101500Z-ab12"
    tables.publish_outcomes(folder_store, run, [outcome(run, 1)])
    for log in Path(folder_store.table("outcomes")[0], "_delta_log").glob("*.json"):
        log.write_text("no log")
    with pytest.raises(StoreError, match=r"table outcomes: .*newsroom tables rebuild"):
        tables.read(folder_store, "outcomes")
