"""An archive through all stages: every record has its outcome, and nothing is done twice."""

import threading
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline import captures, ledger
from pipeline.archives import index_lines, indexes
from pipeline.archives.revisits import NOT_HERE
from pipeline.errors import UsageError
from pipeline.model import Entry, Taken
from pipeline.stages import archive
from pipeline.store.folder import FolderStore
from tests.archives.made_up import DAY, exchange, page, spread, warc
from tests.archives.made_warc import address, http, record
from tests.stages.crawls import ARTICLES, DAYS, asked, copy, desk_of, documents, rows, take


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
    whole: FolderStore, crawl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = copy(whole, tmp_path / "store")
    before = documents(store), rows(store)

    def never(*_: object) -> None:
        raise AssertionError("annotated twice")

    monkeypatch.setattr(archive, "annotated", never)
    run = take(store, crawl)
    assert set(run.outcomes) == {"unchanged", "rejected"}
    assert (documents(store), rows(store)) == before


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


def test_archive_an_article_that_polls_have_landed_leaves_seen(tmp_path: Path, whole: FolderStore) -> None:
    """Another capture, of the same words, before and after."""
    store = copy(whole, tmp_path / "store")
    later = warc(tmp_path / "later.warc.gz", [exchange(1, DAY + timedelta(days=20)), exchange(2, DAY, page(2))])
    run = take(store, later)
    assert run.outcomes["unchanged"] == 1
    seen = [key for key in documents(store) if key.endswith(".seen") and "/20260321T" in key]
    assert len(seen) == 1


def test_archive_nothing_where_nothing_is(tmp_path: Path) -> None:
    store = FolderStore((tmp_path / "store").as_uri())
    (tmp_path / "empty").mkdir()
    assert take(store, tmp_path / "empty").entries == 0


def test_archive_waits_for_several_folders_at_once_and_for_one_folder_in_turn() -> None:
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


def test_archive_days_in_the_wrong_order_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2026-03-02, is after the last, 2026-03-01"):
        archive.wanted(desk_of(FolderStore(tmp_path.as_uri())), places=["x"], first=date(2026, 3, 2), last=DAY.date())
