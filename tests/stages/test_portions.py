"""A replay in portions, as the tasks of the DAG do it: as the command line's, whatever dies between."""

import re
from pathlib import Path

import pytest

from pipeline import ledger
from pipeline.clean import furniture
from pipeline.config import read
from pipeline.errors import RunClosed
from pipeline.ledger import Run
from pipeline.stages import replay
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.lift import Wanted
from pipeline.stages.publish import publish
from pipeline.stages.tally import Sums
from pipeline.stages.verdict import verdict
from pipeline.store import Store
from pipeline.store.folder import FolderStore
from tests.stages.kept_days import DAY, Dies, bucket, copy, filled, play, raise_rules, rows

RUN = "20261125T100000Z-ab12"
WANTED = Wanted(DAY, DAY)


@pytest.fixture
def desk(folder_store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """All has landed, then the rules were raised; a portion holds one article."""
    made = filled(folder_store)
    raise_rules(monkeypatch)
    monkeypatch.setattr(replay, "CAPTURES", 2)
    return made


def tasks(desk: Desk, *, dry_run: bool = False, run: str = RUN) -> tuple[Sums, Run, str | None]:
    """What the tasks do, one after the other."""
    for name in replay.plan(desk, run, WANTED, "replay manual", dry_run=dry_run):
        replay.portion(desk, run, name)
    sums = replay.report(desk, run)
    return sums, publish(desk, run), verdict(desk, run)


def undisturbed(desk: Desk, path: Path) -> tuple[Store, Sums]:
    store = copy(desk.store, path / "undisturbed")
    return store, play(open_desk(read({}), store), None)


def test_portions_give_the_sums_keys_bytes_and_rows_of_the_command_line(desk: Desk, tmp_path: Path) -> None:
    other, sums = undisturbed(desk, tmp_path)
    found, run, complaint = tasks(desk)
    assert (found, complaint) == (sums, None)
    assert (run.trigger, run.entries, run.replayed) == ("replay manual of what is stale", 0, 2)
    assert bucket(desk.store, "documents/") == bucket(other, "documents/")
    for name in ("documents", "changes", "entities"):
        assert rows(desk.store, name) == rows(other, name)
    assert not [key for key in bucket(desk.store, "work/") if key.endswith("worked.json")]


def test_portions_a_dry_run_counts_and_writes_no_document(desk: Desk, tmp_path: Path) -> None:
    before = {prefix: bucket(desk.store, prefix) for prefix in ("documents/", "raw/", "sources/")}
    _, sums = undisturbed(desk, tmp_path)
    found, run, complaint = tasks(desk, dry_run=True)
    assert (found, complaint) == (sums, None)
    assert (run.trigger, run.replayed) == ("replay manual of what is stale, dry run", 0)
    assert {prefix: bucket(desk.store, prefix) for prefix in before} == before
    assert tasks(desk, run="20261125T110000Z-ab12")[0] == sums


def test_portions_whose_task_dies_at_any_write_are_finished_by_its_second_try(desk: Desk, tmp_path: Path) -> None:
    other, sums = undisturbed(desk, tmp_path)
    died = 0
    for writes in range(0, 24, 2):
        dying = Dies(copy(desk.store, tmp_path / f"{writes}").url)
        dying.left = writes
        try:
            tasks(open_desk(read({}), dying))
        except KeyboardInterrupt:
            died += 1
        second = open_desk(read({}), FolderStore(dying.url))
        assert tasks(second)[0] == sums, "what the first try wrote is counted once"
        assert bucket(second.store, "documents/") == bucket(other, "documents/"), writes
        assert rows(second.store, "documents") == rows(other, "documents"), writes
    assert died > 8


def test_portions_that_died_turn_the_run_red_and_their_rows_follow(desk: Desk) -> None:
    first, last = replay.plan(desk, RUN, WANTED, "replay manual", dry_run=False)
    replay.portion(desk, RUN, first)
    replay.report(desk, RUN)
    assert publish(desk, RUN).replayed == 1
    assert verdict(desk, RUN) == f"portions that died: {last}"
    with pytest.raises(RunClosed):
        replay.portion(desk, RUN, last)
    assert play(desk, None).changed == 1


def test_portions_of_rules_that_changed_under_their_number_turn_the_run_red(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks(desk)
    monkeypatch.setattr(furniture, "patterns", lambda where="": re.compile("(?!)"))
    wanted = Wanted(DAY, DAY, "clean")
    for name in replay.plan(desk, "20261125T110000Z-ab12", wanted, "replay manual", dry_run=False):
        replay.portion(desk, "20261125T110000Z-ab12", name)
    replay.report(desk, "20261125T110000Z-ab12")
    publish(desk, "20261125T110000Z-ab12")
    assert "raise RULES" in (verdict(desk, "20261125T110000Z-ab12") or "")


def test_portions_of_an_earlier_run_that_is_open_stop(desk: Desk) -> None:
    names = replay.plan(desk, RUN, WANTED, "replay manual", dry_run=False)
    assert names == replay.plan(desk, RUN, WANTED, "replay manual", dry_run=False), "a second try"
    replay.plan(desk, "20261125T110000Z-ab12", WANTED, "replay manual", dry_run=False)
    assert list(ledger.open_runs(desk.store)) == ["20261125T110000Z-ab12"]
    with pytest.raises(RunClosed):
        replay.portion(desk, RUN, names[0])
