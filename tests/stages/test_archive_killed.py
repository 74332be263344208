"""An archive whose runs die, fail or are cleared: what is done again finds what was done, and a fault costs itself."""

import os
import signal
from collections import Counter
from pathlib import Path
from unittest.mock import Mock

import pytest

from pipeline import batches, landing, ledger
from pipeline.archives.places import ArchiveFile
from pipeline.documents import encode, key_of
from pipeline.errors import NotFound, StepBroken, StoreError
from pipeline.model import Taken
from pipeline.stages import archive, publish, verdict
from pipeline.store.folder import FolderStore
from tests.archives.made_up import spread
from tests.stages.crawls import ARTICLES, DAYS, NOW, asked, desk_of, documents, ended, rows, take


def test_archive_a_shard_done_again_finds_its_own(crawl: Path, whole: FolderStore, tmp_path: Path) -> None:
    """A task that dies while it lands, and its second try."""
    store = FolderStore(tmp_path.as_uri())
    desk = desk_of(store)
    run = archive.begin(desk, "archive test")
    (name,) = archive.plan(desk, run, asked(crawl))
    landed = 0

    def killed(stage: str, _: Taken) -> None:
        nonlocal landed
        landed += stage == "land"
        if landed == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archive.shard(desk, run, name, killed)
    assert 0 < len(documents(store)) < len(documents(whole))
    assert list(archive.plan(desk, run, asked(crawl))) == [name]
    archive.shard(desk, run, name)
    assert ended(desk, run).outcomes == ledger.runs(whole)[-1].outcomes
    assert (documents(store), rows(store)) == (documents(whole), rows(whole))


def test_archive_a_second_try_loses_only_what_newer_rules_have_taken_over(
    crawl: Path, whole: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStore(tmp_path.as_uri())
    desk = desk_of(store)
    run = archive.begin(desk, "archive test")
    (name,) = archive.plan(desk, run, asked(crawl))
    with monkeypatch.context() as dying:
        dying.setattr(archive, "warm", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            archive.shard(desk, run, name)
    cleaned = batches.read_taken(store, batches.work_key(run, name, "clean"))
    document = next(one.document for one in cleaned if one.document)
    store.put(str(key_of(document)._replace(edition="c99")), encode(document))
    lines = archive.shard(desk, run, name)
    assert {line.id for line in lines if line.outcome == "failed"} == {document.id}
    assert {key for key in documents(store) if document.id not in key} == {
        key for key in documents(whole) if document.id not in key
    }


def test_archive_a_run_whose_plan_failed_is_not_green(tmp_path: Path) -> None:
    desk = desk_of(FolderStore(tmp_path.as_uri()))
    run = archive.begin(desk, "archive test")
    assert publish.publish(desk, run).entries == 0
    assert "nothing was planned" in (verdict.verdict(desk, run) or "")


def test_archive_a_dead_run_is_closed_and_the_next_one_goes_on(
    crawl: Path, whole: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "SHARD", 10)
    store = FolderStore(tmp_path.as_uri())
    desk = desk_of(store)
    run = archive.begin(desk, "archive test")
    first, second, *_ = archive.plan(desk, run, asked(crawl))
    archive.shard(desk, run, second)
    publish.close_run(desk, run)
    dead = ledger.closed(store, run)
    assert dead
    assert dead.entries == sum(dead.outcomes.values()) == len(spread(ARTICLES, DAYS))
    assert "batches that died" in (verdict.verdict(desk, run) or "")
    assert first in (verdict.verdict(desk, run) or "")
    assert take(store, crawl).entries == dead.entries
    assert (documents(store), rows(store)) == (documents(whole), rows(whole))


def test_archive_a_page_that_kills_is_named_and_costs_nobody_else(
    crawl: Path, whole: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = archive.annotated

    def deadly(document, *more):  # type: ignore[no-untyped-def]
        if "case 7" in (document.title or ""):
            os.kill(os.getpid(), signal.SIGKILL)
        return honest(document, *more)

    monkeypatch.setattr(archive, "annotated", deadly)
    store = FolderStore(tmp_path.as_uri())
    run = take(store, crawl)
    failed = [line for line in ledger.read_run(store, run.run) if line.outcome == "failed"]
    assert [(line.url, line.reason, line.again_at) for line in failed] == [
        ("https://tern.example/2026/case-7", "enrich died: killed by SIGKILL", None)
    ]
    assert len(documents(store)) == len(documents(whole)) - 1


def test_archive_a_step_that_fails_on_many_stops_the_shard_before_it_lands(
    crawl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(document, *_):  # type: ignore[no-untyped-def]
        return document, {"topics": "ValueError: no table"}

    monkeypatch.setattr(archive, "annotated", broken)
    store = FolderStore(tmp_path.as_uri())
    desk = desk_of(store)
    run = archive.begin(desk, "archive test")
    (name,) = archive.plan(desk, run, asked(crawl))
    with pytest.raises(StepBroken, match="topics"):
        archive.shard(desk, run, name)
    assert documents(store) == {}


def test_archive_a_store_that_goes_away_is_no_records_fault(
    crawl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreError("the store is gone")

    store = FolderStore(tmp_path.as_uri())
    desk = desk_of(store)
    run = archive.begin(desk, "archive test")
    (name,) = archive.plan(desk, run, asked(crawl))
    monkeypatch.setattr(landing, "standing", away)
    with pytest.raises(StoreError, match="the store is gone"):
        archive.shard(desk, run, name)


def test_archive_a_run_that_was_cleared_while_it_was_open_is_closed_by_the_next(
    crawl: Path, folder_store: FolderStore
) -> None:
    """A trigger is of one run of Airflow alone; what other runs have open is left alone."""
    desk = desk_of(folder_store)
    names = [ledger.run_name(NOW, f"archive_rolls backfill {cleared}") for cleared in (0, 1)]
    other = archive.begin(desk, "archive_rolls backfill 2026-03-02", ledger.run_name(NOW, "other"))
    archive.begin(desk, "archive_rolls backfill 2026-03-01", names[0])
    planned = archive.plan(desk, names[0], asked(crawl))
    archive.begin(desk, "archive_rolls backfill 2026-03-01", names[1])
    assert set(ledger.open_runs(folder_store)) == {other, names[1]}
    closed = ledger.closed(folder_store, names[0])
    assert closed is not None
    assert closed.entries == sum(planned.values())
    assert set(closed.outcomes) == {"failed", "rejected"}
    assert list(archive.plan(desk, names[1], asked(crawl))) == list(planned)


def test_archive_a_file_that_may_be_read_no_more_costs_its_own_records(
    crawl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(FolderStore(tmp_path.as_uri()))
    run = archive.begin(desk, "archive test")
    (name,) = archive.plan(desk, run, asked(crawl))

    def refused(*_: object) -> None:
        raise NotFound(f"{crawl.as_uri()}: Permission denied")

    monkeypatch.setattr(ArchiveFile, "read", refused)
    reasons = Counter(line.reason for line in archive.shard(desk, run, name) if line.outcome == "failed")
    assert set(reasons) == {f"archive is gone: {crawl.as_uri()}"}
