"""Does work in a forked child, item after item: what kills the child is tried again alone, and then named."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.connection import Connection, Pipe
from typing import Any, NoReturn, TypeVar

from pipeline.clean.worker import die_with
from pipeline.errors import NewsroomError

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[Sequence[T]], Iterable[R]]
"""Gives one result for each item, in their order."""


class Death(Exception):
    """How a child ended before its work did."""


def each(work: Work[T, R], items: Sequence[T], dead: Callable[[T, str], R]) -> Iterator[R]:
    """One result for each item, in their order; `dead` gives that of an item that killed two children, one all its own.

    A `NewsroomError` of the work is raised here: it is the store's or a model's, and no item's.
    """
    done = 0
    while done < len(items):
        try:
            for result in in_child(work, items[done:]):
                yield result
                done += 1
            return
        except Death:
            pass  # of the item that is next, or of what came together before it
        try:
            (result,) = in_child(work, items[done : done + 1])
        except Death as death:
            result = dead(items[done], str(death))
        yield result
        done += 1


def in_child(work: Work[T, R], items: Sequence[T]) -> Iterator[R]:
    """Results as they come; raises `Death`."""
    ours, theirs = Pipe(duplex=False)
    sys.stdout.flush()
    sys.stderr.flush()
    parent, child = os.getpid(), os.fork()
    if child == 0:
        serve(theirs, parent, work, items)
    theirs.close()
    ended = False
    try:
        while (message := received(ours)) is not None:
            kind, value = message
            if kind == "error":
                raise value
            if kind == "end":
                return
            yield value
        ended = True
        raise Death(how_it_died(child))
    finally:
        ours.close()
        if not ended:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def received(pipe: Connection) -> tuple[str, Any] | None:
    """The next message; None where the other end has gone."""
    try:
        message: tuple[str, Any] = pipe.recv()
    except (EOFError, OSError):
        return None
    return message


def serve(pipe: Connection, parent: int, work: Work[T, R], items: Sequence[T]) -> NoReturn:
    """The child's life; nothing of the parent's, such as its clean-up, may run here."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, whose end ends us
        die_with(parent)
        for result in work(items):
            pipe.send(("result", result))
        pipe.send(("end", None))
    except NewsroomError as error:
        pipe.send(("error", error))
    except Exception as error:  # noqa: BLE001 - whatever an item does is told of it
        pipe.send(("error", Death(f"{type(error).__name__}: {error}"[:200])))
    finally:
        os._exit(1)  # after its end nobody asks for its status


def how_it_died(child: int) -> str:
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
