"""Archives under a real Airflow: backfills of days, killed, repeated and cleared, beside a live run."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline import ledger
from pipeline.config import moment, read
from pipeline.local.demo_site import moments, outlets, respond
from pipeline.local.object_store import ObjectStore
from pipeline.stages import archive, publish
from pipeline.stages.desk import open_desk
from pipeline.store.folder import FolderStore
from tests.dags.house import NOW, House, documents, start_house

FIRST, DAYS, PAGES = date(2019, 3, 1), 3, 4
LARGE = FIRST + timedelta(days=1)
EMPTY = 400
"""Lines of the large day that hold no article: together with its pages they are two shards."""

ROLLS, HEAP = "archive_rolls", "archive_heap"
DECLARED = """
[[source]]
name = "rolls"
url = "file://{folder}/{{yyyy}}/{{mm}}/{{dd}}.jsonl"
kind = "jsonl"
from = 2019-03-01
to = 2019-03-31

[[source]]
name = "heap"
url = "file://{folder}/"
kind = "jsonl"
from = 2019-03-01
to = 2019-03-31
"""


def fill(folder: Path) -> None:
    """An archive of some days, one of two shards: pages of the demo, with addresses and words of their own."""
    now = moments()[0]
    every = ((paper.address(one), one) for paper in outlets() for one in paper.articles if not one.odd)
    found = [(path, one) for path, one in every if one.published < now and one.language == "en"]
    for n in range(DAYS):
        day = FIRST + timedelta(days=n)
        file = folder / f"{day:%Y/%m/%d}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w") as lines:
            for path, one in found[n * PAGES : (n + 1) * PAGES]:
                html = respond(path, now, "http://demo.example").body.decode()
                url = f"https://rolls.example/{day}/{one.slug}"
                lines.write(json.dumps({"url": url, "html": html, "captured_at": f"{day}T12:00:00Z"}) + "\n")
            for n in range(EMPTY if day == LARGE else 0):
                url = f"https://rolls.example/{day}/{n}"
                lines.write(json.dumps({"url": url, "html": "<p>No.</p>", "captured_at": f"{day}T12:00:00Z"}) + "\n")


@pytest.fixture(scope="module")
def house(server_state: Path, postgres: str, s3_server: ObjectStore) -> Iterator[House]:
    fill(server_state / "rolls")
    declared = DECLARED.format(folder=server_state / "rolls")
    with start_house(server_state, postgres, s3_server, "archives", declared) as house:
        dags = {ROLLS, HEAP, "archive_path"}
        house.until(lambda: dags <= {dag["dag_id"] for dag in house.airflow.call("GET", "dags")["dags"]})
        for dag in dags:
            house.airflow.call("PATCH", f"dags/{dag}", {"is_paused": False})
        yield house


def backfill(house: House, dag: str, days: int, **how: Any) -> list[str]:
    """Begins a backfill once the one before has ended; answers the runs of all of its days, oldest first."""
    house.until(
        lambda: all(one["completed_at"] for one in house.airflow.call("GET", f"backfills?dag_id={dag}")["backfills"])
    )
    last = FIRST + timedelta(days=days - 1)
    body = {"dag_id": dag, "from_date": f"{FIRST}T00:00:00Z", "to_date": f"{last}T00:00:00Z", "max_active_runs": 2}
    house.airflow.call("POST", "backfills", body | how)
    return [f"backfill__{FIRST + timedelta(days=n + 1)}T00:00:00+00:00" for n in range(days)]


def ledgers(house: House, day: date) -> list[ledger.Run]:
    """The runs of a day of `rolls` in the ledger, newest first."""
    return [run for run in ledger.runs(house.store) if run.trigger == f"{ROLLS} backfill {day}"]


@pytest.fixture(scope="module")
def filled(house: House) -> list[str]:
    """A backfill of all days, the last first, two of whose tasks were killed, and a live run meanwhile."""
    runs = backfill(house, ROLLS, DAYS, run_backwards=True)
    live = house.airflow.trigger("ingest", {"not_due": True})
    house.kill(ROLLS, runs[2], ("plan",))
    house.kill(ROLLS, runs[1], ("shard",))
    assert [house.ended(ROLLS, run) for run in runs] == ["success"] * DAYS
    assert house.ended("ingest", live) == "success"
    tries = [{(one["task_id"], one["try_number"]) for one in house.airflow.tasks(ROLLS, run)} for run in runs]
    assert ("shard", 2) in tries[1]
    assert ("plan", 2) in tries[2]
    return runs


def outcomes(day: date, of_pages: str) -> dict[str, int]:
    return {of_pages: PAGES} | ({"rejected": EMPTY} if day == LARGE else {})


def of_rolls(found: dict[str, bytes]) -> dict[str, bytes]:
    return {key: body for key, body in found.items() if b"https://rolls.example/" in body}


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
        assert house.ended(ROLLS, backfill(house, ROLLS, 1, reprocess_behavior=how)[0]) == "success"
        assert [run.outcomes for run in ledgers(house, FIRST)] == [{"unchanged": PAGES}, {"landed": PAGES}][-runs:]
    assert documents(house.store) == before


def test_archives_days_that_failed_are_taken_again(house: House, filled: list[str]) -> None:
    """An archive without days in its paths, under a sources file that is wrong until it is mended."""
    declared = Path(house.env["NEWSROOM_SOURCES"])
    right = declared.read_text()
    declared.write_text(right + '\n[[source]]\nname = "odd"\nurl = "https://odd.example/"\nkindd = "feed"\n')
    runs = backfill(house, HEAP, 2)
    assert [house.ended(HEAP, run) for run in runs] == ["failed", "failed"]
    declared.write_text(right)
    backfill(house, HEAP, 2, reprocess_behavior="failed")
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
