"""Captures are found again in raw/, and few indexes are read for it."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline import captures, raw
from pipeline.documents import Key, stamp
from pipeline.errors import Failed
from pipeline.identity import capture_of
from pipeline.model import Entry, Exchange
from pipeline.store.folder import FolderStore
from tests.store.reads import Reads

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def exchange(number: int, at: datetime) -> Exchange:
    return Exchange(
        url=f"https://tern.example/{number}",
        at=at,
        request_headers=(),
        status=200,
        reason="OK",
        headers=(("Content-Type", "text/html"),),
        payload=f"page {number}".encode(),
    )


def run_at(store: FolderStore, began: datetime, *exchanges: Exchange) -> list[Key]:
    """A run that made these captures in its first minutes; the keys that they have."""
    stem = f"raw/date={began:%Y-%m-%d}/{stamp(began)}-ab12-000"
    items = [(Entry(source="tern", url=one.url), (one,)) for one in exchanges]
    written = captures.write(items, key=f"{stem}.warc.gz", now=began)
    store.put(f"{stem}.warc.gz", written.warc)
    store.put(f"{stem}.cdxj", written.cdxj)
    kept = [one for one in written.kept if one]
    return [Key(stamp(one.at), capture_of(one.record), "c1", "a" * 16, "json", "0" * 20) for one in kept]


def pages(store: FolderStore, keys: list[Key]) -> list[bytes]:
    found = raw.Pages(store, dict.fromkeys(keys, "tern"))
    return [found.get(key).capture.body for key in keys]


def test_raw_finds_captures_of_one_second_apart(folder_store: FolderStore) -> None:
    keys = run_at(folder_store, NOON, *(exchange(number, NOON) for number in range(5)))
    assert len({key.captured for key in keys}) == 1
    assert pages(folder_store, keys) == [f"page {number}".encode() for number in range(5)]


def test_raw_finds_what_a_run_of_the_day_before_captured(folder_store: FolderStore) -> None:
    began = NOON + timedelta(hours=11, minutes=59)
    keys = run_at(folder_store, began, exchange(1, began), exchange(2, began + timedelta(minutes=5)))
    assert pages(folder_store, keys) == [b"page 1", b"page 2"]


def test_raw_reads_the_indexes_of_few_runs_of_a_day(folder_store: FolderStore) -> None:
    store = Reads(folder_store.url)
    keys = []
    for hour in range(-12, 12):
        began = NOON + timedelta(hours=hour)
        keys += run_at(store, began, exchange(hour, began + timedelta(seconds=7)))
    assert pages(store, keys[12:14]) == [b"page 0", b"page 1"]
    assert len(store.read) == 2


def test_raw_a_capture_that_is_there_no_more_is_left_out(folder_store: FolderStore) -> None:
    (key,) = run_at(folder_store, NOON, exchange(1, NOON))
    other = key._replace(capture="00000000")
    assert set(raw.find(folder_store, [key, other])) == {key.moment}
    with pytest.raises(Failed, match="no capture in raw/"):
        pages(folder_store, [other])
