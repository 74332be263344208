"""A replay that is killed, or beside which others land, ends as an undisturbed one."""

from pathlib import Path

import pytest

from pipeline import landing, ledger, tables
from pipeline.config import read
from pipeline.documents import document_of, settled, turns
from pipeline.errors import RunClosed
from pipeline.stages.begin import begin
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.lift import Wanted
from pipeline.stages.replay import Replay
from pipeline.store import Store
from pipeline.store.folder import FolderStore
from tests.stages.kept_days import DAY, THIRD, Dies, articles, bucket, copy, filled, ingest, play, raise_rules, rows


@pytest.fixture
def desk(folder_store: FolderStore) -> Desk:
    return filled(folder_store)


def test_replay_killed_at_any_write_is_finished_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = filled(FolderStore(f"file://{tmp_path / 'store'}"))
    raise_rules(monkeypatch)
    undisturbed = copy(desk.store, tmp_path / "undisturbed")
    play(open_desk(read({}), undisturbed))
    for writes in range(0, 24, 4):
        dying = Dies(copy(desk.store, tmp_path / f"{writes}").url)
        dying.left = writes
        with pytest.raises(KeyboardInterrupt):
            play(open_desk(read({}), dying))
        store = FolderStore(dying.url)
        assert all(say(store, article) for article in articles(store)), writes
        play(open_desk(read({}), store))
        assert bucket(store, "documents/") == bucket(undisturbed, "documents/"), writes
        assert rows(store, "documents") == rows(undisturbed, "documents"), writes
        assert not ledger.open_runs(store)


def say(store: Store, article: str) -> bool:
    """Whether every version of which a change is told has its document, and the article says what it said last."""
    captures = landing.history(store, article)
    documents = {document_of(captures, key) for turn in turns(captures) for key in turn}
    latest = landing.latest(store, article)
    return all(key in captures for key in documents) and latest is not None and latest.text.endswith(THIRD)


class Beside(FolderStore):
    """A store in which another process lands the same captures at the n-th write of ours."""

    left = 0
    other: Desk

    def put_new(self, key: str, body: bytes) -> bool:
        self.left -= 1
        if self.left == 0:
            ingest(self.other)
        return super().put_new(key, body)


def test_replay_beside_a_live_ingest_ends_as_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = filled(FolderStore(f"file://{tmp_path / 'store'}"))
    raise_rules(monkeypatch)
    undisturbed = copy(desk.store, tmp_path / "undisturbed")
    play(open_desk(read({}), undisturbed))
    for writes in range(1, 9, 2):
        store = Beside(copy(desk.store, tmp_path / f"{writes}").url)
        store.left, store.other = writes, open_desk(read({}), FolderStore(store.url))
        play(open_desk(read({}), store))
        assert bucket(store, "documents/") == bucket(undisturbed, "documents/"), writes


def test_replay_a_dead_one_is_closed_by_whoever_takes_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = filled(FolderStore(f"file://{tmp_path / 'store'}"))
    raise_rules(monkeypatch)
    dying = Dies(copy(desk.store, tmp_path / "dies").url)
    dying.left = 8
    with pytest.raises(KeyboardInterrupt):
        play(open_desk(read({}), dying))
    store = FolderStore(dying.url)
    begin(open_desk(read({}), store), "cli", take_over=True)
    keys = {row["key"] for row in tables.read(store, "documents").to_pylist()}
    assert keys == {key for key, body in bucket(store, "documents/").items() if body and key in current(store)}
    assert [run.replayed for run in ledger.runs(store) if run.trigger.startswith("replay")] == [2]


def current(store: Store) -> set[str]:
    return {str(key) for article in articles(store) for key in settled(landing.listed(store, article))}


def test_replay_that_was_taken_over_stops(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    raise_rules(monkeypatch)
    work = Replay(desk, Wanted(DAY, DAY, "clean"))
    work.work_out()
    with pytest.raises(RunClosed):
        work.write(lambda _: play(desk))
    assert not ledger.open_runs(desk.store)
