"""Servers as children of this process: started, waited for, stopped in order, and never left as orphans."""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

import psutil

from pipeline.children import die_with
from pipeline.errors import NewsroomError

STOP_SECONDS = 15
"""From the polite signal to the kill, for most."""


@dataclass
class Process:
    """A running server, stopped when its `with` ends; `claim` is its locked pid file, by which other starts know it."""

    name: str
    popen: "subprocess.Popen[bytes]"
    log: Path
    stop_signal: signal.Signals
    stop_seconds: float
    claim: IO[str]

    @classmethod
    def start(
        cls,
        name: str,
        words: Sequence[str | Path],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        user: int | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        stop_seconds: float = STOP_SECONDS,
    ) -> Self:
        """Starts a server with its output in `log`, its pid beside it; it gets `stop_signal` when this thread dies.

        What a killed run left of it is stopped first. Raises `NewsroomError` while another run has it.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        pid_file = log.with_suffix(".pid")
        claim = locked(pid_file, f"{name} is running already ({pid_file}): stop the run that started it")
        end(claim.read(), stop_signal)
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        try:
            popen = spawned(words, log, env, user, stop_signal)
        except (OSError, subprocess.SubprocessError) as error:
            claim.close()
            raise NewsroomError(f"{name} cannot be started: {error}") from None
        claim.truncate(0)
        print(popen.pid, psutil.Process(popen.pid).create_time(), file=claim, flush=True)
        return cls(name, popen, log, stop_signal, stop_seconds, claim)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends it, politely first; harmless when it has ended."""
        if self.popen.poll() is None:
            self.popen.send_signal(self.stop_signal)
            try:
                self.popen.wait(self.stop_seconds)
            except subprocess.TimeoutExpired:
                kill(psutil.Process(self.popen.pid))
                self.popen.wait()
        if not psutil.pid_exists(self.popen.pid):  # else it is somebody else's by now
            with suppress(ProcessLookupError):  # a scheduler that was killed leaves its idle workers
                os.killpg(self.popen.pid, signal.SIGKILL)
        self.claim.close()

    def wait(self) -> int:
        """Waits for its end; answers the exit status."""
        with self:
            return self.popen.wait()

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Until it is so; an `OSError` means not yet. Raises `NewsroomError` when it ends or takes longer."""
        until = time.monotonic() + seconds
        while True:
            with suppress(OSError):
                if ready():
                    return
            self.require_running()
            if time.monotonic() > until:
                raise NewsroomError(f"{self.name} is not ready after {seconds:.0f} s: {self.last_words()}")
            time.sleep(0.1)

    def require_running(self) -> None:
        """Raises `NewsroomError` with its last words when it has ended."""
        status = self.popen.poll()
        if status is not None:
            raise NewsroomError(f"{self.name} has ended (status {status}): {self.last_words()}")

    def last_words(self) -> str:
        """The last line of its log that says something, and where the rest is."""
        lines = self.log.read_text(errors="replace").split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
        return f"{said[:300]} (log: {self.log})"


def spawned(
    words: Sequence[str | Path], log: Path, env: Mapping[str, str] | None, user: int | None, stop_signal: signal.Signals
) -> "subprocess.Popen[bytes]":
    """A child that writes into the log, and gets the signal when this thread dies."""
    other: dict[str, Any] = {"user": user, "group": user, "extra_groups": [], "cwd": "/"} if user else {}
    with log.open("wb") as output:
        return subprocess.Popen(
            list(map(str, words)),
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C goes to us alone, and we stop our servers in order
            preexec_fn=partial(die_with, os.getpid(), stop_signal),
            **other,
        )


class Server(NamedTuple):
    """A running server; `url` holds its password."""

    url: str
    process: Process


def locked(path: Path, refusal: str) -> IO[str]:
    """The file, held by this process alone until it is closed, from its start."""
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise NewsroomError(refusal) from None
    file.seek(0)
    return file


def end(known: str, stop_signal: signal.Signals) -> None:
    """Ends a process that is not our child, told by its pid and the time of its start."""
    with suppress(ValueError, psutil.Error):  # it has ended, or is somebody else's
        pid, began = known.split()
        left = psutil.Process(int(pid))
        if abs(left.create_time() - float(began)) > 1:
            return
        left.send_signal(stop_signal)
        try:
            left.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            kill(left)
            left.wait(STOP_SECONDS)


def kill(server: psutil.Process) -> None:
    """Ends a server and all that it started: Airflow's tasks have sessions of their own."""
    for each in (server, *server.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            each.kill()
