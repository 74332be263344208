"""Airflow's processes on this machine: their settings, the order that they start in, and its REST interface."""

import os
import secrets
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.config import ROOT
from pipeline.errors import NewsroomError
from pipeline.ledger import run_name
from pipeline.local.private import kept
from pipeline.local.processes import Process
from pipeline.local.redis import start_redis
from pipeline.rest import CORES, POOLS, call, token

PATIENCE = 180
"""Seconds that a part may take to answer: four times what it took on two busy cores."""

RECOVERY = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "60",
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "45",
    "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "86400",
}
"""Seconds after which the dead are missed: a worker (its tasks say every five that they live), and a scheduler.

The third is how long a task waits for an answer of the API server: its first one may take half a minute on a busy
machine. The last is when the broker hands out again what a worker took and never ended. Nothing waits for that, as
Airflow sends a new message; so it is longer than any task, whose message would be handed out while it is at work.
"""


@dataclass(frozen=True)
class Airflow:
    """A running Airflow. `url` is where its pages are; `login` a user and password, where it asks for one.

    It can do without one of its `workers`, not without one of its other `processes`.
    """

    url: str
    began: datetime
    login: tuple[str, str] | None = None
    processes: list[Process] = field(default_factory=list)
    workers: list[Process] = field(default_factory=list)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the REST interface; raises `OSError` while nobody answers."""
        return call(method, f"{self.url}/api/v2/{path}", body, token=token(self.url, self.login))

    def trigger(self, dag: str, conf: dict[str, Any]) -> str:
        """Starts a run; answers its id."""
        run: str = self.call("POST", f"dags/{dag}/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"]
        return run

    def state(self, dag: str, run: str) -> str:
        found: str = self.call("GET", f"dags/{dag}/dagRuns/{run}")["state"]
        return found

    def ledger_name(self, dag: str, run: str) -> str:
        """What the ledger calls the run."""
        began = self.call("GET", f"dags/{dag}/dagRuns/{run}")["run_after"]
        return run_name(datetime.fromisoformat(began), f"{dag} {run}")

    def healthy(self, part: str) -> bool:
        found = call("GET", f"{self.url}/api/v2/monitor/health")
        return bool(found[part]["status"] == "healthy")

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        answer: dict[str, list[dict[str, Any]]] = self.call("GET", f"dags/{dag}/dagRuns/{run}/taskInstances?limit=1000")
        return answer["task_instances"]


def start(
    state: Path,
    port: int,
    database: str,
    extra: dict[str, str],
    running: ExitStack,
    login: tuple[str, str] | None = None,
    workers: Sequence[str] = (),
) -> Airflow:
    """Starts all processes, the API first, and leaves their ends to `running`.

    With names of workers, tasks run in these, by Celery and Redis. What all print lies under state/logs.
    """
    home = state / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    env = environment(home, port, database)
    if workers:
        env |= celery(running.enter_context(start_redis(state)).url, database)
    env |= extra
    migrate(home, state / "logs", env)
    airflow = Airflow(f"http://127.0.0.1:{port}", datetime.now(UTC), login)
    for name in ("api-server", "dag-processor", "triggerer", "scheduler"):
        airflow.processes.append(running.enter_context(launch(name, state / "logs", env)))
        if name == "api-server":  # a scheduler that starts before it answers fails its first tasks
            airflow.processes[-1].wait_until(lambda: airflow.healthy("metadatabase"), PATIENCE)
            set_pools(airflow)
    airflow.workers.extend(running.enter_context(worker(name, state / "logs", env)) for name in workers)
    airflow.processes[-1].wait_until(lambda: airflow.healthy("scheduler") and has_dags(airflow), PATIENCE)
    return airflow


def environment(home: Path, port: int, database: str) -> dict[str, str]:
    """Airflow's settings; no login, so it listens on loopback alone. It draws its keys itself, into airflow.cfg."""
    url = f"http://127.0.0.1:{port}"
    return {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__PARALLELISM": str(8 + CORES),  # tasks of live runs, beside those that read archives
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_ISSUER": "newsroom",
        "AIRFLOW__API_AUTH__JWT_SECRET": kept(home / "jwt.secret", lambda: secrets.token_hex(64)),  # its own is short
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        **RECOVERY,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT / "plugins"),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def celery(broker: str, database: str) -> dict[str, str]:
    """Settings by which the scheduler hands tasks to workers."""
    return {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CELERY__BROKER_URL": broker,
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{database.replace('+psycopg2', '')}",
        "AIRFLOW__CELERY__WORKER_CONCURRENCY": "4",
    }


def worker(name: str, logs: Path, env: dict[str, str]) -> Process:
    """A Celery worker."""
    pid_file = logs / f"celery-{name}.pid"
    pid_file.unlink(missing_ok=True)  # of one that was killed, whose number may be another's now
    words = f"celery worker --celery-hostname {name}@newsroom --skip-serve-logs --pid"
    return launch(f"worker-{name}", logs, env, *words.split(), str(pid_file))


def migrate(home: Path, logs: Path, env: dict[str, str]) -> None:
    """Brings Airflow's database to this version, once for each: it takes seven CPU seconds."""
    done = home / "migrated"
    if done.exists() and done.read_text() == version("apache-airflow"):
        return
    process = launch("migrate", logs, env, "db", "migrate")
    if process.wait() != 0:
        raise NewsroomError(f"Airflow's database could not be prepared: {process.last_words()}")
    done.write_text(version("apache-airflow"))


def launch(name: str, logs: Path, env: dict[str, str], *command: str) -> Process:
    """One of Airflow's processes; those that would serve logs to all interfaces don't."""
    serving = ("--skip-serve-logs",) if name in ("triggerer", "scheduler") else ()
    words = [sys.executable, "-m", "airflow", *(command or (name, *serving))]
    return Process.start(f"airflow {name}", words, logs / f"airflow-{name}.log", env=env)


def has_dags(airflow: Airflow) -> bool:
    """Whether the DAGs were read; one that cannot be read is said at once, unless it was so at an earlier start."""
    for process in airflow.processes:
        process.require_running()
    for error in airflow.call("GET", "importErrors")["import_errors"]:
        if datetime.fromisoformat(error["timestamp"]) < airflow.began:
            return False
        raise NewsroomError(f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}")
    return {"ingest", "ingest_urls"} <= {dag["dag_id"] for dag in airflow.call("GET", "dags")["dags"]}


def set_pools(airflow: Airflow) -> None:
    there = {pool["name"] for pool in airflow.call("GET", "pools")["pools"]}
    for name, slots in POOLS.items():
        if name not in there:
            airflow.call("POST", "pools", {"name": name, "slots": slots})
