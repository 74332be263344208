"""Cleans pages in a child process with limits, which is replaced when a page spins, crashes it or eats memory."""

import logging
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import ceil
from multiprocessing.connection import Connection
from pathlib import Path
from time import process_time
from typing import NamedTuple, Self

from pipeline.children import fork
from pipeline.errors import EntryError, Failed
from pipeline.model import Capture, Document, Entry

SECONDS = 20
"""CPU time of a page: the slowest real one takes 1, 200,000 paragraphs in 4 MB 12."""

MEMORY = 1_500_000_000
"""Bytes over what the process has at its start: those 4 MB take 550 million."""

PATIENCE = 3
"""Wall time per CPU time: a busy machine is no reason to give up a page."""

SPINS, CRASHED, MEMORY_EATEN = "cleaning spins", "cleaning crashed", "cleaning needs too much memory"


class Page(NamedTuple):
    """A capture to clean; `from_feed` where the article is the entry's own body."""

    capture: Capture
    entry: Entry
    from_feed: bool = False


CleanPage = Callable[[Page], Document]


def clean_page(page: Page) -> Document:
    """The document of a page, by its capture or by its feed."""
    from pipeline.clean import clean, clean_body

    return clean_body(page.entry, page.capture) if page.from_feed else clean(page.capture, page.entry)


class Cleaner:
    """Cleans pages one by one, each exactly once, in a child process that is started when needed."""

    def __init__(self, clean: CleanPage = clean_page, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self.clean, self.seconds, self.memory = clean, seconds, memory
        self._child: tuple[Connection, int] | None = None
        self._inherited = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def each(self, pages: Iterable[Page]) -> Iterator[Document | EntryError]:
        """What became of each page, in their order; takes a page when the one before is done."""
        for page in pages:
            yield self._one(page)

    def _one(self, page: Page) -> Document | EntryError:
        pipe, _ = self._child = self._child or self._start()
        try:
            pipe.send(page)
            answer = pipe.recv() if pipe.poll(self.seconds * PATIENCE) else Failed(SPINS)
        except (EOFError, OSError):
            return Failed(self._end())
        if isinstance(answer, Failed) and answer.reason in (SPINS, MEMORY_EATEN):
            self._end()  # what is left of it after that is not to be trusted
        return answer

    def _start(self) -> tuple[Connection, int]:
        import trafilatura  # noqa: F401 - loaded before the fork, every later child has it for nothing

        self._inherited = memory_now()[1]
        return fork(partial(serve, self.clean, self.seconds, self.memory))

    def _end(self) -> str:
        """Ends the child, and says what it died of where it was dead already."""
        if self._child is None:
            return CRASHED
        pipe, child = self._child
        self._child = None
        pipe.close()
        os.kill(child, signal.SIGKILL)
        _, status, used = os.wait4(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
            return SPINS
        # Libraries in C die of a refused allocation; the peak tells it from other deaths. Kilobytes on Linux.
        return MEMORY_EATEN if used.ru_maxrss * 1024 - self._inherited > self.memory / 2 else CRASHED


def serve(clean: CleanPage, seconds: float, memory: int, pipe: Connection) -> None:
    """The child's life: pages in, answers out, until the parent closes the pipe or dies."""
    isolate(pipe)
    limit_memory(memory)
    while True:
        page = pipe.recv()
        limit(resource.RLIMIT_CPU, ceil(process_time() + seconds))
        pipe.send(answer(clean, page))


def answer(clean: CleanPage, page: Page) -> Document | EntryError:
    try:
        return clean(page)
    except EntryError as error:
        return error
    except MemoryError:
        return Failed(MEMORY_EATEN)


def isolate(pipe: Connection) -> None:
    """Lets go of all that the parent has open: Airflow waits for its sockets to close."""
    for number in (signal.SIGINT, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    logging.disable(logging.CRITICAL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.closerange(3, pipe.fileno())
    os.closerange(pipe.fileno() + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_memory(memory: int) -> None:
    """Bounds the address space to so many bytes more than now, where the system says how large it is."""
    if sys.platform == "linux":
        limit(resource.RLIMIT_AS, memory_now()[0] + memory)


def memory_now() -> tuple[int, int]:
    """Bytes of address space, and of memory in use; zeros where the system does not say."""
    if sys.platform != "linux":
        return 0, 0
    size, resident, *_ = Path("/proc/self/statm").read_text().split()
    return int(size) * resource.getpagesize(), int(resident) * resource.getpagesize()


def limit(what: int, most: int) -> None:
    """Sets the soft limit; the hard one may be lower already."""
    hard = resource.getrlimit(what)[1]
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
