"""Does jobs in several forked processes at once; each takes the next when it is done with one."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, NamedTuple, NoReturn

from pipeline.clean.worker import die_with
from pipeline.errors import NewsroomError

Work = Callable[[str, Callable[[Any], None]], None]
"""Does a job, and tells of what it does on the way."""


class Said(NamedTuple):
    """What a process says of its job: a value on the way, or its end, with the error that ended it."""

    job: str
    value: Any = None
    error: NewsroomError | None = None
    done: bool = False


def spread(work: Work, jobs: Sequence[str], processes: int) -> Iterator[Said]:
    """What is told of each job, as it comes, and its end. A process that dies fails its job alone."""
    waiting, at_work = list(reversed(jobs)), dict[Connection, tuple[int, str]]()

    def hire() -> None:
        if waiting:
            ours, child = started(work)
            ours.send(job := waiting.pop())
            at_work[ours] = child, job

    try:
        for _ in range(processes):
            hire()
        while at_work:
            for pipe in wait(list(at_work)):
                assert isinstance(pipe, Connection)  # noqa: S101 - nothing else was waited for
                child, job = at_work[pipe]
                try:
                    said: Said = pipe.recv()
                except (EOFError, OSError):
                    said = Said(job, error=NewsroomError("its process died"), done=True)
                yield said
                if said.done and waiting and said.error is None:
                    pipe.send(following := waiting.pop())
                    at_work[pipe] = child, following
                elif said.done:
                    end(pipe, at_work.pop(pipe)[0])
                    hire()
    finally:
        for pipe, (child, _) in at_work.items():
            end(pipe, child)


def started(work: Work) -> tuple[Connection, int]:
    ours, theirs = Pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    parent, child = os.getpid(), os.fork()
    if child == 0:
        ours.close()
        serve(theirs, parent, work)
    theirs.close()
    return ours, child


def serve(pipe: Connection, parent: int, work: Work) -> NoReturn:
    """The life of a process: jobs in, what they give out, until the pipe is closed."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, whose end ends us
        die_with(parent)
        while True:
            job = pipe.recv()
            try:
                work(job, lambda value, job=job: pipe.send(Said(job, value)))  # type: ignore[misc]
                pipe.send(Said(job, done=True))
            except NewsroomError as error:
                pipe.send(Said(job, error=error, done=True))
            except Exception as error:  # noqa: BLE001 - of ours; it shall be seen, and costs its job
                said = NewsroomError(f"{type(error).__name__}: {error}"[:500])
                pipe.send(Said(job, error=said, done=True))
    finally:
        os._exit(0)


def end(pipe: Connection, child: int) -> None:
    pipe.close()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
