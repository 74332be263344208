"""Ports of local servers: free, below the range that the system gives to clients, and the same at the next start."""

import json
import random
import socket
from pathlib import Path

from pipeline.errors import NewsroomError

RANGE = range(20000, 32768)
"""From 32768 Linux hands ports out to clients: a server that listens there finds its port in use now and then."""


def free_port(state: Path, name: str, preferred: int | None = None) -> int:
    """The port remembered in the state folder, the preferred one, or any: the first free one."""
    file = state / "ports.json"
    known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    others = {port for other, port in known.items() if other != name}
    wished = [port for port in (known.get(name), preferred) if port]
    found = next((port for port in (*wished, *random.sample(RANGE, 200)) if port not in others and free(port)), None)
    if found is None:
        raise NewsroomError(f"no free port on 127.0.0.1 between {RANGE.start} and {RANGE.stop} for {name}")
    if known.get(name) != found:
        state.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(known | {name: found}, indent=1))
    return found


def free(port: int) -> bool:
    """A server could listen there, on loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a closed one's port is free
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


def answers(port: int) -> bool:
    """Somebody listens there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
