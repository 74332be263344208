"""Does work in a forked child, item after item: what kills the child is tried again alone, and then named."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from typing import TypeVar

from pipeline.children import end, fork
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
        with suppress(Death):  # of the item that is next, or of what came together before it
            for result in in_child(work, items[done:]):
                yield result
                done += 1
            return
        try:
            (result,) = in_child(work, items[done : done + 1])
        except Death as death:
            result = dead(items[done], str(death))
        yield result
        done += 1


def in_child(work: Work[T, R], items: Sequence[T]) -> Iterator[R]:
    """Results as they come; raises `Death`."""
    pipe, child = fork(partial(serve, work, items))
    try:
        while message := pipe.recv():
            if isinstance(message, Exception):
                raise message
            yield message[0]
        return
    except (EOFError, OSError):
        pass
    finally:
        status = os.waitstatus_to_exitcode(end(pipe, child))
    raise Death(f"killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}")


def serve(work: Work[T, R], items: Sequence[T], pipe: Connection) -> None:
    """The child's life: results one by one, nothing at the end, or what went wrong."""
    try:
        for result in work(items):
            pipe.send([result])
        pipe.send([])
    except NewsroomError as error:
        pipe.send(error)
    except Exception as error:  # noqa: BLE001 - whatever an item does is told of it
        pipe.send(Death(f"{type(error).__name__}: {error}"[:200]))
