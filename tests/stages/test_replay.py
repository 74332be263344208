"""Days replayed from what was kept: folders are lifted as a whole, and a second replay changes nothing."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline import captures, landing, ledger, tables
from pipeline.clean import clean, furniture
from pipeline.config import read
from pipeline.documents import parse
from pipeline.model import CaptureRef, Entry
from pipeline.stages import lift
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.lift import Wanted
from pipeline.stages.replay import Replay
from pipeline.store import Store
from pipeline.store.folder import FolderStore
from tests.stages.kept_days import (
    BRIDGE,
    COUNTER,
    DAY,
    FERRIES,
    FIRST,
    NOON,
    PAGES,
    SECOND,
    THIRD,
    articles,
    bucket,
    exchange,
    filled,
    html,
    ingest,
    keep,
    land,
    play,
    raise_rules,
    rows,
)


@pytest.fixture
def desk(folder_store: FolderStore) -> Desk:
    return filled(folder_store)


@pytest.fixture
def new_rules(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the desk has landed all: the counter is furniture now, and the number of the rules is raised."""
    raise_rules(monkeypatch)


def test_replay_by_the_same_rules_changes_nothing(desk: Desk) -> None:
    before = bucket(desk.store)
    sums = play(desk)
    assert (sums.articles, sums.captures, sums.changed, sums.kept) == (2, 6, 0, {})
    assert bucket(desk.store) == before


def test_replay_gives_what_an_ingest_by_the_new_rules_gives(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = filled(store)
    raise_rules(monkeypatch)
    fresh = filled(FolderStore(f"file://{tmp_path / 'fresh'}"))
    sums = play(desk)
    assert bucket(store, "documents/") == bucket(fresh.store, "documents/")
    assert (sums.changed, sums.documents_before, sums.documents_after, sums.texts, sums.lifted) == (2, 4, 3, 2, 1)
    for name in ("documents", "entities", "quotes"):
        assert rows(store, name) == rows(fresh.store, name)


@pytest.mark.usefixtures("new_rules")
def test_replay_a_second_time_changes_nothing(desk: Desk) -> None:
    assert play(desk).changed == 2
    before = bucket(desk.store)
    assert play(desk).changed == 0
    assert bucket(desk.store) == before


@pytest.mark.usefixtures("new_rules")
def test_replay_without_writing_writes_nothing(desk: Desk) -> None:
    before = bucket(desk.store)
    work = Replay(desk, Wanted(DAY, DAY, "clean"))
    sums = work.work_out()
    assert sums.texts == 2
    went = {(one.before.text.count("Shared"), one.after.text.count("Shared")) for one in sums.examples if one.before}
    assert went == {(1, 0)}
    assert bucket(desk.store) == before


@pytest.mark.usefixtures("new_rules")
def test_replay_is_a_run_that_took_nothing_up(desk: Desk) -> None:
    play(desk)
    (run,) = ledger.runs(desk.store)
    assert (run.trigger, run.entries, run.outcomes, run.replayed) == ("replay from clean", 0, {}, 2)
    assert run.ended_at


@pytest.mark.usefixtures("new_rules")
def test_replay_lifts_the_whole_folder_by_any_of_its_days(desk: Desk) -> None:
    assert play(desk, day=date(2026, 11, 23)).changed == 1
    bridge = next(key.id for key in map(parse, bucket(desk.store, "documents/")) if key and key.captured > "20261123")
    assert {key.edition for key in landing.listed(desk.store, bridge)} == {"c2"}


@pytest.mark.usefixtures("new_rules")
def test_replay_keys_without_a_capture_stand_and_say_what_the_first_says_now(desk: Desk) -> None:
    store = desk.store
    keep(store, [(Entry(source="tern", url=url), (exchange(url, minute, body),)) for url, minute, body in PAGES[:3]])
    sums = play(desk)
    assert sums.kept == {"no capture in raw/": 3}
    ferries = landing.history(store, next(a for a in articles(store) if len(landing.history(store, a)) == 4))
    assert [(key.edition, key.kind) for key in ferries] == [
        ("c2", "json"),
        ("c2", "seen"),
        ("c2", "json"),
        ("c2", "seen"),
    ]
    bridge = landing.history(store, next(a for a in articles(store) if len(landing.history(store, a)) == 2))
    assert [(key.edition, key.kind) for key in bridge] == [("c1", "json"), ("c1", "seen")]


@pytest.mark.usefixtures("new_rules")
def test_replay_finds_captures_whose_index_was_never_written(desk: Desk) -> None:
    for key in bucket(desk.store, "raw/"):
        if key.endswith(".cdxj"):
            desk.store.delete(key)
    sums = play(desk)
    assert (sums.changed, sums.kept) == (2, {})


@pytest.mark.usefixtures("new_rules")
def test_replay_a_page_that_is_gone_stays_gone(desk: Desk) -> None:
    (bridge,) = [a for a in articles(desk.store) if len(landing.listed(desk.store, a)) == 2]
    at = NOON + timedelta(days=1)
    gone = landing.gone(desk.store, bridge, at, "urn:uuid:00000009", "c1")
    play(desk)
    assert str(landing.history(desk.store, bridge)[-1]) == gone
    assert play(desk).changed == 0


def test_replay_cleans_the_body_of_a_feed_again(folder_store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = open_desk(read({}), folder_store)
    body = f"<p>{FIRST}</p><p>{SECOND}</p><p>{COUNTER.format(3)}</p>"
    keep(folder_store, [(Entry(source="tern", url=FERRIES, title="Ferries stop", body=body), ())])
    ingest(desk)
    raise_rules(monkeypatch)
    assert play(desk).texts == 1
    (key,) = bucket(folder_store, "documents/")
    assert "-f2-" in key


def test_replay_what_is_no_article_any_more_stays_and_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    raise_rules(monkeypatch)
    monkeypatch.setattr(furniture, "patterns", lambda where="": re.compile(".*"))
    before = bucket(desk.store, "documents/")
    sums = play(desk)
    assert sums.changed == 0
    assert sum(sums.kept.values()) == 6
    assert bucket(desk.store, "documents/") == before


def test_replay_rules_that_changed_under_their_number_change_nothing_and_are_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    raise_rules(monkeypatch, number=1)
    sums = play(desk)
    assert sums.changed == 0
    assert sums.kept == {lift.SAME_NUMBER: 4}


def test_replay_leaves_what_newer_rules_made(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as later:
        raise_rules(later)
        play(desk)
    before = bucket(desk.store, "documents/")
    assert play(desk).kept == {lift.NEWER: 6}
    assert bucket(desk.store, "documents/") == before


def test_replay_leaves_a_folder_that_newer_rules_began(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(desk.store, [(Entry(source="tern", url=BRIDGE), (exchange(BRIDGE, 240, html(THIRD, SECOND)),))], "001")
    with monkeypatch.context() as later:
        raise_rules(later, number=3)
        capture, entry = captures.read(desk.store, last_capture(desk.store))
        land(desk, clean(capture, entry or Entry(source="")))
    raise_rules(monkeypatch)
    assert play(desk).kept == {lift.NEWER: 3}
    (bridge,) = [a for a in articles(desk.store) if len(landing.listed(desk.store, a)) == 3]
    assert sorted(key.edition for key in landing.listed(desk.store, bridge)) == ["c1", "c1", "c3"]
    assert play(desk, "topics").kept == {lift.NEWER: 3}


def last_capture(store: Store) -> CaptureRef:
    key = max(key for key in bucket(store, "raw/") if key.endswith(".warc.gz"))
    return next(captures.scan(store.get(key).body, key=key))[0].ref


def test_replay_tells_no_change_of_ours_as_one_of_theirs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kinds(desk.store) == ["addition", "correction"]  # the line that was added, and the counter
    raise_rules(monkeypatch)
    play(desk)
    assert kinds(desk.store) == ["addition"]
    assert [(row["added"], row["edition"]) for row in tables.read(desk.store, "changes").to_pylist()] == [(1, "c2")]


def test_replay_a_line_that_goes_from_every_version_is_no_change(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = told(desk.store)
    raise_rules(monkeypatch)
    monkeypatch.setattr(furniture, "patterns", lambda where="": re.compile(re.escape(SECOND) if not where else "(?!)"))
    sums = play(desk)
    assert (sums.texts, sums.documents_before, sums.documents_after) == (3, 4, 4)
    assert told(desk.store) == before


def told(store: Store) -> list[tuple[object, ...]]:
    """The changes of all articles, without what names a version."""
    columns = ("id", "from_captured_at", "captured_at", "where", "added", "removed", "reworded", "moved")
    return [tuple(map(row.get, columns)) for row in tables.read(store, "changes").sort_by("captured_at").to_pylist()]


def kinds(store: Store) -> list[str]:
    return sorted(row["kind"] for row in tables.read(store, "changes").to_pylist())
