"""Runs `newsroom` as a process of its own, and watches what its processes take."""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

ROOT = Path(__file__).resolve().parents[1]
CODE = "from pipeline.cli import main; main()"


class Done(NamedTuple):
    """How a command ended; `peak` and `together` are the most bytes that one of its processes had, and all of them."""

    status: int
    out: str
    err: str
    peak: int
    together: int


def started(*words: str) -> "subprocess.Popen[str]":
    """A process group of its own that hears Ctrl-C, as a terminal makes one of each command, and a script may not."""
    return subprocess.Popen(
        [sys.executable, "-c", CODE, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # type: ignore[arg-type, return-value]
    )


def family(pid: int) -> list[psutil.Process]:
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def memory(one: psutil.Process) -> int:
    """Bytes that are the process's own, or its share of those that it has in common with others."""
    try:
        return int(one.memory_full_info().pss)
    except psutil.Error:
        return 0


def newsroom(*words: str) -> Done:
    peak = together = 0
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen([sys.executable, "-c", CODE, *words], stdout=out, stderr=err, cwd=ROOT)
        while process.poll() is None:
            taken = [memory(one) for one in family(process.pid)]
            peak, together = max([peak, *taken]), max(together, sum(taken))
            time.sleep(0.2)
        out.seek(0)
        err.seek(0)
        return Done(process.returncode, out.read(), err.read(), peak, together)
