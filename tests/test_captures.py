"""WARC files: read back as written, also by other tools."""

import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path

from fastwarc.warc import ArchiveIterator as FastIterator
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from pipeline import captures
from pipeline.model import Entry, Exchange
from pipeline.store import Store

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
KEY = "raw/date=2026-11-22/20261122T101500Z-ab12-000.warc.gz"
PAGE = "<html>Fähren bleiben im Hafen</html>".encode()


def exchange(path: str = "/a", payload: bytes = PAGE, status: int = 200, **headers: str) -> Exchange:
    return Exchange(
        url=f"https://tern.example{path}", at=NOW, request_headers=(("User-Agent", "Newsroom/0.1"),), status=status,
        reason="OK", headers=(("Content-Type", "text/html"), *headers.items()), payload=payload,
    )  # fmt: skip


ENTRY = Entry(source="tern", url="https://tern.example/a", title="Ferries stay in port", published_at=NOW)
WRITTEN = captures.write([(ENTRY, (exchange("/old", b"", 301), exchange()))], key=KEY)


def test_captures_read_back_by_one_ranged_read(folder_store: Store) -> None:
    folder_store.put(KEY, WRITTEN.warc)
    [kept] = WRITTEN.kept
    assert kept is not None
    capture, entry = captures.read(folder_store, kept.ref)
    assert entry == ENTRY
    assert (capture.url, capture.body, capture.status, capture.at) == ("https://tern.example/a", PAGE, 200, NOW)
    assert capture.record == kept.record
    assert capture.digest == captures.digest(PAGE)


def test_captures_the_same_exchanges_give_the_same_bytes() -> None:
    assert captures.write([(ENTRY, (exchange("/old", b"", 301), exchange()))], key=KEY) == WRITTEN


def test_captures_a_second_try_finds_what_the_first_kept() -> None:
    [(_, _, first), (kept, capture, entry)] = list(captures.scan(WRITTEN.warc, key=KEY))
    assert first is None
    assert entry == ENTRY
    assert capture.body == PAGE
    assert WRITTEN.kept[0] is not None
    assert kept == WRITTEN.kept[0]


def test_captures_are_read_by_warcio() -> None:
    records = [
        (r.rec_type, r.rec_headers["WARC-Target-URI"], r.content_stream().read())
        for r in ArchiveIterator(io.BytesIO(WRITTEN.warc), check_digests=True)
    ]
    assert [kind for kind, _, _ in records] == ["warcinfo", "request", "response", "request", "response", "metadata"]
    assert records[4][1:] == ("https://tern.example/a", PAGE)
    assert json.loads(records[5][2])["title"] == "Ferries stay in port"


def test_captures_are_read_by_fastwarc_with_valid_digests() -> None:
    records = list(FastIterator(io.BytesIO(WRITTEN.warc), verify_digests=True))
    assert len(records) == 6
    assert len({record.record_id for record in records}) == 6


def test_captures_every_record_is_a_gzip_member_at_its_place_in_the_index() -> None:
    for line in WRITTEN.cdxj.decode().splitlines():
        key, stamp, said = line.split(" ", 2)
        place = json.loads(said)
        offset = int(place["offset"])
        member = gzip.decompress(WRITTEN.warc[offset : offset + int(place["length"])])
        assert member.startswith(b"WARC/1.1\r\n")
        assert place["url"].encode() in member
        assert key.startswith("example,tern)/")
        assert stamp == "20261122101500"
    assert WRITTEN.cdxj.decode().splitlines() == sorted(WRITTEN.cdxj.decode().splitlines())


def test_captures_a_coded_body_is_kept_as_it_came_and_read_unpacked(folder_store: Store) -> None:
    packed = gzip.compress(PAGE)
    written = captures.write([(ENTRY, (exchange(payload=packed, **{"Content-Encoding": "gzip"}),))], key=KEY)
    folder_store.put(KEY, written.warc)
    assert written.kept[0] is not None
    capture, _ = captures.read(folder_store, written.kept[0].ref)
    assert capture.body == PAGE
    assert capture.digest == captures.digest(packed)


def test_captures_an_article_that_a_feed_carries_is_a_resource(folder_store: Store) -> None:
    carried = Entry(source="tern", url="https://tern.example/a", body="<p>Ferries stay in port.</p>", published_at=NOW)
    written = captures.write([(carried, ())], key=KEY)
    folder_store.put(KEY, written.warc)
    assert written.kept[0] is not None
    capture, entry = captures.read(folder_store, written.kept[0].ref)
    assert (capture.body, entry) == (b"<p>Ferries stay in port.</p>", carried)


def test_captures_an_entry_that_nothing_came_for_keeps_nothing() -> None:
    assert captures.write([(ENTRY, ())], key=KEY).kept == [None]


def test_captures_a_header_cannot_forge_another() -> None:
    written = captures.write([(None, (exchange(**{"X-A": "1\r\nX-B: 2"}),))], key=KEY)
    [(_, capture, _)] = list(captures.scan(written.warc, key=KEY))
    assert "X-B" not in dict(capture.headers)


def test_captures_turn_hosts_round() -> None:
    assert captures.surt("https://www.News.Tern.example:8443/A?b=1") == "example,tern,news:8443)/a?b=1"


@given(st.lists(st.tuples(st.binary(max_size=200), st.sampled_from([200, 404, 503])), max_size=5))
def test_captures_any_bytes_come_back(bodies: list[tuple[bytes, int]]) -> None:
    items = [(None, (exchange(f"/{n}", body, status),)) for n, (body, status) in enumerate(bodies)]
    written = captures.write(items, key=KEY)
    found = [(capture.body, capture.status) for _, capture, _ in captures.scan(written.warc, key=KEY)]
    assert found == bodies


def test_captures_of_the_run_that_wrote_them_hold_no_machine(tmp_path: Path) -> None:
    assert str(tmp_path.parent).encode() not in gzip.decompress(WRITTEN.warc)
