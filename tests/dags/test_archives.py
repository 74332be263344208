"""Archives under a real Airflow: backfills of days, killed, repeated and cleared, beside a live run."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline import ledger
from pipeline.config import moment, read
from pipeline.stages import archive, publish
from pipeline.stages.desk import open_desk
from pipeline.store.folder import FolderStore
from tests.dags.house import NOW, House, documents
from tests.dags.rolls import DAYS, EMPTY, FIRST, HEAP, LARGE, PAGES, ROLLS, of_rolls


def ledgers(house: House, day: date) -> list[ledger.Run]:
    """The runs of a day of `rolls` in the ledger, newest first."""
    return [run for run in ledger.runs(house.store) if run.trigger == f"{ROLLS} backfill {day}"]


def outcomes(day: date, of_pages: str) -> dict[str, int]:
    return {of_pages: PAGES} | ({"rejected": EMPTY} if day == LARGE else {})


def test_archives_a_backfill_that_was_killed_gives_the_documents_of_an_undisturbed_run(
    house: House, filled: list[str], tmp_path: Path
) -> None:
    folder = FolderStore((tmp_path / "store").as_uri())
    desk = open_desk(read({}), folder, [Path(house.env["NEWSROOM_SOURCES"])], moment(NOW))
    run = archive.begin(desk, "test")
    for shard in archive.plan(desk, run, archive.wanted(desk, "rolls")):
        archive.shard(desk, run, shard)
    closed = publish.publish(desk, run)
    assert closed.outcomes == {"landed": DAYS * PAGES, "rejected": EMPTY}
    assert of_rolls(documents(house.store)) == documents(folder)


def test_archives_the_ledger_tells_of_each_day(house: House, filled: list[str]) -> None:
    for n in range(DAYS):
        day = FIRST + timedelta(days=n)
        (run,) = ledgers(house, day)
        assert run.outcomes == outcomes(day, "landed")
        assert {line.source for line in house.lines(run.run)} == {"rolls"}
    assert ledger.open_runs(house.store) == {}


def test_archives_a_day_of_one_shard_is_one_task(house: House, filled: list[str]) -> None:
    small, large = (house.states(ROLLS, run) for run in filled[:2])
    assert small == {"plan": "success", "shard": "skipped", "publish": "skipped", "verdict": "skipped"}
    assert set(large.values()) == {"success"}


def test_archives_reprocess_does_what_the_word_says(house: House, filled: list[str]) -> None:
    """`none` takes days that had no run, `completed` all of them, under names of their own in the ledger."""
    before = documents(house.store)
    for how, runs in (("none", 1), ("completed", 2)):
        assert house.ended(ROLLS, house.backfill(ROLLS, 1, reprocess_behavior=how)[0]) == "success"
        assert [run.outcomes for run in ledgers(house, FIRST)] == [{"unchanged": PAGES}, {"landed": PAGES}][-runs:]
    assert documents(house.store) == before


def test_archives_days_that_failed_are_taken_again(house: House, filled: list[str]) -> None:
    """An archive without days in its paths, under a sources file that is wrong until it is mended."""
    declared = Path(house.env["NEWSROOM_SOURCES"])
    right = declared.read_text()
    declared.write_text(right + '\n[[source]]\nname = "odd"\nurl = "https://odd.example/"\nkindd = "feed"\n')
    runs = house.backfill(HEAP, 2)
    assert [house.ended(HEAP, run) for run in runs] == ["failed", "failed"]
    declared.write_text(right)
    house.backfill(HEAP, 2, reprocess_behavior="failed")
    house.until(lambda: [house.airflow.state(HEAP, run) for run in runs] == ["success", "success"])
    found = [run.outcomes for run in ledger.runs(house.store) if run.trigger.startswith(HEAP)]
    made = [outcomes(day, "unchanged") for day in (FIRST, LARGE)]  # the documents of these very captures were there
    assert sorted(found, key=len) == [made[0], made[0], made[1], made[1]]


def test_archives_a_task_that_is_cleared_alone_stops_with_a_sentence(house: House, filled: list[str]) -> None:
    before = len(ledger.runs(house.store))
    clear = {"dry_run": False, "dag_run_id": filled[1], "only_failed": False, "task_ids": [["shard", 0]]}
    house.airflow.call("POST", f"dags/{ROLLS}/clearTaskInstances", clear)
    house.ended(ROLLS, filled[1])
    (cleared,) = (one for one in house.airflow.tasks(ROLLS, filled[1]) if one["state"] == "failed")
    assert (cleared["task_id"], cleared["map_index"]) == ("shard", 0)
    assert "clear all tasks of this run, not one" in house.log(ROLLS, filled[1], "shard", cleared["try_number"], 0)
    assert len(ledger.runs(house.store)) == before


def test_archives_a_run_that_is_cleared_as_a_whole_is_another_in_the_ledger(house: House, filled: list[str]) -> None:
    clear = {"dry_run": False, "dag_run_id": filled[-1], "only_failed": False}
    house.airflow.call("POST", f"dags/{ROLLS}/clearTaskInstances", clear)
    assert house.ended(ROLLS, filled[-1]) == "success"
    last = FIRST + timedelta(days=DAYS - 1)
    assert [run.outcomes for run in ledgers(house, last)] == [{"unchanged": PAGES}, {"landed": PAGES}]


def test_archives_a_dry_run_by_the_form_tells_and_writes_nothing(house: House, filled: list[str]) -> None:
    before = {found.key for found in house.store.keys("")}
    form = {"path": f"{Path(house.env['NEWSROOM_SOURCES']).parent}/rolls/", "last": "2019-03-02", "dry_run": True}
    run = house.airflow.trigger("archive_path", form)
    assert house.ended("archive_path", run) == "success"
    assert "articles expected" in house.log("archive_path", run, "plan", 1)
    assert {found.key for found in house.store.keys("")} == before


def test_archives_a_path_by_the_form_is_taken_on_its_days(house: House, filled: list[str]) -> None:
    form = {
        "path": f" {Path(house.env['NEWSROOM_SOURCES']).parent}/rolls/ ",
        "first": "2019-03-03",
        "last": "2019-03-03",
    }
    run = house.airflow.trigger("archive_path", form)
    assert house.ended("archive_path", run) == "success"
    found = next(run for run in ledger.runs(house.store) if run.trigger.startswith("archive_path manual"))
    assert {(line.source, line.outcome, line.url and line.url[:32]) for line in house.lines(found.run)} == {
        ("archive", "unchanged", "https://rolls.example/2019-03-03")
    }


@pytest.mark.parametrize("path", ["relative/path", "https://rolls.example/", "s3:///key", ""])
def test_archives_a_path_that_is_none_starts_nothing(house: House, path: str) -> None:
    with pytest.raises(OSError, match="40"):
        house.airflow.trigger("archive_path", {"path": path})
