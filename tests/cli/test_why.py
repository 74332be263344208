"""`newsroom why` and `newsroom runs`, on a run over the demo; and a run that is killed and taken over."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.local.demo import Demo, start_demo

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-11-24T10:15:00Z"
CODE = "from pipeline.cli import main; main()"


def call(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", CODE, *words], capture_output=True, text=True, check=False, cwd=ROOT)


class Place:
    """A store with one run in it, and the demo that it came from."""

    def __init__(self, demo: Demo, folder: Path) -> None:
        self.demo, self.folder = demo, folder
        self.store = ("--store", (folder / "store").as_uri())
        (folder / "sources.toml").write_text(demo.declared)
        self.ingest = ("ingest", "--sources", str(folder / "sources.toml"), *self.store)

    def lines(self) -> list[dict[str, Any]]:
        paths = sorted((self.folder / "store").glob("ledger/**/*.jsonl"))
        return [json.loads(line) for path in paths for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("why")
    with start_demo(folder) as demo:
        found = Place(demo, folder)
        done = call(*found.ingest, "--now", NOW)
        assert done.returncode == 0, done.stderr
        assert "documents landed in" in done.stdout
        yield found


def test_why_says_what_became_of_an_entry_by_any_of_its_urls(place: Place) -> None:
    line = next(line for line in place.lines() if line["outcome"] == "landed")
    for name in (line["url"], line["url"] + "#top", line["id"]):
        done = call("why", name, "--json", *place.store)
        [said] = [json.loads(found) for found in done.stdout.splitlines()]
        assert (said["outcome"], said["key"]) == ("landed", line["key"])


def test_why_says_why_there_is_no_document(place: Place) -> None:
    for line in place.lines():
        if line["outcome"] == "rejected":
            assert line["reason"] in call("why", line["url"], *place.store).stdout


def test_why_knows_nothing_of_a_stranger(place: Place) -> None:
    done = call("why", "https://tern.example/nowhere", *place.store)
    assert done.returncode == 1
    assert done.stderr.startswith("newsroom: no entry")


def test_runs_lists_and_sums_up(place: Place) -> None:
    [run] = [json.loads(line) for line in call("runs", "--json", *place.store).stdout.splitlines()]
    assert run["entries"] == len(place.lines())
    assert run["run"] in call("runs", *place.store).stdout
    assert "tern-herald" in call("runs", run["run"], *place.store).stdout


def test_runs_knows_no_stranger(place: Place) -> None:
    assert call("runs", "nonsense", *place.store).returncode == 2


@pytest.mark.parametrize("stage", ["plan", "fetch", "clean", "topics"])
def test_ingest_killed_and_taken_over_ends_as_an_undisturbed_run(place: Place, tmp_path: Path, stage: str) -> None:
    killed = Place(place.demo, tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, *killed.ingest, "--now", NOW], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    ends = time.monotonic() + 60
    while process.poll() is None and not list(tmp_path.glob(f"store/work/*/*.{stage}.jsonl")):
        assert time.monotonic() < ends
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = call(*killed.ingest, "--take-over", "--all", "--now", "2026-11-24T10:30:00Z")
    assert done.returncode == 0, done.stderr
    ids = {line["id"] for line in killed.lines() if line["outcome"] in ("landed", "unchanged")}
    assert ids == {line["id"] for line in place.lines() if line["outcome"] == "landed"}
    assert not list(tmp_path.glob("store/work/open/*.json"))
