"""A target of the Makefile as a program: it says what it does, ends with its children, and fails with one line."""

import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack

from pipeline.errors import NewsroomError


def say(line: str) -> None:
    print(line, flush=True)


def carried_out(target: str, work: Callable[[ExitStack], None]) -> int:
    """Works until it is done or told to stop, and stops what the stack holds; answers the exit status."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would ignore it
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda *_: sys.exit(0))
    with ExitStack() as running:
        try:
            work(running)
        except KeyboardInterrupt:
            say("\nStopping …")
        except (NewsroomError, OSError) as error:
            print(f"{target}: {error}", file=sys.stderr)
            return 1
    return 0
