"""The house as docker/compose.yaml has it, without the containers: Celery with Redis, two workers, and a login."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg2
import pytest
import yaml

from pipeline import ledger
from pipeline.cli.ingest import one_run
from pipeline.config import ROOT, moment, read
from pipeline.local import airflow as airflows
from pipeline.local.demo import Demo, start_demo
from pipeline.local.object_store import ObjectStore
from pipeline.local.ports import free_port
from pipeline.stages.desk import open_desk
from pipeline.store.folder import FolderStore
from tests.dags.house import NOW, House, documents

LOGIN = ("admin", secrets.token_urlsafe(12))
WORKERS = ("one", "two")


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
        (state / "demo.toml").write_text(demo.declared)
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
