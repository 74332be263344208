"""`newsroom archive` as a person runs it: over every odd file that there is, and stopped in the middle."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipeline import ledger
from pipeline.store.folder import FolderStore
from tests.archives.made_up import spread, warc
from tests.archives.test_warc_conformance import NOT_BY_WARCIO
from tests.shared import shared
from tests.watched import family, newsroom, started

NOW = "2026-11-24T10:15:00Z"


def documents(store: FolderStore) -> dict[str, bytes]:
    return {one.key: store.get(one.key).body for one in store.keys("documents/")}


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return warc(tmp_path_factory.mktemp("crawl") / "crawl.warc.gz", spread(60, 3))


@pytest.fixture(scope="module")
def whole(crawl: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    store = FolderStore(tmp_path_factory.mktemp("whole").as_uri())
    assert newsroom("archive", str(crawl), "--now", NOW, "--store", store.url).status == 0
    return documents(store)


def once(store: FolderStore, ending: str) -> Iterator[None]:
    """Waits until the run has written something."""
    while not any(one.key.endswith(ending) for one in store.keys("work/")):
        time.sleep(0.02)
        yield


@pytest.mark.parametrize(
    ("number", "when"),
    [
        (signal.SIGTERM, "plan.json"),
        (signal.SIGINT, ".plan.jsonl"),
        (signal.SIGTERM, ".clean.jsonl"),
        (signal.SIGINT, ".clean.jsonl"),
    ],
)
def test_archive_is_stopped_with_a_word_and_no_orphan_and_goes_on(
    crawl: Path, whole: dict[str, bytes], tmp_path: Path, number: signal.Signals, when: str
) -> None:
    store = FolderStore(tmp_path.as_uri())
    words = ("archive", str(crawl), "--processes", "2", "--now", NOW, "--store", store.url)
    process = started(*words)
    for _ in once(store, when):
        assert process.poll() is None
    everybody = family(process.pid)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    out, err = process.communicate()
    (run,) = ledger.open_runs(store)
    said = f"newsroom: run {run} was stopped and stays open: the same command with --take-over goes on\n"
    assert (process.returncode, out, err) == (1, "", said)
    assert psutil.wait_procs(everybody, timeout=30)[1] == []
    again = newsroom(*words, "--take-over")
    assert (again.status, again.err) == (0, "")
    assert not ledger.open_runs(store)
    assert documents(store) == whole


@pytest.mark.shared
def test_archive_takes_every_odd_file_and_only_what_is_broken_fails(tmp_path: Path) -> None:
    store = FolderStore(tmp_path.as_uri())
    places = [str(shared(f"data/{name}")) for name in ("C_warc/conformance", "B_wire_formats")]
    done = newsroom("archive", *places, "--processes", "2", "--store", store.url)
    assert (done.status, done.err) == (0, "")
    (run,) = ledger.runs(store)
    lines = list(ledger.read_run(store, run.run))
    assert run.entries == sum(run.outcomes.values()) == len(lines) > 569
    assert len({line.queued_as for line in lines}) == len(lines)
    failed = Counter[str]()
    for line in lines:
        if line.outcome == "failed":
            assert line.capture
            assert line.reason
            assert line.reason.startswith("broken record: ")
            assert line.reason.endswith(f": {line.capture.key} at {line.capture.offset}")
            failed[line.capture.key.rpartition("/")[2]] += "revisit" not in line.reason
    assert +failed == {name: failed[name] for name in NOT_BY_WARCIO}
    assert run.outcomes["landed"] > 100
