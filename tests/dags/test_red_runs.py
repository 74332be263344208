"""What turns a run red, and what is said of it."""

import subprocess
import sys
from pathlib import Path

from pipeline import ledger
from pipeline.config import ROOT
from pipeline.local.object_store import ObjectStore
from tests.dags.house import House


def test_red_runs_a_missing_bucket_fails_the_first_task_with_its_line(tmp_path: Path, s3_server: ObjectStore) -> None:
    """The task alone, as Airflow calls it, in a process of its own: another bucket than that of the house."""
    code = """
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
sys.path[:0] = ["dags", "plugins"]
import ingest
manual = SimpleNamespace(value="manual")
run = SimpleNamespace(dag_id="ingest", run_id="manual__1", run_type=manual, run_after=datetime.now(UTC))
ingest.ingest_dag.get_task("due").python_callable({"sources": [], "dry_run": False, "not_due": True}, run)
"""
    env = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW_CONN_NEWSROOM_STORE": s3_server.connection,
        "NEWSROOM_CONTACT": "",
        "NEWSROOM_STORE": "s3://nobodys",
    }
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "AirflowException: s3://nobodys: NoSuchBucket" in done.stderr, done.stderr


def test_red_runs_a_wrong_sources_file_is_said_and_the_others_are_taken(house: House, first_run: str) -> None:
    declared = Path(house.env["NEWSROOM_SOURCES"])
    right = declared.read_text()
    declared.write_text(right + '\n[[source]]\nname = "odd"\nurl = "https://odd.example/"\nkindd = "feed"\n')
    try:
        run = house.airflow.trigger("ingest", {"not_due": True})
        assert house.ended("ingest", run) == "failed"
    finally:
        declared.write_text(right)
    assert "kindd" in house.log("ingest", run, "verdict", 1)
    closed, first = (ledger.closed(house.store, name) for name in (house.airflow.ledger_name("ingest", run), first_run))
    assert closed
    assert first
    assert closed.sources.keys() == first.sources.keys() != set()
    assert {state for name, state in house.states("ingest", run).items() if name != "verdict"} <= {"success", "skipped"}
