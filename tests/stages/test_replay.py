"""Days replayed from what was kept: folders are lifted as a whole, and a second replay changes nothing."""

import dataclasses
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline import captures, landing, ledger, tables
from pipeline.clean import clean, clean_body, furniture, page
from pipeline.config import read
from pipeline.documents import Key, decode, document_of, encode, parse, settled, turns
from pipeline.errors import RunClosed, UsageError
from pipeline.model import Annotation, CaptureRef, Document, Entry, Exchange
from pipeline.stages import lift
from pipeline.stages.begin import begin
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.enrich import annotated
from pipeline.stages.lift import Wanted
from pipeline.stages.replay import Replay
from pipeline.stages.tally import Sums
from pipeline.steps import all_steps
from pipeline.store import Store
from pipeline.store.folder import FolderStore

NOON = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)
DAY = date(2026, 11, 22)
FERRIES, BRIDGE = "https://tern.example/harbour/ferries-stop-sailing", "https://tern.example/harbour/bridge-is-shut"
FIRST = "Crews on the ferries of Solvik voted to strike on Monday after talks over pay and rest hours broke down."
SECOND = "“We will stay in port until there is an offer,” said Ada Holm, who leads the union of the ferry crews."
THIRD = "The harbour office said that the line to Oslo would not sail before Thursday, whatever the crews decide."
COUNTER = "Shared {} times by readers of the Tern this week"


def html(*paragraphs: str) -> str:
    said = "".join(f"<p>{text}</p>" for text in paragraphs)
    return f"<html lang=en><title>Ferries stop</title><body><main><article>{said}</article></main></body></html>"


def exchange(url: str, minute: int, body: str) -> Exchange:
    kind = (("Content-Type", "text/html; charset=utf-8"),)
    return Exchange(
        url=url,
        at=NOON + timedelta(minutes=minute),
        request_headers=(),
        status=200,
        reason="OK",
        headers=kind,
        payload=body.encode(),
    )


PAGES = [
    (FERRIES, 0, html(FIRST, SECOND, COUNTER.format(4))),
    (FERRIES, 60, html(FIRST, SECOND, COUNTER.format(17))),  # a version by the old rules
    (FERRIES, 120, html(FIRST, SECOND, COUNTER.format(17), THIRD)),
    (FERRIES, 180, html(FIRST, SECOND, COUNTER.format(17), THIRD)),
    (BRIDGE, 0, html(SECOND, THIRD)),
    (BRIDGE, 13 * 60, html(SECOND, THIRD)),  # the day after, by a run of the day
]


def keep(store: Store, items: Iterable[tuple[Entry, tuple[Exchange, ...]]], name: str = "000") -> None:
    stem = f"raw/date=2026-11-22/20261122T110000Z-ab12-{name}"
    written = captures.write(items, key=f"{stem}.warc.gz", now=NOON)
    store.put(f"{stem}.warc.gz", written.warc)
    store.put(f"{stem}.cdxj", written.cdxj)


def ingest(desk: Desk) -> None:
    """Lands whatever raw/ holds by the present rules, in the order of its captures."""
    found = []
    for listed in desk.store.keys("raw/"):
        if listed.key.endswith(".warc.gz"):
            found += captures.scan(desk.store.get(listed.key).body, key=listed.key)
    for kept, entry in sorted(found, key=lambda one: one[0].at):
        capture, _ = captures.read(desk.store, kept.ref)
        assert entry
        made = clean_body(entry, capture) if entry.body else clean(capture, entry)
        land(desk, made)


def land(desk: Desk, made: Document) -> None:
    if landing.known(desk.store, made):
        landing.see(desk.store, made)
    else:
        landing.land(desk.store, annotated(made, all_steps(), desk.parser)[0])


@pytest.fixture
def desk(folder_store: FolderStore) -> Desk:
    return filled(folder_store)


def filled(store: Store) -> Desk:
    desk = open_desk(read({}), store)
    keep(store, [(Entry(source="tern", url=url), (exchange(url, minute, body),)) for url, minute, body in PAGES])
    ingest(desk)
    tables.publish_articles(store, articles(store))
    return desk


def articles(store: Store) -> set[str]:
    return {key.id for listed in store.keys("documents/") if (key := parse(listed.key))}


def play(desk: Desk, start: str | None = "clean", day: date = DAY) -> Sums:
    work = Replay(desk, Wanted(day, day, start))
    sums = work.work_out()
    work.write()
    return sums


@pytest.fixture
def new_rules(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the desk has landed all: the counter is furniture now, and the number of the rules is raised."""
    raise_rules(monkeypatch)


def raise_rules(monkeypatch: pytest.MonkeyPatch, number: int = 2) -> None:
    pattern = re.compile(COUNTER.format(r"\d+"))
    monkeypatch.setattr(furniture, "patterns", lambda where="": re.compile("(?!)") if where else pattern)
    monkeypatch.setattr(page, "RULES", number)
    monkeypatch.setattr(lift, "RULES", number)


def bucket(store: Store, prefix: str = "") -> dict[str, bytes]:
    return {listed.key: store.get(listed.key).body for listed in store.keys(prefix)}


def rows(store: Store, name: str) -> list[str]:
    return sorted(repr(row) for row in tables.read(store, name).to_pylist())


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


class Dies(FolderStore):
    """A store whose process is killed at its n-th write."""

    left = 0

    def count(self) -> None:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1

    def put(self, key: str, body: bytes) -> str:
        self.count()
        return super().put(key, body)

    def put_new(self, key: str, body: bytes) -> bool:
        self.count()
        return super().put_new(key, body)

    def delete(self, key: str) -> None:
        self.count()
        super().delete(key)


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


def copy(store: Store, to: Path) -> FolderStore:
    made = FolderStore(f"file://{to}")
    for key, body in bucket(store).items():
        made.put(key, body)
    return made


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


def relabel(store: Store, layer: str, **more: object) -> None:
    """Every document as if something else had made the layer."""
    for key, body in bucket(store, "documents/").items():
        if body:
            made = decode(body)
            other = Annotation(**({"version": 1, "model": "old", "value": []} | more))  # type: ignore[arg-type]
            store.put(key, encode(replace(made, annotations={**made.annotations, layer: other})))


@pytest.mark.parametrize("start", ["topics", "clean"])
@pytest.mark.parametrize("old", [{"version": 0}, {"model": "a" * 4000}, {"model": "m", "value": [{"id": "x"}]}])
def test_replay_makes_only_the_stale_layer_anew(desk: Desk, start: str, old: dict[str, object]) -> None:
    before = bucket(desk.store, "documents/")
    relabel(desk.store, "topics", **old)
    sums = play(desk, start)
    assert sums.layers == {"topics": 4}
    assert bucket(desk.store, "documents/") == before
    assert play(desk, start).changed == 0


def test_replay_runs_what_depends_on_a_step(desk: Desk) -> None:
    before = bucket(desk.store, "documents/")
    relabel(desk.store, "quotes")
    relabel(desk.store, "summary")
    relabel(desk.store, "topics")
    sums = play(desk, "quotes")
    assert sums.layers == {"quotes": 4, "summary": 4}
    relabel(desk.store, "quotes")
    assert play(desk).layers == {"quotes": 4, "topics": 4}
    assert bucket(desk.store, "documents/") == before


def test_replay_leaves_a_layer_that_a_newer_step_made(desk: Desk) -> None:
    relabel(desk.store, "topics", version=99)
    before = bucket(desk.store)
    assert play(desk).changed == play(desk, "topics").changed == 0
    assert bucket(desk.store) == before


def test_replay_of_a_step_takes_the_documents_of_its_days(desk: Desk) -> None:
    relabel(desk.store, "topics")
    assert play(desk, "topics", date(2026, 11, 23)).changed == 0


def test_replay_names_the_steps_it_does_not_know(desk: Desk) -> None:
    with pytest.raises(UsageError, match="no step is named nothing"):
        play(desk, "nothing")


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


def test_replay_keeps_the_layer_of_a_step_that_fails(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    relabel(desk.store, "topics", version=0)
    before = bucket(desk.store)

    def broken(_: object) -> None:
        raise ValueError("no vectors")

    steps = tuple(dataclasses.replace(s, run=broken) if s.name == "topics" else s for s in all_steps())
    monkeypatch.setattr(lift, "all_steps", lambda: steps)
    sums = play(desk)
    assert (sums.changed, sums.failed) == (0, {"topics": 4})
    assert bucket(desk.store) == before


VERSIONS = st.sampled_from(["a" * 16, "b" * 16, "d" * 16])


@given(says=st.lists(VERSIONS, min_size=1, max_size=7), again=st.dictionaries(st.integers(0, 6), VERSIONS))
def test_target_keeps_every_capture_and_no_seen_without_its_document(says: list[str], again: dict[int, str]) -> None:
    """`again`: what some of the captures say by the new rules; the others could not be cleaned."""
    captured = [
        Key(f"20261122T1200{n:02}Z", f"{n:08}", "c1", version, "json", "0" * 20) for n, version in enumerate(says)
    ]
    have = settled(captured)
    made = {
        captured[n].moment: captured[n]._replace(edition="c2", version=v) for n, v in again.items() if n < len(says)
    }
    want = lift.target(have, sorted(have), made)
    assert {key.moment for key in want} == {key.moment for key in have}
    assert len(want) == len(have)
    first = {key.said: key.moment for key in want if key.kind == "json"}
    assert all(first[key.said] < key.moment for key in want if key.kind == "seen")
    assert all(key.said == made[key.moment].said for key in want if key.moment in made)
    assert lift.target(want, sorted(want), made) == want
