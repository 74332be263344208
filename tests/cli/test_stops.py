"""A run whose store, model or steps are gone stops early, and says so in one line with the mend."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import batches, ledger, polls
from pipeline.cli import ingest as command
from pipeline.cli.ingest import one_run
from pipeline.config import moment, read
from pipeline.errors import StepsGone, StoreError
from pipeline.local.demo import Demo, start_demo
from pipeline.stages import begin, discover, plan
from pipeline.stages.batch import work
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.publish import publish
from pipeline.stages.verdict import verdict
from pipeline.store import Stored
from pipeline.store.folder import FolderStore

ROOT = Path(__file__).resolve().parents[2]
CODE = "from pipeline.cli import main; main()"
NOW = "2026-11-24T10:15:00Z"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with start_demo(tmp_path_factory.mktemp("demo")) as site:
        yield site


@pytest.fixture
def sources(demo: Demo, tmp_path: Path) -> Path:
    path = tmp_path / "sources.toml"
    path.write_text(demo.declared)
    return path


def ingest(sources: Path, store: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    words = ["ingest", "--sources", str(sources), "--store", store, "--now", NOW]
    return subprocess.run(
        [sys.executable, "-c", CODE, *words],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


def desk_on(store: FolderStore, sources: Path, **environ: str) -> Desk:
    return open_desk(read(environ), store, [sources], moment(NOW))


def test_stops_before_anything_is_fetched_where_the_model_is_missing(sources: Path, tmp_path: Path) -> None:
    done = ingest(sources, (tmp_path / "store").as_uri(), NEWSROOM_SPACY_MODEL="no_such_model")
    assert done.returncode == 1
    assert done.stderr == (
        "newsroom: the spaCy model no_such_model is not installed: install it, or correct NEWSROOM_SPACY_MODEL\n"
    )
    assert not (tmp_path / "store").exists()


def test_stops_before_anything_is_fetched_where_the_bucket_is_unreachable(sources: Path) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    done = ingest(sources, "s3://nobodys", **keys)
    assert done.returncode == 1
    assert done.stderr.startswith("newsroom: s3://nobodys: no answer from http://127.0.0.1:9")
    assert "start the store" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_stops_at_the_first_batch_where_a_model_cannot_be_loaded(sources: Path, tmp_path: Path) -> None:
    (tmp_path / "empty_model").mkdir()
    store = FolderStore((tmp_path / "store").as_uri())
    done = ingest(sources, store.url, NEWSROOM_SPACY_MODEL=str(tmp_path / "empty_model"))
    assert done.returncode == 1
    assert "batch 000: step " in done.stderr
    assert " cannot work: [E0" in done.stderr
    assert "Traceback" not in done.stderr
    lines = list(ledger.seen(store))
    died = [line for line in lines if line.reason and line.reason.startswith("names_and_quotes: step ")]
    assert len(died) > 5
    assert all(line.outcome == "failed" and line.again_at for line in died), "pending again: none of it is lost"


class Gone(FolderStore):
    """A store that answers until a key of this name is asked for, then never again."""

    at = ""
    answers = True

    def get(self, key: str) -> Stored:
        if self.at and self.at in key:
            self.answers = False
        if not self.answers:
            raise StoreError(f"{self.url}: no answer: start the store")
        return super().get(key)

    def check_answers(self, key: str) -> None:
        if not self.answers:
            raise StoreError(f"{self.url}: no answer to {key}: start the store")

    def put(self, key: str, body: bytes) -> str:
        self.check_answers(key)
        return super().put(key, body)

    def put_new(self, key: str, body: bytes) -> bool:
        self.check_answers(key)
        return super().put_new(key, body)


@pytest.mark.parametrize("at", ["sources/", "plan.json", "000.fetch.jsonl", "000.clean.jsonl"])
def test_stops_in_the_middle_where_the_store_goes(sources: Path, tmp_path: Path, at: str) -> None:
    store = Gone((tmp_path / "store").as_uri())
    store.at = at
    with pytest.raises(StoreError) as raised:
        one_run(desk_on(store, sources), (), everything=True, take_over=False)
    said = str(raised.value)
    assert said.startswith("run 20261124T101500Z-")
    assert "stops and stays open: " in said
    assert said.endswith("newsroom ingest --take-over ends it once the store answers")
    store.at, store.answers = "", True
    if at != "000.fetch.jsonl":
        return
    _, complaint = one_run(desk_on(store, sources), (), everything=True, take_over=True)
    assert complaint is None
    assert not ledger.open_runs(store)


def test_stops_other_batches_before_they_fetch_where_every_step_is_gone(sources: Path, tmp_path: Path) -> None:
    """As tasks of Airflow, which know nothing of each other."""
    (tmp_path / "empty_model").mkdir()
    store = FolderStore((tmp_path / "store").as_uri())
    desk = desk_on(store, sources, NEWSROOM_SPACY_MODEL=str(tmp_path / "empty_model"))
    run, _ = begin.begin(desk, "ingest manual")
    discover.discover(desk, run, discover.due(desk, run))
    [batch, *_] = plan.plan(desk, run, desk.sources)
    other = batches.work_key(run, "777", "plan")
    store.put(other, store.get(batches.work_key(run, batch, "plan")).body)
    work(desk, run, batch, "fetch")
    work(desk, run, batch, "clean")
    with pytest.raises(StepsGone):
        work(desk, run, batch, "names_and_quotes")
    raw = [listed.key for listed in store.keys("raw/")]
    with pytest.raises(StepsGone, match=r"the run stops: step .* cannot work"):
        work(desk, run, "777", "fetch")
    assert [listed.key for listed in store.keys("raw/")] == raw
    publish(desk, run)
    assert "batches that died: 000" in (verdict(desk, run) or "")


def test_stops_nothing_where_the_ledger_does_not_add_up_but_says_so(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue of a source is emptied by other hands before the run is closed."""
    store = FolderStore((tmp_path / "store").as_uri())
    desk = desk_on(store, sources)
    spoilt = min(desk.sources)
    whole = command.work

    def spoiling(desk: Desk, run: str, batches: list[str]) -> list[str]:
        found = whole(desk, run, batches)
        store.put(polls.state_key(spoilt), json.dumps({"name": spoilt, "last_poll": {"run": run, "at": NOW}}).encode())
        return found

    monkeypatch.setattr(command, "work", spoiling)
    _, complaint = one_run(desk, (), everything=True, take_over=False)
    assert complaint
    assert complaint.startswith(f"the ledger does not add up: {spoilt}: ")
    assert " gone from the queue: http://127.0.0.1" in complaint
    listed = subprocess.run(
        [sys.executable, "-c", CODE, "sources", "list", "--sources", str(sources), "--store", store.url],
        env={**os.environ, "COLUMNS": "300"}, capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert f"{spoilt}: the ledger does not add up: " in listed.stdout
    assert listed.stdout.count("does not add up") == 1
