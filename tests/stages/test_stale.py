"""A replay takes what is stale and leaves every other byte as it is: versions, models and tables count alike."""

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from pipeline import captures, landing, seeds, tables
from pipeline.clean import clean
from pipeline.config import read
from pipeline.documents import decode, encode
from pipeline.model import Annotation, Document, Entry
from pipeline.names import gazetteer, joining
from pipeline.names import tables as names
from pipeline.parse import DEFAULT_MODEL
from pipeline.stages import lift, replay
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.tally import Sums
from pipeline.steps import Reading, all_steps, dependents
from pipeline.store.folder import FolderStore
from tests.stages.kept_days import (
    BRIDGE,
    DAY,
    FIRST,
    SECOND,
    articles,
    bucket,
    exchange,
    filled,
    html,
    keep,
    land,
    play,
    raise_rules,
    relabel,
)
from tests.store.reads import Reads


@pytest.fixture
def desk(folder_store: FolderStore) -> Desk:
    return filled(Reads(folder_store.url))


def documents(desk: Desk) -> dict[str, Document]:
    return {key: decode(body) for key, body in bucket(desk.store, "documents/").items() if body}


def but(found: dict[str, Document], changed: set[str]) -> dict[str, list[bytes]]:
    """All layers but some, and all else that the documents say, as bytes."""
    return {
        key: [encode(one) for one in (lift.bare(document), *others(document, changed))]
        for key, document in found.items()
    }


def others(document: Document, changed: set[str]) -> list[Any]:
    return [layer for name, layer in sorted(document.annotations.items()) if name not in changed]


def raise_step(monkeypatch: pytest.MonkeyPatch, name: str) -> set[str]:
    """A step as its next version has it, which finds one thing less; answers all layers that it concerns."""
    (old,) = [step for step in all_steps() if step.name == name]

    def run(reading: Reading) -> Any:
        return old.run(reading)[1:]

    steps = tuple(dataclasses.replace(s, version=2, run=run) if s.name == name else s for s in all_steps())
    for module in (lift, replay):
        monkeypatch.setattr(module, "all_steps", lambda: steps)
    return {step.name for step in dependents({name}, steps)}


@pytest.mark.parametrize("step", ["places", "quotes", "keyphrases"])
def test_stale_a_raised_version_changes_its_layer_and_what_reads_it_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = documents(desk)
    changed = raise_step(monkeypatch, step)
    sums = play(desk, None)
    assert sums.layers[step] == 4
    assert (set(sums.layers) <= changed, sums.failed) == (True, {})
    after = documents(desk)
    assert but(after, changed) == but(before, changed)
    assert {after[key].annotations[step].made_by.split()[0] for key in after} == {"2"}
    assert play(desk, None) == Sums()


def test_stale_documents_alone_are_read_and_written(desk: Desk) -> None:
    """One article has an older layer: of the other one no object is touched."""
    store = desk.store
    assert isinstance(store, Reads)
    good = bucket(store, "documents/")
    relabel(store, "topics", version=0)
    (bridge,) = [a for a in articles(store) if len(landing.listed(store, a)) == 2]
    for key, body in good.items():
        if bridge not in key:
            store.put(key, body)
    tables.publish_articles(store, articles(store))
    etags = {key: store.get(key).etag for key in good}
    store.read.clear()
    sums = play(desk, None)
    assert (sums.articles, sums.changed, sums.layers) == (1, 1, {"topics": 1})
    assert {key for key in store.read if key.startswith("documents/") and bridge not in key} == set()
    assert not [key for key in store.read if key.startswith("raw/")], "nothing of it is cleaned again"
    assert bucket(store, "documents/") == good
    assert {key for key, etag in etags.items() if store.get(key).etag != etag} == {
        key for key in good if bridge in key and good[key]
    }


def test_stale_documents_of_other_days_are_left(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    raise_step(monkeypatch, "places")
    assert play(desk, None, DAY + timedelta(days=1)) == Sums(), "on that day nothing landed that was not known"


def test_stale_what_a_dead_run_left_is_found_without_a_row(desk: Desk) -> None:
    keep(desk.store, [(Entry(source="tern", url=BRIDGE), (exchange(BRIDGE, 240, html(FIRST, SECOND)),))], "001")
    written = next(key for key in bucket(desk.store, "raw/") if key.endswith("001.warc.gz"))
    kept, entry = next(captures.scan(desk.store.get(written).body, key=written))
    assert entry
    land(desk, clean(captures.read(desk.store, kept.ref)[0], entry))
    good = bucket(desk.store, "documents/")
    (key,) = [key for key in good if "T160000Z" in key]
    old = decode(good[key])
    layers = {**old.annotations, "topics": Annotation(version=0, value=[])}
    desk.store.put(key, encode(structs.replace(old, annotations=layers)))
    assert play(desk, None).layers == {"topics": 1}
    assert bucket(desk.store, "documents/") == good


def test_stale_by_their_rules_are_cleaned_again_and_then_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    landing.gone(desk.store, next(iter(articles(desk.store))), desk.clock(), "urn:uuid:00000009", "c1")
    raise_rules(monkeypatch)
    assert play(desk, None).changed == 2
    assert play(desk, None) == Sums(), "a page that is gone has nothing that could be cleaned"


def test_stale_another_model_counts_as_another_version(desk: Desk, tmp_path: Path) -> None:
    import spacy

    model = spacy.load(DEFAULT_MODEL)
    model.meta["version"] = "99.1"
    model.to_disk(tmp_path / "model")
    before, other = documents(desk), open_desk(read({"NEWSROOM_SPACY_MODEL": str(tmp_path / "model")}), desk.store)
    changed = {step.name for step in dependents({step.name for step in all_steps() if step.parse}, all_steps())}
    assert play(other, None).layers
    after = documents(desk)
    assert but(after, changed) == but(before, changed)
    assert {(one.annotations["entities"].model or "").split()[-1] for one in after.values()} == {"99.1"}
    assert play(other, None) == Sums()
    assert play(desk, None).layers, "and back"
    assert documents(desk) == before


@pytest.fixture
def own_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Adds a line to a copy of a table, as somebody does between two runs."""
    cached = (
        seeds.lines,
        seeds.rows,
        seeds.digest,
        names.bearers,
        names._by_name,
        *(found for module in (gazetteer, joining) for found in vars(module).values() if hasattr(found, "cache_clear")),
    )

    def add(table: str, line: str) -> None:
        shutil.copytree(seeds.TABLES, tmp_path / "tables")
        with (tmp_path / "tables" / table).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        monkeypatch.setattr(seeds, "TABLES", tmp_path / "tables")
        forget()

    def forget() -> None:
        for one in cached:
            one.cache_clear()

    yield add
    monkeypatch.undo()
    forget()


def test_stale_a_changed_table_counts_as_another_version(desk: Desk, own_tables: Callable[[str, str], None]) -> None:
    before = documents(desk)
    own_tables("people.tsv", "Ada Holm\t\tunion\tQ99999999")
    changed = {s.name for s in dependents({s.name for s in all_steps() if "people.tsv" in s.tables}, all_steps())}
    assert {"entities", "links"} < changed
    assert "topics" not in changed
    assert play(desk, None).changed == 2
    after = documents(desk)
    assert but(after, changed) == but(before, changed)
    assert b"Q99999999" in b"".join(bucket(desk.store, "documents/").values())
    assert play(desk, None) == Sums()


def test_stale_a_remark_in_a_table_changes_nothing(desk: Desk, own_tables: Callable[[str, str], None]) -> None:
    own_tables("people.tsv", "# as of today")
    assert play(desk, None) == Sums()
