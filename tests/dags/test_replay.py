"""The DAG `replay`, by `dag.test()` in a process of its own: first dry, then in earnest."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import ledger, tables
from pipeline.local import airflow as airflows
from pipeline.local.object_store import ObjectStore
from pipeline.stages.replay import report_key
from pipeline.store import Store
from tests.stages.kept_days import articles, bucket, filled, relabel

ROOT = Path(__file__).resolve().parents[2]
FORM = {"first": "2026-11-22", "last": "2026-11-23"}


@pytest.fixture
def stale(s3_server: ObjectStore) -> Store:
    """Four documents of two articles whose topics an older version made."""
    store = s3_server.store("replay")
    desk = filled(store)
    relabel(store, "topics", version=0)
    tables.publish_articles(desk.store, articles(store))
    return store


def run(env: dict[str, str], **form: object) -> str:
    """All that a run of `replay` says, and its state at the end."""
    call = f"import replay; print('STATE', replay.replay_dag.test(run_conf={FORM | form}).state)"
    words = [sys.executable, "-c", f"import sys; sys.path.insert(0, 'dags'); {call}"]
    done = subprocess.run(words, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=200)
    return done.stdout + done.stderr


def test_replay_dag_first_tells_then_writes(tmp_path: Path, s3_server: ObjectStore, stale: Store) -> None:
    env = {
        **airflows.environment(tmp_path, 0, f"sqlite:///{tmp_path}/airflow.db"),
        "AIRFLOW_CONN_NEWSROOM_STORE": s3_server.connection,
        "NEWSROOM_STORE": f"s3://{s3_server.bucket}/replay",
    }
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], env=env, check=True, capture_output=True)
    before = bucket(stale, "documents/")
    said = run(env)
    assert "STATE success" in said, said
    assert "layers that differ: topics 4" in said
    assert bucket(stale, "documents/") == before
    said = run(env, dry_run=False)
    assert "STATE success" in said, said
    assert {b'"topics":{"version":0' in body for body in bucket(stale, "documents/").values()} == {False}
    earnest, dry = ledger.runs(stale)
    assert (dry.trigger, dry.replayed) == ("replay manual of what is stale, dry run", 0)
    assert (earnest.trigger, earnest.replayed) == ("replay manual of what is stale", 2)
    assert stale.get(report_key(dry.run)).body == stale.get(report_key(earnest.run)).body
