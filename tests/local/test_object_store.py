"""The local S3 servers: on loopback alone, with credentials that stay, and with what they held after a kill."""

import json
import os
import stat
from pathlib import Path

import pytest

from pipeline.errors import NewsroomError
from pipeline.local.object_store import Kind, ObjectStore, minio, start_object_store, weed
from pipeline.local.ports import RANGE

LISTENS = "0A"
LOOPBACK = {"0100007F", "00000000000000000000000001000000"}


def listening(pid: int) -> set[tuple[str, int]]:
    """Addresses (as /proc writes them) and ports that a process listens on."""
    sockets = {str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink()}
    found = set()
    for table in ("tcp", "tcp6"):
        for row in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:]):
            if row[3] == LISTENS and f"socket:[{row[9]}]" in sockets:
                address, port = row[1].split(":")
                found.add((address, int(port, 16)))
    return found


@pytest.mark.parametrize("kind", ["seaweedfs", "minio_server"])
def test_object_store_listens_on_loopback_alone(request: pytest.FixtureRequest, kind: str) -> None:
    server: ObjectStore = request.getfixturevalue(kind)
    found = listening(server.process.popen.pid)
    assert found
    assert {address for address, _ in found} <= LOOPBACK
    assert all(port < RANGE.stop for _, port in found)


@pytest.mark.parametrize("kind", ["seaweedfs", "minio_server"])
def test_object_store_does_not_report_to_its_makers(request: pytest.FixtureRequest, kind: str) -> None:
    server: ObjectStore = request.getfixturevalue(kind)
    said = server.process.log.read_text()
    assert "telemetry" not in said
    assert "dl.min.io" not in said


@pytest.mark.parametrize("kind", ["seaweedfs", "minio"])
def test_object_store_goes_on_after_a_kill(kind: Kind, tmp_path: Path) -> None:
    if kind == "minio" and minio() is None and not os.environ.get("CI"):
        pytest.skip("MinIO is not built: `make minio`")
    with start_object_store(tmp_path, kind) as server:
        store = server.store()
        for n in range(50):
            store.put(f"k/{n}", b"%d" % n)
        server.process.popen.kill()
    with start_object_store(tmp_path, kind) as again:
        assert (again.endpoint, again.key, again.secret) == (server.endpoint, server.key, server.secret)
        assert [store.get(f"k/{n}").body for n in range(50)] == [b"%d" % n for n in range(50)]
    assert stat.S_IMODE((tmp_path / "object_store.json").stat().st_mode) == 0o600
    assert again.secret not in again.process.log.read_text()
    ports = json.loads((tmp_path / "ports.json").read_text()).values()
    assert not [left for port in ports for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock")]  # noqa: S108


def test_object_store_runs_once_a_state(s3_server: ObjectStore, server_state: Path) -> None:
    refused = pytest.raises(NewsroomError, match="is running already")
    with refused, start_object_store(server_state / s3_server.name, s3_server.name):
        pass
    s3_server.store().check()


def test_object_store_says_how_airflow_and_people_reach_it(s3_server: ObjectStore) -> None:
    connection = json.loads(s3_server.connection)
    assert connection["extra"]["endpoint_url"] == s3_server.endpoint
    assert (connection["login"], connection["password"]) == (s3_server.key, s3_server.secret)
    assert s3_server.browse.startswith(s3_server.console_url)
    assert s3_server.browse.endswith("/newsroom/{key}")


def test_object_store_that_is_not_installed_says_how_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.local.object_store.BUILT_MINIO", tmp_path / "none")
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (minio(), weed()) == (None, None)
    for kind, mend in (("minio", "make minio"), (None, "make install")):
        refused = pytest.raises(NewsroomError, match=f"is not installed: run `{mend}`")
        with refused, start_object_store(tmp_path, kind):
            pass
