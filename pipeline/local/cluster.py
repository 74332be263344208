"""`make cluster`: the house of `make run` with Redis and two Celery workers, as it runs on several machines."""

import sys
from contextlib import ExitStack

from pipeline.config import ROOT, STATE
from pipeline.local.demo_archive import NAME
from pipeline.local.run import House, ingest, start, stay
from pipeline.local.target import carried_out, say

FOLDER = STATE / "cluster"
ENV = FOLDER / "run.env"
WORKERS = ("one", "two")


def cluster(running: ExitStack) -> None:
    """Starts everything, ingests the demo, says what to try, and stays until it is told to stop."""
    house = start(running, FOLDER, "make cluster", ENV, WORKERS)
    ingest(house.airflow, house.objects.store(), house.demo)
    say(farewell(house))
    stay(house)


def farewell(house: House) -> str:
    """Which processes the workers are, and what to do to them."""
    pids = "\n".join(f"  {worker.name:<20} process {worker.popen.pid}" for worker in house.airflow.workers)
    return f"""
{pids}

To try next, in another terminal:
  a backfill of some days: {house.airflow.url}/dags/archive_{NAME}, Trigger, Backfill
  a worker dies, with all that it does: kill -9 -- -{house.airflow.workers[0].popen.pid}
  what became of it: env $(cat {ENV.relative_to(ROOT)}) .venv/bin/newsroom runs

Ctrl-C stops everything; make cluster goes on from here, with both workers. docs/cluster.md tells more."""


if __name__ == "__main__":
    sys.exit(carried_out("make cluster", cluster))
