"""What the same 500 documents cost by the DAG, with all of Airflow's processes, and by the command line."""

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.bench.pages import Site, pages, source

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = 500
HOSTS = 2


def dag() -> dict[str, Any]:
    """CPU seconds of the same 500 documents by the DAG, all of Airflow's processes counted, and by the command line."""
    from pipeline.local import airflow as airflows
    from pipeline.local.object_store import start_object_store
    from pipeline.local.ports import free_port
    from pipeline.local.postgres import start_postgres

    with ExitStack() as running:
        state = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="newsroom-bench-")))
        state.chmod(0o755)
        sites = [Site(pages("A_fundus", 100), DOCUMENTS // HOSTS) for _ in range(HOSTS)]
        declared = state / "sources.toml"
        declared.write_text("".join(source(n, site) for n, site in enumerate(sites)))
        objects = running.enter_context(start_object_store(state))
        database = running.enter_context(start_postgres(state))
        env = {
            "NEWSROOM_SOURCES": str(declared),
            "NEWSROOM_STORE": f"s3://{objects.bucket}/dag",
            "AIRFLOW_CONN_NEWSROOM_STORE": objects.connection,
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        }
        airflow = airflows.start(state, free_port(state, "airflow"), database.url, env, running)
        airflow.call("PATCH", "dags/ingest", {"is_paused": False})
        time.sleep(20)  # what start-up costs is no run's
        idle = watched(airflow, lambda: time.sleep(20)) / 20
        began = time.monotonic()
        spent = watched(airflow, lambda: finished(airflow, airflow.trigger("ingest", {"not_due": True})))
        wall = time.monotonic() - began
        by_hand = by_command(objects, declared)
        landed = {name: len(list(objects.store(name).keys("documents/"))) for name in ("dag", "cli")}
    return {
        "documents, by DAG and by command": f"{landed['dag']}, {landed['cli']}",
        "command line, CPU s": round(by_hand, 1),
        "DAG, all processes, CPU s": round(spent, 1),
        "of that idle Airflow, CPU s": round(idle * wall, 1),
        "DAG, wall s": round(wall, 1),
        "ratio": round(spent / by_hand, 2),
        "ratio without what idle Airflow costs": round((spent - idle * wall) / by_hand, 2),
    }


def by_command(objects: Any, declared: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = "import sys; from pipeline.cli import newsroom; newsroom(sys.argv[1:], standalone_mode=False)"
    env = {
        **os.environ,
        "AWS_ENDPOINT_URL": objects.endpoint,
        "AWS_ACCESS_KEY_ID": objects.key,
        "AWS_SECRET_ACCESS_KEY": objects.secret,
        "OMP_NUM_THREADS": "1",
    }
    words = ["ingest", "--all", "--sources", str(declared), "--store", f"s3://{objects.bucket}/cli"]
    subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, env=env, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def finished(airflow: Any, run: str) -> None:
    while airflow.state("ingest", run) not in ("success", "failed"):
        time.sleep(1)
    if airflow.state("ingest", run) != "success":
        raise RuntimeError(f"the run failed: {airflow.tasks('ingest', run)}")


def watched(airflow: Any, call: Callable[[], None]) -> float:
    """CPU seconds that Airflow's processes and all of their children spend while the call lasts."""
    known: dict[int, float] = {}
    before = sum(family(airflow).values())
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.2):
            known.update(family(airflow))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        call()
    finally:
        done.set()
        watcher.join()
    return sum(family(airflow).values()) - before


def family(airflow: Any) -> dict[int, float]:
    """CPU seconds by process: its own and those of its children that have ended."""
    found, tick = {}, os.sysconf("SC_CLK_TCK")
    parents = dict(stats())
    for process in airflow.processes:
        for pid in descendants(process.popen.pid, {pid: parent for pid, (parent, _) in parents.items()}):
            found[pid] = sum(parents[pid][1]) / tick
    return found


def stats() -> Iterator[tuple[int, tuple[int, tuple[int, ...]]]]:
    """Every process with its parent and its four times (own and of waited-for children; user and system)."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        yield int(path.parent.name), (int(fields[1]), tuple(map(int, fields[11:15])))


def descendants(pid: int, parents: dict[int, int]) -> list[int]:
    children = [child for child, parent in parents.items() if parent == pid]
    return [pid, *(one for child in children for one in descendants(child, parents))]
