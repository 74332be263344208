"""Live runs under a real Airflow: PostgreSQL, scheduler, REST and an S3 server, with the demo site as the world."""

import base64
import gzip
import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import ledger
from pipeline.cli.ingest import one_run
from pipeline.config import moment, read
from pipeline.doctor import House as Patient
from pipeline.doctor import examine
from pipeline.local.demo_site import moments
from pipeline.stages.desk import open_desk
from pipeline.store import Store
from pipeline.store.folder import FolderStore
from tests.dags.house import NOW, House, documents
from tests.dags.rolls import of_rolls


def test_airflow_a_run_gives_the_documents_of_the_command_line(house: House, first_run: str, tmp_path: Path) -> None:
    folder = FolderStore((tmp_path / "store").as_uri())
    desk = open_desk(read({}), folder, [Path(house.env["NEWSROOM_SOURCES"])], moment(NOW))
    _, complaint = one_run(desk, (), everything=True, take_over=False)
    assert complaint is None
    assert len(documents(folder)) > 10
    there = documents(house.store)
    assert {key: there.get(key) == body for key, body in documents(folder).items()} == dict.fromkeys(
        documents(folder), True
    )


def test_airflow_a_login_is_seen_nowhere(house: House, first_run: str, server_state: Path, planted: str) -> None:
    """Neither in the bucket, captures unpacked, nor in rendered fields, XComs or logs."""
    secrets = (planted.encode(), base64.b64encode(f"reader:{planted}".encode()))
    bodies = {one.key: house.store.get(one.key).body for one in house.store.keys("")}
    shown = {key: gzip.decompress(body) if key.endswith(".gz") else body for key, body in bodies.items()}
    logs = [
        path for path in server_state.rglob("*") if path.is_file() and "log" in str(path) and "pos" not in str(path)
    ]
    shown |= {str(path): path.read_bytes() for path in logs}
    for run in house.airflow.call("GET", "dags/ingest/dagRuns")["dag_runs"]:
        shown[run["dag_run_id"]] = str(house.airflow.tasks("ingest", run["dag_run_id"])).encode()
    assert len(logs) > 5
    assert any(b"rendered_fields" in said for said in shown.values())
    assert [where for where, said in shown.items() if any(secret in said for secret in secrets)] == []


def test_airflow_outcomes_add_up(house: House, first_run: str) -> None:
    closed = ledger.closed(house.store, first_run)
    assert closed is not None
    assert closed.trigger == "ingest manual"
    assert closed.entries == len(house.lines(first_run)) == sum(closed.outcomes.values())


def test_airflow_the_graph_tells_the_story(house: House) -> None:
    tasks = {
        task["task_id"].rpartition(".")[2]: task for task in house.airflow.call("GET", "dags/ingest/tasks")["tasks"]
    }
    story = [
        "due",
        "discover",
        "plan",
        "fetch",
        "clean",
        "names_and_quotes",
        "topics",
        "summary",
        "land",
        "publish",
        "verdict",
    ]
    assert set(tasks) == set(story)
    for one, following in itertools.pairwise(story):
        assert following in [name.rpartition(".")[2] for name in tasks[one]["downstream_task_ids"]]


def test_airflow_publish_links_to_what_landed_and_says_so_once(house: House, first_run: str) -> None:
    events = house.airflow.call("GET", "assets/events")["asset_events"]
    assert [event["extra"]["run"] for event in events].count(first_run) == 1
    runs = house.airflow.call("GET", "dags/ingest/dagRuns")["dag_runs"]
    run = next(r["dag_run_id"] for r in runs if house.airflow.ledger_name("ingest", r["dag_run_id"]) == first_run)
    links = house.airflow.call("GET", f"dags/ingest/dagRuns/{run}/taskInstances/publish/links")["extra_links"]
    assert first_run in links["What landed"]


def test_airflow_a_dry_run_writes_nothing_and_says_what_it_would_do(house: House, first_run: str) -> None:
    before = {found.key for found in house.store.keys("")}
    run, _ = house.run("ingest", {"dry_run": True, "not_due": True})
    assert {found.key for found in house.store.keys("")} == before
    assert house.states("ingest", run)["publish"] == "skipped"
    log = str(house.airflow.call("GET", f"dags/ingest/dagRuns/{run}/taskInstances/due/logs/1"))
    assert "would ask" in log


def test_airflow_pasted_urls_are_taken_also_when_known(house: House, first_run: str) -> None:
    url, key = next((line.url, line.key) for line in house.lines(first_run) if line.outcome == "landed")
    _, name = house.run("ingest_urls", {"urls": [f"  {url} ", "", "http://10.0.0.8/"]})
    assert {line.url: line.key for line in house.lines(name)}[url] == key, "at the same time it is the same capture"
    assert {line.reason for line in house.lines(name)} == {None, "NEWSROOM_CONTACT is not set"}


def test_airflow_cleared_tasks_of_a_closed_run_stop_with_a_sentence_and_harm_nothing(
    house: House, first_run: str
) -> None:
    runs = house.airflow.call("GET", "dags/ingest/dagRuns")["dag_runs"]
    run = next(r["dag_run_id"] for r in runs if house.airflow.ledger_name("ingest", r["dag_run_id"]) == first_run)
    before = kept(house.store, first_run)
    clear = {"dry_run": False, "dag_run_id": run, "only_failed": False}
    house.airflow.call("POST", "dags/ingest/clearTaskInstances", clear)
    house.ended("ingest", run)
    assert kept(house.store, first_run) == before
    states = house.states("ingest", run)
    assert {name: states[name] for name in ("due", "plan", "publish")} == dict.fromkeys(
        ("due", "plan", "publish"), "failed"
    )
    for task in ("due", "plan", "publish"):
        log = str(house.airflow.call("GET", f"dags/ingest/dagRuns/{run}/taskInstances/{task}/logs/2"))
        assert f"run {first_run} is closed and its ledger is written: trigger a new run" in log
    events = house.airflow.call("GET", "assets/events")["asset_events"]
    assert [event["extra"]["run"] for event in events].count(first_run) == 1, "nothing landed anew"


def kept(store: Store, run: str) -> dict[str, bytes]:
    """What a run has left, and all documents."""
    return {
        found.key: store.get(found.key).body
        for found in store.keys("")
        if run in found.key or found.key.startswith("documents/")
    }


def test_airflow_the_doctor_misses_a_pool(house: House) -> None:
    def said() -> list[str]:
        env = house.env | {"NEWSROOM_AIRFLOW": house.airflow.url, "NEWSROOM_NOW": ""}
        found = examine(Patient(read(env), house.store, lambda: datetime.now(UTC)))
        return [one.said for one in found if one.check == "airflow" and not one.ok]

    assert said() == []
    house.airflow.call("DELETE", "pools/newsroom_web")
    try:
        assert said() == [
            "pool newsroom_web is missing, so its tasks never start: airflow pools set newsroom_web 8 Newsroom"
        ]
    finally:
        house.airflow.call("POST", "pools", {"name": "newsroom_web", "slots": 8})


@pytest.mark.parametrize(
    ("dag", "conf"),
    [
        ("ingest", {"sources": ["not a name"]}),
        ("ingest", {"not_due": "perhaps"}),
        ("ingest_urls", {"urls": ["http://a b"]}),
        ("ingest_urls", {"urls": ["ftp://tern.example/"]}),
        ("ingest_urls", {"urls": []}),
        ("ingest_urls", {"urls": ["https://tern.example/"] * 251}),
        ("ingest_urls", {}),
    ],
)
def test_airflow_a_form_that_is_filled_in_wrongly_starts_nothing(house: House, dag: str, conf: dict[str, Any]) -> None:
    before = house.airflow.call("GET", f"dags/{dag}/dagRuns")["total_entries"]
    with pytest.raises(OSError, match=r"40[0-9]|422"):
        house.airflow.trigger(dag, conf)
    assert house.airflow.call("GET", f"dags/{dag}/dagRuns")["total_entries"] == before


def test_airflow_a_killed_worker_loses_nothing(house: House, first_run: str, tmp_path: Path) -> None:
    """The demo moves on a day; a task of the run that takes what is new dies by SIGKILL in its middle."""
    folder = FolderStore((tmp_path / "store").as_uri())
    desk = open_desk(read({}), folder, [Path(house.env["NEWSROOM_SOURCES"])], moment(NOW))
    one_run(desk, (), everything=True, take_over=False)
    house.demo.move(moments()[1])
    one_run(desk, (), everything=True, take_over=False)
    run = house.airflow.trigger("ingest", {"not_due": True})
    killed = house.kill("ingest", run, ("names_and_quotes", "clean", "topics"))
    assert house.ended("ingest", run) == "success", house.states("ingest", run)
    tries = {task["task_id"].rpartition(".")[2]: task["try_number"] for task in house.airflow.tasks("ingest", run)}
    assert tries[killed] == 2
    found = documents(house.store)
    assert found.items() - of_rolls(found).items() == documents(folder).items()
