"""`newsroom doctor` says what is misconfigured, in words, with the mend; each check can fail."""

import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline import doctor
from pipeline.config import Settings, read
from pipeline.doctor import House, examine
from pipeline.local.object_store import ObjectStore
from pipeline.rest import POOLS
from pipeline.store import Store, open_store
from pipeline.store.folder import FolderStore

PUBLIC = '[[source]]\nname = "tern"\nurl = "https://tern.example/feed"\n'
LOCAL = '[[source]]\nname = "demo"\nurl = "http://127.0.0.1:8600/feed"\nallow_hosts = ["127.0.0.1:8600"]\n'


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    path = tmp_path / "sources.toml"
    path.write_text(PUBLIC)
    return read({"NEWSROOM_SOURCES": str(path), "NEWSROOM_CONTACT": "desk@tern.example"})


def said(settings: Settings, store: Store, clock: Callable[[], datetime] = now) -> dict[str, str]:
    """What is wrong, by check."""
    return {found.check: found.said for found in examine(House(settings, store, clock)) if not found.ok}


def test_doctor_a_house_that_is_well_has_no_complaint(settings: Settings, store: Store) -> None:
    """On every kind of store; and nothing of the visit stays."""
    before = {listed.key for listed in store.keys("")}
    assert said(settings, store) == {}
    assert {listed.key for listed in store.keys("")} == before


def test_doctor_a_new_store_is_no_fault_and_is_not_begun(settings: Settings, tmp_path: Path) -> None:
    store = FolderStore((tmp_path / "new").as_uri())
    found = next(examine(House(settings, store, now)))
    assert (found.ok, "the first run begins it" in found.said) == (True, True)
    assert not list(store.keys(""))


def test_doctor_a_bucket_of_somebody_else_is_told(settings: Settings, tmp_path: Path) -> None:
    store = FolderStore((tmp_path / "theirs").as_uri())
    store.put("holiday/beach.jpg", b"x")
    found = said(settings, store)["store"]
    assert "is not Newsroom's: it holds holiday/beach.jpg" in found
    assert found.endswith("name a bucket or prefix of its own in NEWSROOM_STORE")


def test_doctor_a_store_of_another_release_is_told(settings: Settings, folder_store: FolderStore) -> None:
    folder_store.put("newsroom.json", b'{"layout": 99}')
    assert "use the release that wrote it" in said(settings, folder_store)["store"]


def test_doctor_a_store_that_does_not_answer_is_told_once(settings: Settings) -> None:
    found = said(settings, open_store("s3://nobodys", endpoint="http://127.0.0.1:9", key="a", secret="b"))
    assert list(found) == ["store"]
    assert "start the store" in found["store"]


@pytest.mark.parametrize(("key", "mend"), [("nobody", "correct AWS_ACCESS_KEY_ID"), (None, "create the bucket")])
def test_doctor_wrong_credentials_and_a_missing_bucket_are_told(
    settings: Settings, s3_server: ObjectStore, key: str | None, mend: str
) -> None:
    url = f"s3://{s3_server.bucket}" if key else "s3://nobodys"
    store = open_store(url, endpoint=s3_server.endpoint, key=key or s3_server.key, secret=s3_server.secret)
    assert mend in said(settings, store)["store"]


class Careless(FolderStore):
    """Writes whatever was there."""

    def put_new(self, key: str, body: bytes) -> bool:
        super().put(key, body)
        return True


def test_doctor_a_store_without_conditional_writes_is_told(settings: Settings, tmp_path: Path) -> None:
    store = Careless((tmp_path / "store").as_uri())
    assert "does not honour conditional writes" in said(settings, store)["store"]
    assert not list(store.keys("work/"))


@pytest.mark.parametrize(("off", "way"), [(90, "ahead of"), (-90, "behind")])
def test_doctor_a_clock_that_is_off_is_told(settings: Settings, store: Store, off: int, way: str) -> None:
    found = said(settings, store, lambda: now() + timedelta(seconds=off))["clock"]
    assert f" s {way} the store's: set it" in found


def test_doctor_a_disk_that_is_nearly_full_is_told(
    settings: Settings, folder_store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE", 10**18)
    found = said(settings, folder_store)["disk"]
    assert found.startswith("nearly full: ")
    assert str(folder_store.root) in found


@pytest.mark.parametrize(
    ("change", "check", "words"),
    [
        ({"contact": None}, "contact", "1 of 1 sources are not asked: set it"),
        ({"model": "no_such_model"}, "models", "the spaCy model no_such_model is not installed: install it"),
        ({"sources": (Path("/nowhere.toml"),)}, "sources", "/nowhere.toml"),
        (
            {"airflow": "http://ada:hunter2@127.0.0.1:9"},  # pragma: allowlist secret
            "airflow",
            "no answer from http://***@127.0.0.1:9",
        ),
    ],
)
def test_doctor_what_is_set_wrongly_is_told(
    settings: Settings, folder_store: FolderStore, change: dict[str, Any], check: str, words: str
) -> None:
    found = said(dataclasses.replace(settings, **change), folder_store)
    assert words in found[check]
    assert "hunter2" not in str(found)


def test_doctor_what_is_wrong_in_the_sources_file_is_told(settings: Settings, folder_store: FolderStore) -> None:
    settings.sources[0].write_text(f"{PUBLIC}colour = 1\n")
    assert "colour" in said(settings, folder_store)["sources"]


def test_doctor_a_demo_needs_no_contact(settings: Settings, folder_store: FolderStore) -> None:
    settings.sources[0].write_text(LOCAL)
    assert "contact" not in said(dataclasses.replace(settings, contact=None), folder_store)


WELL: dict[str, Any] = {
    "/auth/token": {"access_token": "t"},
    "/api/v2/monitor/health": {part: {"status": "healthy"} for part in doctor.PARTS},
    "/api/v2/pools": {"pools": [{"name": name} for name in POOLS]},
    "/api/v2/importErrors": {"import_errors": []},
}


@contextmanager
def airflow(answers: dict[str, Any]) -> Iterator[str]:
    """What an Airflow answers; tests/dags asks a real one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answers[self.path]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


BROKEN = {"filename": "ingest.py", "stack_trace": "Traceback\nImportError: no pipeline\n"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, None),
        ({"/api/v2/pools": {"pools": [{"name": "newsroom_cpu"}]}}, "airflow pools set newsroom_web 8 Newsroom"),
        ({"/api/v2/importErrors": {"import_errors": [BROKEN]}}, "ingest.py cannot be read: ImportError: no pipeline"),
        ({"/api/v2/monitor/health": {"metadatabase": {"status": "healthy"}}}, "scheduler is not running: start it"),
        ({"/auth/token": {}}, "no answer from"),
    ],
)
def test_doctor_what_ails_airflow_is_told(
    settings: Settings, folder_store: FolderStore, change: dict[str, Any], words: str | None
) -> None:
    with airflow(WELL | change) as url:
        found = said(dataclasses.replace(settings, airflow=url), folder_store)
    assert (found == {}) if words is None else words in found["airflow"]


def test_doctor_the_command_prints_a_line_a_check_and_ends_with_1_where_something_is_wrong(tmp_path: Path) -> None:
    from pipeline.cli.doctor import doctor as command

    store = FolderStore((tmp_path / "theirs").as_uri())
    store.put("holiday/beach.jpg", b"x")
    done = CliRunner().invoke(command, ["--store", store.url])
    assert done.exit_code == 1
    assert done.stdout.startswith(f"WRONG  store    {store.url} is not Newsroom's")
    found = [
        json.loads(line) for line in CliRunner().invoke(command, ["--store", store.url, "--json"]).stdout.splitlines()
    ]
    assert found[0]["check"] == "store"
    assert found[0]["ok"] is False
