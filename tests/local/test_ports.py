"""Ports: free and remembered."""

import json
import socket
from pathlib import Path

import pytest

from pipeline.local.ports import RANGE, answers, free, free_port


@pytest.fixture
def taken() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def test_ports_are_below_those_of_clients_and_remembered(tmp_path: Path) -> None:
    first, second = free_port(tmp_path / "state", "one"), free_port(tmp_path / "state", "two")
    assert first in RANGE
    assert second in RANGE
    assert first != second
    assert (free_port(tmp_path / "state", "one"), free_port(tmp_path / "state", "two")) == (first, second)


def test_ports_give_way_to_who_listens_there(tmp_path: Path, taken: socket.socket) -> None:
    port = taken.getsockname()[1]
    (tmp_path / "ports.json").write_text(json.dumps({"one": port}))
    assert not free(port)
    assert answers(port)
    found = free_port(tmp_path, "one", port)
    assert found != port
    assert free_port(tmp_path, "one") == found


def test_ports_prefer_what_is_remembered_then_what_is_preferred(tmp_path: Path) -> None:
    liked = next(port for port in reversed(RANGE) if free(port))
    assert free_port(tmp_path, "one", liked) == liked
    assert free_port(tmp_path, "two", liked) != liked
    assert free_port(tmp_path, "one", 20000) == liked


def test_ports_that_are_none_are_not_free() -> None:
    assert not free(65536)
    assert not free(-1)
