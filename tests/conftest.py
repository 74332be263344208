"""Stores and servers that tests share: each server is started once, when first asked for."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.local.object_store import Kind, ObjectStore, minio, start_object_store
from pipeline.local.postgres import start_postgres
from pipeline.store import Store
from pipeline.store.folder import FolderStore

USED: set[str] = set()
"""What the tests ran on, for the last line."""


@pytest.fixture
def folder_store(tmp_path: Path) -> FolderStore:
    """An empty store in a folder of its own, checked."""
    store = FolderStore((tmp_path / "store").as_uri())
    store.check()
    USED.add("folder")
    return store


@pytest.fixture(scope="session")
def server_state() -> Iterator[Path]:
    """Where servers keep their state; others may enter, for PostgreSQL does not run as root."""
    folder = Path(tempfile.mkdtemp(prefix="newsroom-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def seaweedfs(server_state: Path) -> Iterator[ObjectStore]:
    yield from running("seaweedfs", server_state)


@pytest.fixture(scope="session")
def minio_server(server_state: Path) -> Iterator[ObjectStore]:
    if minio() is None:
        if os.environ.get("CI"):
            pytest.fail("CI tests on MinIO: run `make minio` first")
        pytest.skip("MinIO is not built: `make minio`")
    yield from running("minio", server_state)


def running(kind: Kind, state: Path) -> Iterator[ObjectStore]:
    with start_object_store(state / kind, kind) as server:
        USED.add({"minio": "MinIO", "seaweedfs": "SeaweedFS"}[kind])
        yield server


@pytest.fixture(scope="session")
def s3_server(request: pytest.FixtureRequest) -> ObjectStore:
    """A real S3 server: MinIO where it was built (in CI always), else SeaweedFS."""
    found: ObjectStore = request.getfixturevalue("minio_server" if minio() or os.environ.get("CI") else "seaweedfs")
    return found


@pytest.fixture(params=["folder", "seaweedfs", "minio_server"])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store of each kind, checked."""
    if request.param == "folder":
        folder: Store = request.getfixturevalue("folder_store")
        return folder
    server: ObjectStore = request.getfixturevalue(request.param)
    made = server.store(f"test-{uuid.uuid4().hex}")
    made.check()
    return made


@pytest.fixture(scope="session")
def postgres(server_state: Path) -> Iterator[str]:
    """The URL of a real PostgreSQL, for SQLAlchemy."""
    with start_postgres(server_state) as server:
        USED.add("PostgreSQL")
        yield server.url


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if USED:
        missing = "" if minio() else "; not MinIO, which is not built (make minio)"
        terminalreporter.write_line(f"Stores and databases used: {', '.join(sorted(USED))}{missing}")
