"""An archive gives the same documents and rows however it is cut, ordered, packed or stored."""

import gzip
import json
import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from backports import zstd

from pipeline import tables
from pipeline.stages import archive
from pipeline.store.folder import FolderStore
from tests.archives.made_up import DAY, exchange, page, spread, warc
from tests.stages.crawls import ARTICLES, DAYS, asked, desk_of, documents, ended, rows, take


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


def test_archive_lies_in_a_bucket(whole: FolderStore, crawl: Path, s3_server: object, tmp_path: Path) -> None:
    store = s3_server.store(f"store-{tmp_path.name}")  # type: ignore[attr-defined]
    crawls = s3_server.store(f"crawls-{tmp_path.name}")  # type: ignore[attr-defined]
    crawls.put("2026/crawl.warc.gz", crawl.read_bytes())
    take(store, f"{crawls.url}/2026/")
    assert (documents(store), rows(store)) == (documents(whole), rows(whole))


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


def test_archive_runs_that_begin_at_different_turns_index_the_same(tmp_path: Path) -> None:
    for n in range(3):
        warc(tmp_path / f"{n}.warc.gz", [exchange(n, DAY, page(n))])
    stores = [FolderStore((tmp_path / f"store{turn}").as_uri()) for turn in (0, 2, 7)]
    for store, turn in zip(stores, (0, 2, 7), strict=True):
        archive.index(desk_of(store), asked(f"{tmp_path}/*.warc.gz"), turn)
    first, *others = ({one.key: store.get(one.key).body for one in store.keys("raw/")} for store in stores)
    assert len(first) == 6, "an index and a marker for each file"
    assert others == [first, first]
