"""What the command needs as a process: its peak of memory, and the time that its help takes."""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.pages import Pages, pages

ROOT = Path(__file__).resolve().parents[2]


def memory() -> dict[str, Any]:
    """Peak of the whole command for as many pages, in MB; its worker's apart."""
    return {f"peak MB, {number} pages": annotated(pages("A_fundus", 100), number)["peak"] for number in (100, 1000)}


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


def start() -> dict[str, Any]:
    """CPU seconds of `newsroom --help`, the median of nine."""
    found = []
    for _ in range(9):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([ROOT / ".venv/bin/newsroom", "--help"], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return {"newsroom --help, CPU s": round(statistics.median(found), 3)}
