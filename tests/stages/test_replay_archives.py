"""What archives hold is replayed from them, as an archive taken by the new rules would be."""

import gzip
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.config import read
from pipeline.documents import parse
from pipeline.stages import archive
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.lift import ANOTHER, Wanted
from pipeline.stages.publish import publish
from pipeline.stages.replay import Replay
from pipeline.stages.tally import Sums
from pipeline.stages.verdict import verdict
from pipeline.store import Store
from pipeline.store.folder import FolderStore
from tests.archives.made_up import page as made_up
from tests.archives.made_warc import address, http, record
from tests.stages.kept_days import COUNTER, FIRST, SECOND, THIRD, bucket, html, raise_rules

DAY = date(2026, 11, 3)
FILED = datetime(2026, 11, 3, 7, tzinfo=UTC)
AGENCY = {
    "uri": "urn:newsml:tern.example:20261103:ferries",
    "type": "text",
    "version": "1",
    "versioncreated": "2026-11-03T06:00:00Z",
    "headline": "Ferries stop",
    "body_html": f"<p>{FIRST}</p><p>{SECOND}</p><p>{COUNTER.format(3)}</p>",
}


def lines(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def page(number: int) -> dict[str, object]:
    at = f"2026-11-03T0{number}:00:00Z"
    url = "https://tern.example/harbour/ferries-stop-sailing"
    return {"url": url, "captured_at": at, "html": html(FIRST, SECOND, COUNTER.format(number), *[THIRD][: number // 3])}


TEXT = {
    "id": 4711,
    "captured_at": "2026-11-03T05:00:00Z",
    "title": "Shut",
    "text": f"{SECOND}\n{THIRD}\n{COUNTER.format(5)}",
}


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """Five captures of a page in a packed file of lines, a text, a page of a folder, and an item of an agency."""
    root = tmp_path / "exports"
    (root / "pages").mkdir(parents=True)
    (root / "pages" / "bridge-is-shut.html").write_text(html(SECOND, THIRD, COUNTER.format(9)))
    (root / "ferries.jsonl.gz").write_bytes(gzip.compress(lines(*map(page, range(5))).encode(), mtime=0))
    (root / "texts.jsonl").write_text(lines(TEXT))
    (root / "agency.json").write_text(json.dumps(AGENCY))
    for path in root.rglob("*.*"):
        os.utime(path, (FILED.timestamp(), FILED.timestamp()))
    return root


def taken(store: Store, root: Path) -> Desk:
    """A desk whose store has all that the exports hold."""
    desk = open_desk(read({}), store)
    run = archive.begin(desk, "archive")
    for name in archive.plan(desk, run, archive.wanted(desk, places=[str(root)])):
        archive.shard(desk, run, name)
    publish(desk, run)
    assert verdict(desk, run) is None
    return desk


def play(desk: Desk, start: str | None = None) -> Sums:
    work = Replay(desk, Wanted(DAY, DAY, start))
    sums = work.work_out()
    work.write()
    return sums


def test_replay_archives_gives_what_an_ingest_by_the_new_rules_gives(
    store: Store, exports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = taken(store, exports)
    assert play(desk, "clean").changed == 0
    raise_rules(monkeypatch)
    fresh = taken(FolderStore(f"file://{tmp_path / 'fresh'}"), exports)
    sums = play(desk)
    assert (sums.articles, sums.captures, sums.changed, sums.kept) == (4, 8, 4, {})
    assert bucket(store, "documents/") == bucket(fresh.store, "documents/")
    assert {key.edition for key in map(parse, bucket(store, "documents/")) if key} == {"c2", "f2"}
    assert {key: b"Shared" in body for key, body in bucket(store, "documents/").items() if b"Shared" in body} == {}


def test_replay_archives_that_are_gone_leave_their_keys(
    folder_store: FolderStore, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = taken(folder_store, exports)
    (exports / "ferries.jsonl.gz").unlink()
    raise_rules(monkeypatch)
    sums = play(desk)
    assert sums.kept == {f"archive is gone: {(exports / 'ferries.jsonl.gz').as_uri()}": 5}
    assert sums.changed == 3
    assert play(desk).changed == 0


def test_replay_archives_a_capture_of_the_same_name_and_second_is_not_taken_for_another_articles(
    folder_store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys hold eight digits of a record's id: of a million captures of one second, some hundred share theirs."""
    told = {"date": "2026-11-03T06:00:00Z"}
    first, second = (record(1, http(made_up(n)), url=address(n), **told) for n in (1, 2))  # one record id for both
    (tmp_path / "crawl.warc").write_bytes(first + second)
    desk = taken(folder_store, tmp_path / "crawl.warc")
    before = bucket(folder_store, "documents/")
    assert len(before) == 2
    raise_rules(monkeypatch)
    sums = play(desk)
    assert (sums.changed, sums.kept) == (1, {ANOTHER: 1})
    after = {parse(key).id: body for key, body in bucket(folder_store, "documents/").items()}  # type: ignore[union-attr]
    for key, body in before.items():
        title = json.loads(body)["title"]
        assert json.loads(after[parse(key).id])["title"] == title  # type: ignore[union-attr]
