"""Children of this process: by a fork and a pipe, ended with it.

multiprocessing refuses children to the daemons that some Airflow executors run tasks in, and a fork of a process that
has the libraries loaded starts in milliseconds.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def fork(life: Callable[[Connection], None]) -> tuple[Connection, int]:
    """Starts a child that lives this life, its end of the pipe in hand; answers our end, and its pid."""
    ours, theirs = Pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    parent, child = os.getpid(), os.fork()
    if child == 0:
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, whose end ends us
            die_with(parent)
            ours.close()
            life(theirs)
        finally:
            os._exit(1)  # nothing of the parent's, such as its clean-up, may run here
    theirs.close()
    return ours, child


def end(pipe: Connection, child: int) -> int:
    """Ends a child; answers the status of one that had died by itself."""
    pipe.close()
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def die_with(parent: int, sign: signal.Signals = signal.SIGKILL) -> None:
    """Has this process signalled when its parent ends, where the system can tell (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(sign))
    if os.getppid() != parent:
        os._exit(1)
