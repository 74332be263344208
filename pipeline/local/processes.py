"""Servers as children of this process: started, waited for, stopped in order, and never left as orphans."""

import ctypes
import fcntl
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from pipeline.errors import NewsroomError

PR_SET_PDEATHSIG = 1  # linux/prctl.h
STOP_SECONDS = 15
"""From the polite signal to the kill, for most."""


@dataclass
class Process:
    """A running server; `claim` is its locked pid file, by which other starts know that it is ours."""

    name: str
    words: Sequence[str]
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
        claim = claimed(name, log.with_suffix(".pid"), stop_signal)
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        command = [str(word) for word in words]
        other: dict[str, Any] = {"user": user, "group": user, "extra_groups": [], "cwd": "/"} if user else {}
        try:
            with log.open("wb") as output:
                popen = subprocess.Popen(
                    command,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # Ctrl-C goes to us alone, and we stop our servers in order
                    preexec_fn=follow(os.getpid(), stop_signal),
                    **other,
                )
        except (OSError, subprocess.SubprocessError) as error:
            claim.close()
            raise NewsroomError(f"{name} cannot be started: {error}") from None
        print(popen.pid, shlex.join(command), sep="\n", file=claim, flush=True)
        return cls(name, command, popen, log, stop_signal, stop_seconds, claim)

    def stop(self) -> None:
        """Ends it, politely first; harmless when it has ended."""
        if self.popen.poll() is None:
            self.popen.send_signal(self.stop_signal)
            try:
                self.popen.wait(self.stop_seconds)
            except subprocess.TimeoutExpired:
                os.killpg(self.popen.pid, signal.SIGKILL)
                self.popen.wait()
        if not self.claim.closed:
            self.claim.truncate(0)
            self.claim.close()

    def wait(self) -> int:
        """Waits for its end; answers the exit status."""
        self.popen.wait()
        self.stop()
        return int(self.popen.returncode)

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Raises `NewsroomError`, with the server stopped, when it ends or is not ready in time."""
        until = time.monotonic() + seconds
        try:
            while not ready():
                self.require_running()
                if time.monotonic() > until:
                    raise NewsroomError(f"{self.name} is not ready after {seconds:.0f} s: {self.last_words()}")
                time.sleep(0.05)
        except BaseException:
            self.stop()
            raise

    def require_running(self) -> None:
        """Raises `NewsroomError` with its last words when it has ended."""
        status = self.popen.poll()
        if status is not None:
            raise NewsroomError(f"{self.name} has ended (status {status}): {self.last_words()}")

    def last_words(self) -> str:
        """The last line of its log that says something, and where the rest is."""
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return f"{lines[-1][:300] if lines else 'it said nothing'} (log: {self.log})"


def follow(parent: int, stop_signal: signal.Signals) -> Callable[[], None] | None:
    """For the child, before it becomes the server: let the kernel signal it when its parent dies (Linux has that)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, int(stop_signal))
        if os.getppid() != parent:  # it died meanwhile
            os._exit(1)

    return tie


def claimed(name: str, pid_file: Path, stop_signal: signal.Signals) -> IO[str]:
    """The pid file, locked and empty, once no earlier server of this name runs any more."""
    claim = pid_file.open("a+")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        claim.close()
        raise NewsroomError(f"{name} is running already ({pid_file}): stop the run that started it") from None
    claim.seek(0)
    pid, command = [*claim.read().split("\n"), ""][:2]
    if pid.isdigit() and command:
        end(int(pid), command, stop_signal)
    claim.truncate(0)
    return claim


def end(pid: int, command: str, stop_signal: signal.Signals) -> None:
    """Ends a process that is not our child, if it still is the one of this command line."""
    for sign in (stop_signal, signal.SIGKILL):
        until = time.monotonic() + STOP_SECONDS
        if command_of(pid) == command:
            with suppress(ProcessLookupError):
                os.kill(pid, sign)
        while command_of(pid) == command and time.monotonic() < until:
            time.sleep(0.05)


def command_of(pid: int) -> str:
    """The command line of a process, quoted for a shell; empty for one that has ended, and where there is no /proc."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return ""
    return shlex.join(words)
