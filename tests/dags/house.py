"""A running Airflow with what its DAGs work on."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pipeline import ledger
from pipeline.local import airflow as airflows
from pipeline.local.airflow import Airflow
from pipeline.local.demo import Demo, start_demo
from pipeline.local.object_store import ObjectStore
from pipeline.local.ports import free_port
from pipeline.model import Outcome
from pipeline.store import Store

NOW = "2026-11-24T10:15:00Z"
PATIENCE = 400
"""Seconds for what takes one on a machine of its own."""

PLANTED = "rosebud-by-the-sea"


class House(NamedTuple):
    """A running Airflow with what its DAGs work on."""

    airflow: Airflow
    store: Store
    demo: Demo
    env: dict[str, str]

    def run(self, dag: str, conf: dict[str, Any]) -> tuple[str, str]:
        """State of a run once it has ended, and its name in the ledger."""
        run = self.airflow.trigger(dag, conf)
        assert self.ended(dag, run) == "success", self.states(dag, run)
        return run, self.airflow.ledger_name(dag, run)

    def ended(self, dag: str, run: str) -> str:
        """The state that a run ends in."""
        ends = time.monotonic() + PATIENCE
        while (state := self.airflow.state(dag, run)) not in ("success", "failed"):
            assert time.monotonic() < ends, f"{dag} {run} is still {state}: {self.states(dag, run)}"
            time.sleep(0.5)
        return state

    def until(self, holds: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < ends
            time.sleep(0.5)

    def kill(self, dag: str, run: str, stages: tuple[str, ...]) -> str:
        """Kills the process of the first task of these stages that is seen at work; answers its stage."""
        ends = time.monotonic() + 120
        while time.monotonic() < ends:
            for task in self.airflow.tasks(dag, run):
                stage = task["task_id"].rpartition(".")[2]
                if task["state"] == "running" and stage in stages and task["pid"]:
                    os.kill(task["pid"], signal.SIGKILL)
                    return stage
            time.sleep(0.05)
        raise AssertionError(f"no task of {stages} was seen at work: {self.states(dag, run)}")

    def states(self, dag: str, run: str) -> dict[str, str]:
        return {task["task_id"]: task["state"] for task in self.airflow.tasks(dag, run)}

    def log(self, dag: str, run: str, task: str, attempt: int, index: int = -1) -> str:
        """What a try of a task said."""
        return str(
            self.airflow.call("GET", f"dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{attempt}?map_index={index}")
        )

    def lines(self, run: str) -> list[Outcome]:
        return list(ledger.read_run(self.store, run))


def documents(store: Store) -> dict[str, bytes]:
    return {found.key: store.get(found.key).body for found in store.keys("documents/")}


@contextmanager
def start_house(state: Path, postgres: str, s3: ObjectStore, name: str, archives: str = "") -> Iterator[House]:
    """With a store of this name, and archives, as TOML, beside the sources of the demo; nothing runs by the clock."""
    with ExitStack() as running:
        demo = running.enter_context(start_demo(state / name))
        declared = state / f"{name}.toml"
        declared.write_text(demo.declared.replace('every = "15m"', 'every = "15m"\nauth = "demo_login"') + archives)
        env = {
            "AIRFLOW_CONN_DEMO_LOGIN": json.dumps({"conn_type": "http", "login": "reader", "password": PLANTED}),
            "NEWSROOM_STORE": f"s3://{s3.bucket}/{name}",
            "NEWSROOM_SOURCES": str(declared),
            "NEWSROOM_NOW": NOW,
            "NEWSROOM_CONTACT": "",
            "AIRFLOW_CONN_NEWSROOM_STORE": s3.connection,
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
            "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
        }
        airflow = airflows.start(state, free_port(state, "airflow"), postgres, env, running)
        for dag in ("ingest", "ingest_urls"):
            airflow.call("PATCH", f"dags/{dag}", {"is_paused": False})
        yield House(airflow, s3.store(name), demo, env)
