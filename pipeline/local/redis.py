"""Redis, the broker between Airflow's scheduler and its Celery workers: the system's own, on loopback."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import NewsroomError
from pipeline.local.ports import answers, free_port
from pipeline.local.private import kept, write_private
from pipeline.local.processes import Process, Server

READY_SECONDS = 20


@contextmanager
def start_redis(state: Path) -> Iterator[Server]:
    """Redis with its messages in `state/redis`, where a next start finds them; raises `NewsroomError`."""
    program = shutil.which("redis-server")
    if program is None:
        raise NewsroomError("Redis is not installed: `apt-get install redis-server`, or as your system calls it")
    folder = state.absolute() / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    password = kept(folder / "password", lambda: secrets.token_hex(20))
    port = free_port(state, "redis")
    # In a file: words of a command are for everybody to see.
    settings = f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{folder}"\nappendonly yes\nsave ""\n'
    write_private(folder / "redis.conf", settings)
    with Process.start("redis", [program, folder / "redis.conf"], state / "logs" / "redis.log") as process:
        process.wait_until(lambda: answers(port), READY_SECONDS)
        yield Server(f"redis://:{password}@127.0.0.1:{port}/0", process)
