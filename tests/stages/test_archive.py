"""An archive through all stages: the same documents however it is cut, ordered, stored or run, and nothing twice."""

import gzip
import json
import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from backports import zstd

from pipeline import batches, captures, ledger, tables
from pipeline.archives import index_lines, indexes
from pipeline.archives.indexes import Wanted
from pipeline.archives.places import ArchiveFile
from pipeline.archives.revisits import NOT_HERE
from pipeline.config import moment, read
from pipeline.documents import encode, key_of
from pipeline.errors import NotFound, StepBroken, StoreError, UsageError
from pipeline.ledger import Run
from pipeline.model import Taken
from pipeline.rows import ARTICLE_TABLES
from pipeline.stages import archive, publish, verdict
from pipeline.stages.desk import Desk, open_desk
from pipeline.store import Store
from pipeline.store.folder import FolderStore
from tests.archives.made_up import DAY, exchange, page, spread, warc
from tests.archives.made_warc import address, http, record

NOW = moment("2026-11-24T10:15:00Z")
ARTICLES, DAYS = 45, 3


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return warc(tmp_path_factory.mktemp("crawl") / "crawl.warc.gz", spread(ARTICLES, DAYS))


def desk_of(store: Store) -> Desk:
    return open_desk(read({}), store, (), NOW)


def take(store: Store, *places: str | Path, first: date | None = None, last: date | None = None) -> Run:
    desk = desk_of(store)
    run = archive.begin(desk, "archive test")
    for name in archive.plan(desk, run, asked(*places, first=first, last=last)):
        archive.shard(desk, run, name)
    return ended(desk, run)


def ended(desk: Desk, run: str) -> Run:
    closed = publish.publish(desk, run)
    assert verdict.verdict(desk, run) is None
    return closed


def asked(*places: str | Path, first: date | None = None, last: date | None = None) -> Wanted:
    return Wanted(source="archive", places=tuple(map(str, places)), first=first, last=last)


def documents(store: Store) -> dict[str, bytes]:
    return {one.key: store.get(one.key).body for one in store.keys("documents/")}


def rows(store: Store) -> dict[str, list[str]]:
    return {name: sorted(map(repr, tables.read(store, name).to_pylist())) for name in ARTICLE_TABLES}


@pytest.fixture(scope="module")
def whole(crawl: Path, tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    """What the archive gives undisturbed."""
    store = FolderStore(tmp_path_factory.mktemp("whole").as_uri())
    take(store, crawl)
    return store


def test_archive_every_record_has_its_outcome(whole: FolderStore) -> None:
    (run,) = ledger.runs(whole)
    said = Counter((line.outcome, line.reason) for line in ledger.read_run(whole, run.run))
    again, changed = len(range(0, ARTICLES, 10)), len(range(0, ARTICLES, 30))
    assert said == {
        ("landed", None): ARTICLES + changed,
        ("unchanged", None): again - changed,
        ("rejected", "not text: image/png"): 1,
        ("rejected", "status: 404"): 1,
        ("rejected", "empty"): 1,
    }
    assert run.entries == sum(run.outcomes.values()) == sum(said.values())
    assert {line.source for line in ledger.read_run(whole, run.run)} == {"archive"}


def test_archive_is_referred_to_not_copied(whole: FolderStore, crawl: Path) -> None:
    raw = [one for one in whole.keys("raw/") if not one.key.endswith(".cdxj")]
    assert sum(one.size for one in raw) < 1000
    index = b"".join(whole.get(one.key).body for one in whole.keys("raw/date="))
    assert index.count(crawl.as_uri().encode()) == len(spread(ARTICLES, DAYS))
    assert len({one.key.split("/")[1] for one in whole.keys("raw/date=")}) == DAYS


def test_archive_a_second_run_changes_no_byte_and_annotates_nothing(
    whole: FolderStore, crawl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = documents(whole), rows(whole)

    def never(*_: object) -> None:
        raise AssertionError("annotated twice")

    monkeypatch.setattr(archive, "annotated", never)
    run = take(whole, crawl)
    assert set(run.outcomes) == {"unchanged", "rejected"}
    assert (documents(whole), rows(whole)) == before


@pytest.mark.parametrize("shards", [1, 7])
def test_archive_gives_the_same_however_it_is_cut(
    crawl: Path, whole: FolderStore, tmp_path: Path, shards: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "SHARD", -(-len(spread(ARTICLES, DAYS)) // shards))
    store = FolderStore(tmp_path.as_uri())
    desk = desk_of(store)
    run = archive.begin(desk, "archive test")
    names = list(archive.plan(desk, run, asked(crawl)))
    assert len(names) == shards
    for name in reversed(names):
        archive.shard(desk, run, name)
    ended(desk, run)
    assert (documents(store), rows(store)) == (documents(whole), rows(whole))


def test_archive_gives_the_same_in_another_order_of_records_and_day_by_day(
    whole: FolderStore, tmp_path: Path, s3_server: object
) -> None:
    records = spread(ARTICLES, DAYS)
    random.Random(3).shuffle(records)
    one, other = records[: len(records) // 3], records[len(records) // 3 :]
    places = [warc(tmp_path / "a.warc.gz", one), warc(tmp_path / "b.warc.gz", other)]
    store = s3_server.store(f"archive-{tmp_path.name}")  # type: ignore[attr-defined]
    for day in (3, 1, 2):
        take(store, *places, first=date(2026, 3, day), last=date(2026, 3, day))
    assert (documents(store), rows(store)) == (documents(whole), rows(whole))


def copies(folder: Path, crawl: Path) -> list[Path]:
    """One WARC, packed in every way."""
    plain = gzip.decompress(crawl.read_bytes())
    made = {"plain.warc": plain, "whole.warc.gz": gzip.compress(plain), "whole.warc.zst": zstd.compress(plain)}
    for name, body in made.items():
        (folder / name).write_bytes(body)
    (folder / "no-suffix").write_bytes(crawl.read_bytes())
    return [folder / name for name in (*made, "no-suffix")]


def test_archive_gives_the_same_however_it_is_packed(crawl: Path, whole: FolderStore, tmp_path: Path) -> None:
    """In one store: what the second gives is all there already."""
    store = FolderStore((tmp_path / "store").as_uri())
    for place in copies(tmp_path, crawl):
        take(store, place)
        assert documents(store) == documents(whole), place.name
    assert rows(store) == rows(whole)


@pytest.mark.parametrize("kind", ["lines", "pages"])
def test_archive_of_pages_gives_the_same_in_one_shard_and_in_seven_in_any_order(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, stores = tmp_path / "archive", [FolderStore((tmp_path / name).as_uri()) for name in "ab"]
    folder.mkdir()
    for number in range(14):
        text = page(number % 12).decode()
        at = f"2026-03-{1 + number % 3:02}T06:00:00Z"
        said = {"url": f"https://tern.example/{number % 12}", "html": text, "captured_at": at, "path": f"{number}.html"}
        with (folder / ("urls.jsonl" if kind == "pages" else "all.jsonl")).open("a") as lines:
            lines.write(json.dumps(said) + "\n")
        if kind == "pages":
            (folder / f"{number}.html").write_text(text)
    take(stores[0], folder)
    monkeypatch.setattr(archive, "SHARD", 2)
    desk = desk_of(stores[1])
    run = archive.begin(desk, "archive test")
    names = list(archive.plan(desk, run, asked(folder)))
    assert len(names) == 7
    for name in reversed(names):
        archive.shard(desk, run, name)
    ended(desk, run)
    assert documents(stores[0]) == documents(stores[1])
    assert len([key for key in documents(stores[0]) if key.endswith("json")]) == 12
    assert rows(stores[0]) == rows(stores[1])


def test_archive_captures_of_one_second_are_told_apart_as_keys_sort(tmp_path: Path) -> None:
    same = [exchange(1, DAY, url=f"https://tern.example/2026/case-1?utm_source={n}") for n in range(6)]
    run = take(FolderStore((tmp_path / "store").as_uri()), warc(tmp_path / "same.warc.gz", same))
    assert run.outcomes == {"landed": 1, "unchanged": 5}


def test_archive_a_revisit_finds_its_payload_in_another_file_of_any_day(tmp_path: Path) -> None:
    body = http(page(1))
    digest = f"WARC-Payload-Digest: {captures.digest(page(1))}"
    crawl = tmp_path / "crawl"
    crawl.mkdir()
    (crawl / "b.warc").write_bytes(record(1, body, more=digest, date="2026-03-02T06:00:00Z"))
    again = record(2, b"", kind="revisit", more=digest, url=address(1), date="2026-03-05T06:00:00Z")
    lost = record(3, b"", kind="revisit", more=f"WARC-Payload-Digest: sha1:{'A' * 32}", date="2026-03-05T06:00:00Z")
    (crawl / "a.warc").write_bytes(again + lost)
    store = FolderStore((tmp_path / "store").as_uri())
    run = take(store, crawl, first=date(2026, 3, 5), last=date(2026, 3, 5))
    assert run.outcomes == {"landed": 1, "failed": 1}
    assert take(store, crawl).outcomes == {"landed": 1, "unchanged": 1, "failed": 1}
    lines = [line for line in ledger.read_run(store, run.run) if line.outcome == "failed"]
    assert [line.reason for line in lines] == [
        f"broken record: {NOT_HERE}: {(crawl / 'a.warc').as_uri()} at {len(again)}"
    ]


def test_archive_a_revisit_finds_its_payload_in_the_files_of_the_day_that_it_names(tmp_path: Path) -> None:
    """Where the path says the day, a run sees the files of its own alone."""
    digest = f"WARC-Payload-Digest: {captures.digest(page(1))}"
    named = f"{digest}\r\nWARC-Refers-To-Target-URI: {address(1)}\r\nWARC-Refers-To-Date: 2026-03-02T06:00:00Z"
    for day, made in (
        (2, record(1, http(page(1)), more=digest, date="2026-03-02T06:00:00Z")),
        (5, record(2, b"", kind="revisit", more=named, url=address(1), date="2026-03-05T06:00:00Z")),
    ):
        file = tmp_path / f"2026/03/{day:02}/crawl.warc"
        file.parent.mkdir(parents=True)
        file.write_bytes(made)
    store, place = FolderStore((tmp_path / "store").as_uri()), f"{tmp_path}/{{yyyy}}/{{mm}}/{{dd}}/*.warc"
    days = [date(2026, 3, 5), date(2026, 3, 2), date(2026, 3, 5)]
    found = [take(store, place, first=day, last=day).outcomes for day in days]
    assert found == [{"landed": 1}, {"landed": 1}, {"unchanged": 1}]


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [(2, None, [2, 3]), (None, 2, [1, 2]), (2, 2, [2]), (4, None, [])],
)
def test_archive_a_dated_path_says_the_day_also_with_one_end(
    tmp_path: Path, first: int | None, last: int | None, found: list[int]
) -> None:
    """Whatever was captured when; a folder whose name is no day is none."""
    for name in ("2026/2026-03-01", "2026/2026-03-02", "2026/2026-03-03", "2026/2026-02-31", "2025/2026-03-02"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "crawl.warc").write_bytes(record(1, http(page(1)), date="2026-03-09T06:00:00Z"))
    place = f"{tmp_path}/{{yyyy}}/{{yyyy}}-{{mm}}-{{dd}}"
    far = {"first": date(1900, 1, 1), "last": date(2100, 1, 1)}
    ends = {name: date(2026, 3, day) for name, day in (("first", first), ("last", last)) if day}
    for some in (ends, far | ends):
        wanted = asked(place, **some)
        store = FolderStore((tmp_path / "store").as_uri())
        assert [unit.day and unit.day.day for unit in indexes.units(store, wanted)] == found
        assert len(list(indexes.items(store, wanted))) == len(found)


def test_archive_robots_txt_is_no_article(tmp_path: Path) -> None:
    rules = exchange(1, DAY, b"User-agent: *\nDisallow: /\n", kind="text/plain", url="https://tern.example/robots.txt")
    store = FolderStore((tmp_path / "store").as_uri())
    run = take(store, warc(tmp_path / "rules.warc.gz", [rules]))
    assert [line.reason for line in ledger.read_run(store, run.run)] == ["for machines: robots.txt"]


def test_archive_a_table_that_comes_later_makes_another_index(tmp_path: Path) -> None:
    folder, store = tmp_path / "pages", FolderStore((tmp_path / "store").as_uri())
    folder.mkdir()
    (folder / "one.html").write_bytes(page(1))
    (folder / "two").write_bytes(page(2))  # by its first bytes
    take(store, folder)
    (folder / "urls.csv").write_text("path,url\none.html,https://tern.example/one\n")
    take(store, folder)
    lines = (line for one in store.keys("raw/date=") for line in store.get(one.key).body.splitlines())
    found = list(map(index_lines.item_of, lines))
    assert sorted((item.path, item.url or "") for item in found) == [
        ("one.html", ""), ("one.html", "https://tern.example/one"), ("two", ""), ("two", ""),
    ]  # fmt: skip


def test_archive_lies_in_a_bucket(whole: FolderStore, crawl: Path, s3_server: object, tmp_path: Path) -> None:
    store = s3_server.store(f"store-{tmp_path.name}")  # type: ignore[attr-defined]
    crawls = s3_server.store(f"crawls-{tmp_path.name}")  # type: ignore[attr-defined]
    crawls.put("2026/crawl.warc.gz", crawl.read_bytes())
    take(store, f"{crawls.url}/2026/")
    assert (documents(store), rows(store)) == (documents(whole), rows(whole))


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
    import os
    import signal

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
    from pipeline import landing

    def away(*_: object) -> None:
        raise StoreError("the store is gone")

    store = FolderStore(tmp_path.as_uri())
    desk = desk_of(store)
    run = archive.begin(desk, "archive test")
    (name,) = archive.plan(desk, run, asked(crawl))
    monkeypatch.setattr(landing, "standing", away)
    with pytest.raises(StoreError, match="the store is gone"):
        archive.shard(desk, run, name)


def test_archive_an_article_that_polls_have_landed_leaves_seen(tmp_path: Path, whole: FolderStore) -> None:
    """Another capture, of the same words, before and after."""
    from datetime import timedelta

    later = warc(tmp_path / "later.warc.gz", [exchange(1, DAY + timedelta(days=20)), exchange(2, DAY, page(2))])
    run = take(whole, later)
    assert run.outcomes["unchanged"] == 1
    seen = [key for key in documents(whole) if key.endswith(".seen") and "/20260321T" in key]
    assert len(seen) == 1


def test_archive_nothing_where_nothing_is(tmp_path: Path) -> None:
    store = FolderStore((tmp_path / "store").as_uri())
    (tmp_path / "empty").mkdir()
    assert take(store, tmp_path / "empty").entries == 0


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


def test_archive_runs_that_begin_at_different_turns_index_the_same(tmp_path: Path) -> None:
    for n in range(3):
        warc(tmp_path / f"{n}.warc.gz", [exchange(n, DAY, page(n))])
    stores = [FolderStore((tmp_path / f"store{turn}").as_uri()) for turn in (0, 2, 7)]
    for store, turn in zip(stores, (0, 2, 7), strict=True):
        archive.index(desk_of(store), asked(f"{tmp_path}/*.warc.gz"), turn)
    first, *others = ({one.key: store.get(one.key).body for one in store.keys("raw/")} for store in stores)
    assert len(first) == 6, "an index and a marker for each file"
    assert others == [first, first]


def test_archive_waits_for_several_folders_at_once_and_for_one_folder_in_turn() -> None:
    import threading

    from pipeline.model import Entry

    meet, order = threading.Barrier(2, timeout=30), dict[str, list[int]]()
    taken = [Taken(entry=Entry(source="archive", url=str(n)), queued_as="ab"[n % 2], tries=n) for n in range(8)]

    def work(one: Taken) -> Taken:
        meet.wait()  # both articles are being asked for, or this breaks
        order.setdefault(one.queued_as, []).append(one.tries)
        return one

    told = list[Taken]()
    assert archive.at_once(work, taken, told.append) == taken
    assert order == {"a": [0, 2, 4, 6], "b": [1, 3, 5, 7]}
    assert sorted(one.tries for one in told) == list(range(8))


def test_archive_a_page_that_went_is_told_in_whatever_order_days_are_taken(tmp_path: Path) -> None:
    place = warc(
        tmp_path / "crawl.warc.gz",
        [
            exchange(1, DAY),
            exchange(1, DAY + timedelta(days=1), b"<html><p>Gone</p></html>", status=410),
            exchange(2, DAY + timedelta(days=1), b"<html><p>Not found</p></html>", status=404),
            exchange(2, DAY + timedelta(days=2)),
        ],
    )
    forward, backward = (FolderStore((tmp_path / name).as_uri()) for name in ("forward", "backward"))
    days = [(DAY + timedelta(days=number)).date() for number in range(3)]
    for store, order in ((forward, days), (backward, days[::-1])):
        for day in order:
            take(store, place, first=day, last=day)
    assert documents(forward) == documents(backward)
    assert sum("-gone." in key for key in documents(forward)) == 2
    assert rows(forward) == rows(backward)
    (gone_at,) = (row["gone_at"] for row in tables.read(forward, "documents").to_pylist() if row["gone_at"])
    assert gone_at == DAY + timedelta(days=1)


def test_archive_days_in_the_wrong_order_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2026-03-02, is after the last, 2026-03-01"):
        archive.wanted(desk_of(FolderStore(tmp_path.as_uri())), places=["x"], first=date(2026, 3, 2), last=DAY.date())


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
