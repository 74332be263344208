"""A running Airflow with what its DAGs work on."""

import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from pipeline import ledger
from pipeline.local.airflow import Airflow
from pipeline.local.demo import Demo
from pipeline.model import Outcome
from pipeline.store import Store
from tests.dags.rolls import FIRST

NOW = "2026-11-24T10:15:00Z"
PATIENCE = 400
"""Seconds for what takes one on a machine of its own."""


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

    def backfill(self, dag: str, days: int, **how: Any) -> list[str]:
        """Begins a backfill once the one before has ended; answers the runs of all of its days, oldest first."""
        of_dag = f"backfills?dag_id={dag}"
        self.until(lambda: all(one["completed_at"] for one in self.airflow.call("GET", of_dag)["backfills"]))
        last = FIRST + timedelta(days=days - 1)
        body = {"dag_id": dag, "from_date": f"{FIRST}T00:00:00Z", "to_date": f"{last}T00:00:00Z", "max_active_runs": 2}
        self.airflow.call("POST", "backfills", body | how)
        return [f"backfill__{FIRST + timedelta(days=n + 1)}T00:00:00+00:00" for n in range(days)]

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
