"""Does jobs in several forked processes at once; each takes the next when it is done with one."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

from pipeline.children import end, fork
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
            ours, child = fork(partial(serve, work))
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
                if said.done and waiting and said.error is None and handed(pipe, waiting[-1]):
                    at_work[pipe] = child, waiting.pop()
                elif said.done:
                    end(pipe, at_work.pop(pipe)[0])
                    hire()
    finally:
        for pipe, (child, _) in at_work.items():
            end(pipe, child)


def handed(pipe: Connection, job: str) -> bool:
    """Gives a process its next job; False where it died behind the last."""
    try:
        pipe.send(job)
    except OSError:
        return False
    return True


def serve(work: Work, pipe: Connection) -> None:
    """The life of a process: jobs in, what they give out, until it is ended."""
    while True:
        job = pipe.recv()
        try:
            work(job, lambda value, job=job: pipe.send(Said(job, value)))  # type: ignore[misc]
            pipe.send(Said(job, done=True))
        except NewsroomError as error:
            pipe.send(Said(job, error=error, done=True))
