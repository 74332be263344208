"""Redis from the system: behind a password, and with its messages where a next start finds them."""

import os
import shutil
from pathlib import Path

import pytest
import redis
from redis.exceptions import AuthenticationError

from pipeline.errors import NewsroomError
from pipeline.local.redis import start_redis


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    if shutil.which("redis-server") is None and not os.environ.get("CI"):
        pytest.skip("redis-server is not installed")


def test_redis_goes_on_from_its_state(tmp_path: Path) -> None:
    for said in (1, 2):
        with start_redis(tmp_path) as server, redis.Redis.from_url(server.url) as client:
            assert client.rpush("queue", "message") == said


def test_redis_keeps_messages_when_it_is_killed(tmp_path: Path) -> None:
    with start_redis(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        client.rpush("queue", "message")
        server.process.popen.kill()
        server.process.popen.wait()
    with start_redis(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        assert client.llen("queue") == 1


def test_redis_wants_its_password_which_no_command_shows(tmp_path: Path) -> None:
    with start_redis(tmp_path) as server:
        address = server.url.rpartition("@")[2]
        with redis.Redis.from_url(f"redis://{address}") as stranger, pytest.raises(AuthenticationError):
            stranger.ping()
        words = Path(f"/proc/{server.process.popen.pid}/cmdline").read_text()
        password = server.url.split(":")[2].partition("@")[0]
        assert password not in words
        assert (tmp_path / "redis" / "redis.conf").stat().st_mode & 0o077 == 0


def test_redis_that_is_missing_is_named_with_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(NewsroomError, match="Redis is not installed: `apt-get install redis-server`"),
        start_redis(tmp_path),
    ):
        pass
