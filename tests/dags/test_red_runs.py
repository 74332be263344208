"""What turns a run red: `dag.test()` in a process of its own, on a database that no scheduler is at."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.local import airflow as airflows
from pipeline.local.demo import start_demo
from pipeline.local.object_store import ObjectStore

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, s3_server: ObjectStore) -> dict[str, str]:
    """The environment of an Airflow without servers, its database made."""
    home = tmp_path_factory.mktemp("airflow")
    env = {
        **airflows.environment(home, 0, f"sqlite:///{home}/airflow.db"),
        "AIRFLOW_CONN_NEWSROOM_STORE": s3_server.connection,
        "NEWSROOM_CONTACT": "",
    }
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], env=env, check=True, capture_output=True)
    return env


def dag_test(env: dict[str, str], **more: str) -> str:
    """All that a run of `ingest` says, and its state at the end."""
    call = "import ingest; print('STATE', ingest.ingest_dag.test(run_conf={'not_due': True}).state)"
    words = [sys.executable, "-c", f"import sys; sys.path.insert(0, 'dags'); {call}"]
    done = subprocess.run(words, env=env | more, cwd=ROOT, capture_output=True, text=True, check=False, timeout=200)
    return done.stdout + done.stderr


def test_red_runs_a_missing_bucket_fails_the_first_task_with_its_line(plain: dict[str, str]) -> None:
    said = dag_test(plain, NEWSROOM_STORE="s3://nobodys")
    assert "STATE failed" in said, said
    assert "s3://nobodys" in said


def test_red_runs_a_wrong_sources_file_is_said_and_the_others_are_taken(
    plain: dict[str, str], s3_server: ObjectStore, tmp_path: Path
) -> None:
    path = tmp_path / "sources.toml"
    with start_demo(tmp_path) as demo:
        path.write_text(demo.declared + '\n[[source]]\nname = "odd"\nurl = "https://odd.example/"\nkindd = "feed"\n')
        said = dag_test(plain, NEWSROOM_STORE=f"s3://{s3_server.bucket}/red", NEWSROOM_SOURCES=str(path))
    assert "STATE failed" in said, said
    assert "kindd" in said
    assert len(list(s3_server.store("red").keys("documents/"))) > 5
