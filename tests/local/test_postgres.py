"""PostgreSQL from its wheel: started, used, stopped, killed and started again from the same state."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from pipeline.errors import NewsroomError
from pipeline.local.postgres import start_postgres

ROOT = os.geteuid() == 0


@pytest.fixture
def state() -> Iterator[Path]:
    """A folder that others may enter, unlike pytest's own: as root, PostgreSQL runs as somebody else."""
    folder = Path(tempfile.mkdtemp(prefix="newsroom-postgres-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def ask(url: str, *statements: str) -> Any:
    """The first value that the last statement gives."""
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        found = cursor.fetchone()
    connection.close()
    return found and found[0]


def test_postgres_goes_on_from_its_state(state: Path) -> None:
    with start_postgres(state) as server:
        url = server.url
        assert ask(url, "create table t (n int)", "insert into t values (7) returning n") == 7
        assert ask(url, "show server_encoding") == "UTF8"
    with start_postgres(state) as server:
        assert server.url == url
        assert ask(url, "update t set n = n + 1 returning n") == 8
        server.process.popen.kill()
    with start_postgres(state) as server:
        assert ask(server.url, "select n from t") == 8
        server.process.popen.kill()
    (state / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{state}/postgres\n")
    with start_postgres(state) as server:  # its number is ours by now
        assert ask(server.url, "select n from t") == 8


def test_postgres_wants_its_password(postgres: str, server_state: Path) -> None:
    assert ask(postgres, "select current_database()") == "airflow"
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        ask(postgres.replace("airflow:", "airflow:x"), "select 1")
    assert stat.S_IMODE((server_state / "postgres.password").stat().st_mode) == 0o600


def test_postgres_runs_once_a_state(postgres: str, server_state: Path) -> None:
    with pytest.raises(NewsroomError, match="postgres is running already"), start_postgres(server_state):
        pass
    assert ask(postgres, "select 1") == 1


@pytest.mark.skipif(not ROOT, reason="only root gives PostgreSQL to somebody else")
def test_postgres_of_root_says_which_folder_is_closed(state: Path) -> None:
    closed = state / "closed"
    closed.mkdir(mode=0o700)
    with (
        pytest.raises(NewsroomError, match=rf"nobody else may enter {closed}: .*chmod o\+x"),
        start_postgres(closed / "var"),
    ):
        pass


def test_postgres_that_was_half_made_is_made_anew(state: Path) -> None:
    (state / "postgres.new" / "base").mkdir(parents=True)
    with start_postgres(state) as server:
        assert ask(server.url, "select 1") == 1
    assert not (state / "postgres.new").exists()
