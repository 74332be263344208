"""The house as docker/compose.yaml has it, without the containers: Celery with Redis, two workers, and a login."""

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from datetime import timedelta
from pathlib import Path

import psutil
import psycopg2
import pytest
import yaml

from pipeline import ledger, tables
from pipeline.cli import archive
from pipeline.cli.ingest import one_run
from pipeline.config import ROOT, moment, read
from pipeline.local import airflow as airflows
from pipeline.local import demo_archive
from pipeline.local.demo import Demo, start_demo
from pipeline.local.object_store import ObjectStore
from pipeline.local.ports import free_port
from pipeline.local.processes import kill
from pipeline.rows import ARTICLE_TABLES
from pipeline.stages.archive import wanted
from pipeline.stages.desk import open_desk
from pipeline.store import Store
from pipeline.store.folder import FolderStore
from tests.dags.house import NOW, House, documents

LOGIN = ("admin", secrets.token_urlsafe(12))
WORKERS = ("one", "two")
ARCHIVE = f"archive_{demo_archive.NAME}"
DAYS = tuple(demo_archive.FIRST + timedelta(days=number) for number in (20, 21, 22))


@pytest.fixture(scope="module")
def database(postgres: str) -> str:
    """A database of its own on the server of the tests."""
    connection = psycopg2.connect(postgres.replace("+psycopg2", ""))
    connection.autocommit = True
    connection.cursor().execute("CREATE DATABASE celery")
    connection.close()
    return postgres.rpartition("/")[0] + "/celery"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, database: str, s3_server: ObjectStore) -> Iterator[House]:
    if shutil.which("redis-server") is None and not os.environ.get("CI"):
        pytest.skip("redis-server is not installed")
    state = tmp_path_factory.mktemp("celery")
    with ExitStack() as running:
        demo = running.enter_context(start_demo(state))
        (state / "demo.toml").write_text(f"{demo.declared}\n{demo_archive.build(state / 'archive')}")
        extra = settings(state, demo, s3_server)
        port = free_port(state, "airflow")
        (state / "airflow").mkdir()
        env = airflows.environment(state / "airflow", port, database) | extra
        airflows.migrate(state / "airflow", state / "logs", env)
        add_user(state, env)
        airflow = airflows.start(state, port, database, extra, running, LOGIN, WORKERS)
        for dag in ("ingest", "ingest_urls"):
            airflow.call("PATCH", f"dags/{dag}", {"is_paused": False})
        yield House(airflow, s3_server.store("celery"), demo, env)


def settings(state: Path, demo: Demo, s3_server: ObjectStore) -> dict[str, str]:
    return {
        "NEWSROOM_STORE": f"s3://{s3_server.bucket}/celery",
        "NEWSROOM_SOURCES": str(state / "demo.toml"),
        "NEWSROOM_NOW": NOW,
        "NEWSROOM_CONTACT": "",
        "AIRFLOW_CONN_NEWSROOM_STORE": s3_server.connection,
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        "AIRFLOW__CELERY__WORKER_CONCURRENCY": "1",  # so that two days at a time are on two workers
    }


def add_user(state: Path, env: dict[str, str]) -> None:
    """As docker/init.sh does."""
    user, password = LOGIN
    about = ("--role", "Admin", "--firstname", "N", "--lastname", "A", "--email", "admin@localhost.localdomain")
    words = ("users", "create", "--username", user, "--password", password, *about)
    made = airflows.launch("users", state / "logs", env, *words)
    assert made.wait() == 0, made.last_words()


def test_celery_two_workers_give_the_documents_of_the_command_line(house: House, tmp_path: Path) -> None:
    house.run("ingest", {"not_due": True})
    folder = FolderStore((tmp_path / "store").as_uri())
    desk = open_desk(read({}), folder, [Path(house.env["NEWSROOM_SOURCES"])], moment(NOW))
    one_run(desk, (), everything=True, take_over=False)
    assert documents(house.store) == documents(folder) != {}
    assert all(run.entries == sum(run.outcomes.values()) for run in ledger.runs(house.store))


def test_celery_the_schedule_begins_runs_by_itself(house: House, database: str) -> None:
    """The DAG's next quarter of an hour is put to the last, again until a run has begun: a parse puts it back."""
    columns = (
        "next_dagrun",
        "next_dagrun_create_after",
        "next_dagrun_data_interval_start",
        "next_dagrun_data_interval_end",
    )
    earlier = ", ".join(f"{column} = {column} - interval '15 minutes'" for column in columns)

    def begun() -> bool:
        if house.airflow.call("GET", "dags/ingest/dagRuns?run_type=scheduled")["dag_runs"]:
            return True
        with closing(psycopg2.connect(database.replace("+psycopg2", ""))) as connection, connection:
            due = "dag_id = 'ingest' AND next_dagrun_create_after > now()"
            connection.cursor().execute(f"UPDATE dag SET {earlier} WHERE {due}")  # noqa: S608 - of this file's words
        return False

    house.until(begun)
    house.until(lambda: "ingest scheduled" in {run.trigger for run in ledger.runs(house.store) if run.ended_at})


def test_celery_nobody_enters_without_a_login(house: House) -> None:
    with pytest.raises(OSError, match="401"):
        airflows.call("GET", f"{house.airflow.url}/api/v2/dags")
    with pytest.raises(OSError, match="401"):
        airflows.call("POST", f"{house.airflow.url}/auth/token", {"username": LOGIN[0], "password": "guess"})


@pytest.mark.parametrize("part", ["metadatabase", "scheduler", "dag_processor", "triggerer"])
def test_celery_the_health_checks_of_compose_find_all_well(house: House, part: str) -> None:
    env = {**os.environ, "AIRFLOW_API": house.airflow.url}
    done = subprocess.run([sys.executable, ROOT / "docker" / "health.py", part], env=env, check=False)
    assert done.returncode == 0


def test_celery_the_daily_clean_of_the_database_runs(house: House, tmp_path: Path) -> None:
    env = {**os.environ, **house.env}
    daily = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())["services"]["db-clean"]["command"][-1]
    words = daily.partition("do ")[2].partition("; done")[0].replace("$$", "$")
    assert words.startswith("airflow db clean")
    done = subprocess.run(["bash", "-c", f"{sys.executable} -m {words}"], env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_celery_a_backfill_whose_worker_is_killed_equals_the_undisturbed_run(house: House, tmp_path: Path) -> None:
    """Both workers are at a day when one dies with all that it does, as its machine would."""
    folder = FolderStore((tmp_path / "store").as_uri())
    desk = open_desk(read({}), folder, [Path(house.env["NEWSROOM_SOURCES"])], moment(NOW))
    archive.one_run(desk, wanted(desk, demo_archive.NAME, first=DAYS[0], last=DAYS[-1]), 1, take_over=False)
    before = documents(house.store)
    house.airflow.call("PATCH", f"dags/{ARCHIVE}", {"is_paused": False})
    asked = {"dag_id": ARCHIVE, "from_date": f"{DAYS[0]}T00:00:00Z", "to_date": f"{DAYS[-1]}T00:00:00Z"}
    backfill = house.airflow.call("POST", "backfills", asked | {"max_active_runs": 3, "reprocess_behavior": "none"})
    victims = at_work(house)
    kill(psutil.Process(house.airflow.workers[0].popen.pid))
    ends = time.monotonic() + 600
    while not house.airflow.call("GET", f"backfills/{backfill['id']}")["completed_at"]:
        assert time.monotonic() < ends, [house.states(ARCHIVE, run) for run in victims]
        time.sleep(1)
    runs = house.airflow.call("GET", f"dags/{ARCHIVE}/dagRuns")["dag_runs"]
    assert [run["state"] for run in runs] == ["success"] * len(DAYS)
    tries = {
        task["dag_run_id"]: task["try_number"]
        for run in runs
        for task in house.airflow.tasks(ARCHIVE, run["dag_run_id"])
        if task["task_id"] == "plan"
    }
    assert tries == {run["dag_run_id"]: 2 if run["dag_run_id"] in victims else 1 for run in runs}
    made = {key: body for key, body in documents(house.store).items() if key not in before}
    assert made == documents(folder) != {}
    assert rows(house.store) == rows(folder)
    assert all(run.entries == sum(run.outcomes.values()) for run in ledger.runs(house.store))


def at_work(house: House) -> set[str]:
    """Waits until both workers are in the middle of a day of one shard; answers the runs that the first has."""

    def days() -> dict[str, int]:
        runs = house.airflow.call("GET", f"dags/{ARCHIVE}/dagRuns")["dag_runs"]
        tasks = [task for run in runs for task in house.airflow.tasks(ARCHIVE, run["dag_run_id"])]
        here = [task for task in tasks if task["task_id"] == "plan" and task["state"] == "running" and task["pid"]]
        return {task["dag_run_id"]: worker_of(house, task["pid"]) for task in here}

    ends = time.monotonic() + 300
    while set((found := days()).values()) != {0, 1} or not any(cleaned(house.store)):
        assert time.monotonic() < ends, found
        time.sleep(0.2)
    return {run for run, worker in found.items() if worker == 0}


def worker_of(house: House, pid: int) -> int:
    """Which worker a task's process descends from; minus one where it has ended."""
    with suppress(psutil.NoSuchProcess):
        above = {parent.pid for parent in psutil.Process(pid).parents()}
        return next(n for n, worker in enumerate(house.airflow.workers) if worker.popen.pid in above)
    return -1


def cleaned(store: Store) -> Iterator[str]:
    """What shards have written before they annotate."""
    runs = list(ledger.open_runs(store))
    return (found.key for run in runs for found in store.keys(f"work/{run}/") if ".clean" in found.key)


def rows(store: Store) -> dict[str, list[str]]:
    """What the tables say of the archive's articles."""
    ids = {row["id"] for row in tables.read(store, "documents").to_pylist() if row["source"] == demo_archive.NAME}
    return {
        name: sorted(repr(row) for row in tables.read(store, name).to_pylist() if row["id"] in ids)
        for name in ARTICLE_TABLES
    }
