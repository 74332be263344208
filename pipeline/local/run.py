"""`make run`: a store, PostgreSQL, the demo site and Airflow on this machine, and the demo through all of it."""

import os
import shlex
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from pipeline import ledger
from pipeline.cli.runs import summary
from pipeline.config import REMEMBERED, ROOT, STATE
from pipeline.errors import NewsroomError
from pipeline.local import airflow as airflows
from pipeline.local import demo_archive
from pipeline.local.airflow import Airflow
from pipeline.local.demo import PORT, Demo, start_demo
from pipeline.local.object_store import ObjectStore, start_object_store
from pipeline.local.ports import free_port
from pipeline.local.postgres import start_postgres
from pipeline.local.private import write_private
from pipeline.local.processes import Process, locked
from pipeline.local.target import carried_out, say
from pipeline.store import Store

NAMES = {"minio": "MinIO", "seaweedfs": "SeaweedFS"}

LIKED = {"store": 9000, "console": 9001, "demo": PORT, "airflow": 8080}
"""Ports that are taken where they are free."""

SHOWN = 5
"""Titles that are shown of what has landed."""

RUN_PATIENCE = 600
"""Seconds that the first run may take."""


class House(NamedTuple):
    """What runs, and the processes beside Airflow's."""

    airflow: Airflow
    objects: ObjectStore
    demo: Demo
    others: list[Process]


def run(running: ExitStack) -> None:
    """Starts everything, ingests the demo, and stays until it is told to stop."""
    house = start(running, STATE, "make run", REMEMBERED)
    store = house.objects.store()
    ingest(house.airflow, store, house.demo)
    farewell(house, store)
    stay(house)


def start(running: ExitStack, state: Path, target: str, env_file: Path, workers: Sequence[str] = ()) -> House:
    """Starts everything, and says where it is."""
    state.mkdir(parents=True, exist_ok=True)
    taken = f"another {target} is using {state.relative_to(ROOT)}/: stop it first (Ctrl-C in its terminal)"
    running.enter_context(locked(state / "run.lock", taken))
    say(f"Newsroom starts here; all of its state is under {state.relative_to(ROOT)}/.")
    ports = {name: free_port(state, name, liked) for name, liked in LIKED.items()}
    objects = running.enter_context(start_object_store(state))
    said("store", f"{NAMES[objects.name]}, {objects.endpoint}, bucket {objects.bucket}")
    database = running.enter_context(start_postgres(state))
    said("database", f"PostgreSQL, {database.url.rpartition('@')[2]}")
    demo = running.enter_context(start_demo(state))
    said("demo site", f"{demo.url}, its clock at {demo.now:%Y-%m-%d %H:%M}")
    found = remembered(env_file, objects, demo, f"http://127.0.0.1:{ports['airflow']}")
    say("  Airflow takes half a minute …")
    extra = found | {"AIRFLOW_CONN_NEWSROOM_STORE": objects.connection}
    airflow = airflows.start(state, ports["airflow"], database.url, extra, running, workers=workers)
    said("Airflow", f"{airflow.url}, without login: it listens on this machine alone")
    return House(airflow, objects, demo, [objects.process, database.process, demo.process])


def remembered(env_file: Path, objects: ObjectStore, demo: Demo, airflow: str) -> dict[str, str]:
    """What Airflow needs to find the store and the demo; kept for a plain `newsroom` in another terminal."""
    declared = env_file.with_name("demo.toml")
    archive = demo_archive.build(env_file.with_name("demo-archive"))
    declared.write_text(f"{demo.declared}\n{archive}")
    sources = os.environ.get("NEWSROOM_SOURCES", str(ROOT / "seeds/sources.toml"))
    known = {
        "NEWSROOM_STORE": f"s3://{objects.bucket}",
        "NEWSROOM_SOURCES": os.pathsep.join((sources, str(declared))),
        "NEWSROOM_BROWSE": objects.browse,
    }
    told = known | {
        "AWS_ENDPOINT_URL": objects.endpoint,
        "AWS_ACCESS_KEY_ID": objects.key,
        "AWS_SECRET_ACCESS_KEY": objects.secret,
        "NEWSROOM_AIRFLOW": airflow,
    }
    write_private(env_file, "".join(f"{name}={value}\n" for name, value in told.items()))
    return known


def ingest(airflow: Airflow, store: Store, demo: Demo) -> None:
    """One run of the DAG over the demo site, and what became of it."""
    say("\nThe DAG `ingest` takes the demo site:")
    run = airflow.trigger("ingest", {"sources": list(demo.sources), "not_due": True})
    state = watch(airflow, run)
    found = ledger.closed(store, airflow.ledger_name("ingest", run))
    if found is None:
        raise NewsroomError(
            f"the run ended as {state} before its ledger was closed: {airflow.url}/dags/ingest/runs/{run}"
        )
    summary(store, found)
    if state != "success":
        say(f"The run is {state}: {airflow.url}/dags/ingest/runs/{run} shows the task that failed.")
    if not found.entries:
        say("Nothing new: a run that the schedule started took it before. What has landed so far:")
    landed = (line.title for line in ledger.seen(store) if line.outcome == "landed" and line.title)
    for title in list(dict.fromkeys(landed))[-SHOWN:]:
        say(f"  · {title}")


def watch(airflow: Airflow, run: str) -> str:
    """Waits for the end of a run, and says which task is at work."""
    shown, ends = "", time.monotonic() + RUN_PATIENCE
    while time.monotonic() < ends:
        state = airflow.state("ingest", run)
        at_work = ", ".join(
            sorted({t["task_id"].rpartition(".")[2] for t in airflow.tasks("ingest", run) if t["state"] == "running"})
        )
        if at_work and at_work != shown:
            say(f"  {at_work}")
            shown = at_work
        if state in ("success", "failed"):
            return state
        time.sleep(1)
    raise NewsroomError(f"the run did not end in {RUN_PATIENCE} s: {airflow.url}/dags/ingest/runs/{run}")


def farewell(house: House, store: Store) -> None:
    """Where everything is, what to try, and how to stop."""
    landed = [line.url for line in ledger.seen(store) if line.outcome == "landed" and line.url]
    url = shlex.quote(landed[-1]) if landed else "URL"
    said("pages", house.airflow.url)
    said("documents", house.objects.browse.replace("{key}", "documents/"))
    if house.objects.name == "minio":
        said("", f"its login: the two AWS_ keys in {REMEMBERED.relative_to(ROOT)}")
    say(f"""
To try next, in another terminal:
  .venv/bin/newsroom show {url}
  .venv/bin/newsroom why {url}
  .venv/bin/newsroom runs
  .venv/bin/newsroom archive --source {demo_archive.NAME} --from {demo_archive.FIRST} --to {demo_archive.FIRST}
A year of days to backfill: the DAG archive_{demo_archive.NAME}, button Trigger, Backfill.

Ctrl-C stops everything; make run goes on from here.""")


def stay(house: House) -> None:
    """Until Ctrl-C, or until a part dies; a worker may, while another lives."""
    workers = house.airflow.workers
    while True:
        for process in (*house.airflow.processes, *house.others):
            process.require_running()
        for dead in [worker for worker in workers if worker.popen.poll() is not None]:
            workers.remove(dead)
            if not workers:
                dead.require_running()
            say(f"{dead.name} has died: its tasks go to the others.")
        time.sleep(1)


def said(what: str, where: str) -> None:
    say(f"  {what:<10} {where}")


if __name__ == "__main__":
    sys.exit(carried_out("make run", run))
