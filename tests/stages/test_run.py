"""Whole runs over the demo site, by the stages as the command line calls them."""

import dataclasses
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from pipeline import ledger, polls, tables
from pipeline.cli.ingest import one_run
from pipeline.config import read
from pipeline.documents import decode
from pipeline.errors import RunClosed, StoreFull
from pipeline.ledger import Run
from pipeline.local.demo import Demo, start_demo
from pipeline.local.demo_site import moments
from pipeline.model import Outcome
from pipeline.stages import begin, discover, plan
from pipeline.stages.batch import work
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.publish import publish
from pipeline.store import Store
from pipeline.store.folder import FolderStore

NOW = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with start_demo(tmp_path) as site:
        yield site


def desk_on(store: Store, demo: Demo, now: datetime = NOW) -> Desk:
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(demo.declared)
        file.flush()
        return open_desk(read({}), store, [Path(file.name)], now)


@pytest.fixture
def desk(folder_store: Store, demo: Demo) -> Desk:
    return desk_on(folder_store, demo)


def run(desk: Desk) -> tuple[Run, list[Outcome]]:
    found, complaint = one_run(desk, (), everything=True, take_over=False)
    assert complaint is None
    return found, list(ledger.read_run(desk.store, found.run))


def landed_keys(store: Store) -> set[str]:
    return {listed.key for listed in store.keys("documents/")}


def test_run_every_entry_has_one_outcome_and_they_add_up(desk: Desk) -> None:
    found, lines = run(desk)
    assert found.entries == len(lines) == sum(found.outcomes.values())
    assert len({(line.source, line.queued_as) for line in lines}) == len(lines)
    assert found.outcomes["landed"] >= 13
    assert all(line.reason for line in lines if line.outcome not in ("landed", "unchanged"))
    assert all(source.offered for source in found.sources.values())


def test_run_what_landed_is_a_document_with_all_layers(desk: Desk) -> None:
    _, lines = run(desk)
    for line in lines:
        if line.outcome == "landed":
            document = decode(desk.store.get(line.key or "").body)
            assert document.id == line.id
            assert {"language", "entities", "quotes", "places", "topics", "summary"} <= set(document.annotations)


def test_run_the_same_time_gives_the_same_bytes(demo: Demo, tmp_path: Path) -> None:
    stores = [FolderStore(f"file://{tmp_path / name}") for name in "ab"]
    for store in stores:
        run(desk_on(store, demo))
    one, other = ({k.key: s.get(k.key).body for k in s.keys("") if not k.key.startswith("tables/")} for s in stores)
    assert {key for key in one if one[key] != other.get(key) and not key.startswith("raw/")} == set()
    assert one.keys() == other.keys()


def test_run_a_second_run_finds_nothing_new_while_the_site_stands_still(desk: Desk) -> None:
    run(desk)
    before = landed_keys(desk.store)
    again, lines = run(desk)
    assert {line.outcome for line in lines} <= {"skipped", "failed"}
    assert landed_keys(desk.store) == before
    assert all(source.known == source.offered for source in again.sources.values())


def test_run_a_later_run_finds_what_changed_came_and_went(desk: Desk, demo: Demo) -> None:
    _, first = run(desk)
    demo.move(moments()[1])
    _, second = run(desk_on(desk.store, demo, NOW + timedelta(days=1)))
    landed = [line for line in second if line.outcome == "landed"]
    ids = {line.id for line in first}
    assert [line for line in landed if line.id in ids], "an article changed"
    assert [line for line in landed if line.id not in ids], "an article is new"


def test_run_the_tables_follow_the_folders(desk: Desk) -> None:
    found, lines = run(desk)
    assert tables.read(desk.store, "documents").num_rows == found.outcomes["landed"]
    assert tables.read(desk.store, "outcomes").num_rows == len(lines)
    assert tables.read(desk.store, "quotes").num_rows > 20


def test_run_an_unchanged_page_costs_no_enrichment(desk: Desk) -> None:
    run(desk)
    for name in desk.sources:
        polls.update(
            desk.store, name, lambda state: replace(state, known={}, body_digest=None, etag=None, last_modified=None)
        )
    again, lines = run(replace_clock(desk, NOW + timedelta(hours=1)))
    assert again.outcomes["unchanged"] >= 13
    assert not any("topics" in line.ms for line in lines if line.outcome == "unchanged")


def replace_clock(desk: Desk, now: datetime) -> Desk:
    return dataclasses.replace(desk, clock=lambda: now)


STAGES = ("plan", "fetch", "clean", "names_and_quotes", "topics", "summary", "land")


@pytest.mark.parametrize("stop", STAGES)
def test_run_killed_after_any_stage_is_taken_over_to_the_same_end(
    desk: Desk, demo: Demo, tmp_path: Path, stop: str
) -> None:
    undisturbed = FolderStore(f"file://{tmp_path / 'undisturbed'}")
    run(desk_on(undisturbed, demo))
    name, _ = begin.begin(desk, "cli")
    discover.discover(desk, name, discover.due(desk, name))
    for batch in plan.plan(desk, name, desk.sources):
        for stage in STAGES[1 : STAGES.index(stop) + 1]:
            work(desk, name, batch, stage)
    later = replace_clock(desk, NOW + timedelta(minutes=5))
    _found, complaint = one_run(later, (), everything=True, take_over=True)
    assert complaint is None
    assert not ledger.open_runs(desk.store)
    assert documents(desk.store) == documents(undisturbed)
    dead = ledger.closed(desk.store, name)
    assert dead is not None
    assert dead.entries == sum(dead.outcomes.values())
    assert tables.read(desk.store, "documents").num_rows == tables.read(undisturbed, "documents").num_rows


def documents(store: Store) -> dict[str, str]:
    """What the articles say, by id: a take-over captures some of them later."""
    return {
        doc.id: doc.text for key in landed_keys(store) if key.endswith(".json") for doc in [decode(store.get(key).body)]
    }


class FullAfter(FolderStore):
    """A bucket that takes so many documents and then no more."""

    room = 5

    def put_new(self, key: str, body: bytes) -> bool:
        if key.startswith("documents/") and key.endswith(".json"):
            if self.room == 0:
                raise StoreFull(f"no room is left in {self.url}")
            self.room -= 1
        return super().put_new(key, body)


def test_run_a_full_bucket_keeps_what_landed_and_the_rest_stays_pending(demo: Demo, tmp_path: Path) -> None:
    store = FullAfter(f"file://{tmp_path / 'full'}")
    found, _ = one_run(desk_on(store, demo), (), everything=True, take_over=False)
    assert found.outcomes["landed"] == 5
    failed = [line for line in ledger.read_run(store, found.run) if line.outcome == "failed"]
    assert {line.reason for line in failed if line.stage == "land"} == {f"no room is left in {store.url}"}
    store.room = 1000
    again, _ = one_run(desk_on(store, demo, NOW + timedelta(minutes=10)), (), everything=True, take_over=False)
    assert again.outcomes["landed"] >= 8
    everything = Counter(line.outcome for name in (found.run, again.run) for line in ledger.read_run(store, name))
    assert everything["landed"] == len(documents(store))


def test_run_a_dead_source_takes_no_other_with_it(folder_store: Store, demo: Demo) -> None:
    desk = desk_on(folder_store, demo)
    first = min(desk.sources)
    dead = {
        **desk.sources,
        first: replace(desk.sources[first], url="http://127.0.0.1:9/feed", allow_hosts=("127.0.0.1:9",)),
    }
    found, complaint = one_run(dataclasses.replace(desk, sources=dead), (), everything=True, take_over=False)
    assert complaint is None
    assert found.sources[first].reason
    assert found.outcomes["landed"] >= 5


def test_run_a_closed_run_takes_no_late_task(desk: Desk) -> None:
    name, _ = begin.begin(desk, "cli")
    publish(desk, name)
    with pytest.raises(RunClosed):
        work(desk, name, "000", "fetch")
