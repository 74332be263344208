"""The ledger: names of runs, opening and closing, and sums that add up."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import batches, ledger
from pipeline.errors import RunClosed, StoreError
from pipeline.ledger import Run
from pipeline.model import Entry, Outcome, Taken
from pipeline.polls import Poll
from pipeline.store import Store
from pipeline.store.folder import FolderStore
from tests.store.reads import Reads

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
RUN = Run(run="20261122T101500Z-ab12", trigger="cli", started_at=NOW)
VERDICTS = ["landed", "unchanged", "duplicate", "skipped", "rejected", "failed"]


def line(outcome: str, source: str = "tern") -> Outcome:
    return Outcome(
        run=RUN.run, batch="000", source=source, url="https://tern.example/1", title=None, guid=None,
        queued_as="https://tern.example/1", digest="0" * 16, outcome=outcome, stage="land", reason="too short: 3 words",
    )  # fmt: skip


def test_ledger_a_run_is_named_after_its_time_and_seed() -> None:
    assert ledger.run_name(NOW, "ingest scheduled__1") == ledger.run_name(NOW, "ingest scheduled__1")
    assert ledger.run_name(NOW).startswith("20261122T101500Z-")
    assert ledger.day(ledger.run_name(NOW)) == "2026-11-22"


@pytest.mark.parametrize("name", ["", "../../etc", "20261122T101500Z", "20261122T101500Z-xyz!"])
def test_ledger_refuses_what_is_no_run(name: str) -> None:
    with pytest.raises(StoreError, match="not the name of a run"):
        ledger.day(name)


def test_ledger_a_run_is_open_until_its_sums_are_written(folder_store: Store) -> None:
    assert ledger.open_run(folder_store, RUN)
    assert not ledger.open_run(folder_store, RUN)
    assert list(ledger.open_runs(folder_store)) == [RUN.run]
    ledger.require_open(folder_store, RUN.run)
    ledger.close(folder_store, ledger.sums(RUN, [], {}, NOW))
    assert not ledger.open_runs(folder_store)
    with pytest.raises(RunClosed, match="trigger a new run"):
        ledger.require_open(folder_store, RUN.run)


def test_ledger_a_closing_that_died_before_its_last_write_leaves_the_run_closed(folder_store: Store) -> None:
    ledger.open_run(folder_store, RUN)
    ledger.close(folder_store, ledger.sums(RUN, [], {}, NOW))
    ledger.open_run(folder_store, RUN)  # the marker stands, as the closing was killed before it went
    assert not ledger.open_runs(folder_store)


def test_ledger_the_first_lines_of_a_batch_win(folder_store: Store) -> None:
    ledger.write_batch(folder_store, RUN.run, "000", [line("landed")])
    ledger.write_batch(folder_store, RUN.run, "000", [line("failed")])
    assert [one.outcome for one in ledger.read_run(folder_store, RUN.run)] == ["landed"]


def test_ledger_a_second_try_finds_the_work_of_the_first(folder_store: Store) -> None:
    key = batches.work_key(RUN.run, "000", "fetch")
    first = [Taken(entry=Entry(source="tern", url="https://tern.example/1"), queued_as="a")]
    assert batches.write_taken(folder_store, key, first) == first
    assert batches.write_taken(folder_store, key, []) == first


def test_ledger_runs_are_listed_newest_first(folder_store: Store) -> None:
    older = Run(run="20261121T101500Z-ab12", trigger="cli", started_at=NOW)
    for run in (older, RUN):
        ledger.open_run(folder_store, run)
    ledger.close(folder_store, ledger.sums(older, [], {}, NOW))
    assert [run.run for run in ledger.runs(folder_store)] == [RUN.run, older.run]


def test_ledger_work_is_swept_a_week_after_its_run_was_closed(folder_store: Store) -> None:
    other = Run(run="20261122T101500Z-cd34", trigger="cli", started_at=NOW)
    for run in (RUN, other):
        ledger.open_run(folder_store, run)
        batches.write_taken(folder_store, batches.work_key(run.run, "000", "plan"), [])
    ledger.close(folder_store, ledger.sums(RUN, [], {}, NOW))
    batches.sweep(folder_store, NOW + timedelta(days=6))
    assert len(list(folder_store.keys(f"work/{RUN.run}/"))) == 1
    batches.sweep(folder_store, NOW + timedelta(days=8))
    assert not list(folder_store.keys(f"work/{RUN.run}/"))
    assert len(list(folder_store.keys(f"work/{other.run}/"))) == 1


def test_ledger_sweeping_asks_nothing_of_runs_of_the_last_days(tmp_path: Path) -> None:
    """A house with many runs a day would else read the sums of all of them at the end of each."""
    store = Reads(tmp_path.as_uri())
    for hour in range(3):
        run = Run(run=f"20261122T1{hour}1500Z-ab12", trigger="cli", started_at=NOW)
        batches.write_taken(store, batches.work_key(run.run, "000", "plan"), [])
        ledger.close(store, ledger.sums(run, [], {}, NOW))
    batches.sweep(store, NOW + timedelta(days=6))
    assert store.read == []


@given(st.lists(st.tuples(st.sampled_from(VERDICTS), st.sampled_from(["tern", "gull"]))))
def test_ledger_outcomes_add_up(said: list[tuple[str, str]]) -> None:
    polled = {"tern": Poll(run=RUN.run, at=NOW, status=200, offered=30, known=26)}
    found = ledger.sums(RUN, [line(outcome, source) for outcome, source in said], polled, NOW)
    assert found.entries == len(said) == sum(found.outcomes.values())
    assert found.entries == sum(source.taken_up for source in found.sources.values())
    assert found.sources["tern"].offered == 30


def test_ledger_a_plan_larger_than_memory_is_written_batch_by_batch(tmp_path: Path) -> None:
    store = FolderStore(tmp_path.as_uri())

    def made() -> Iterator[list[Taken]]:
        for number in range(3):
            yield [Taken(entry=Entry(source="tern", url=f"https://tern.example/{number}"), queued_as=str(number))]
            assert ledger.has(store, batches.work_key(RUN.run, f"{number:04}", "plan"))
            assert not batches.planned(store, RUN.run)

    expected = {"0000": 1, "0001": 1, "0002": 1}
    assert batches.parted(store, RUN.run, made) == expected
    assert batches.parted(store, RUN.run, lambda: pytest.fail("it was decided")) == expected
    assert batches.planned(store, RUN.run) == list(expected)
