"""WARC files: read back as written, also by other tools."""

import gzip
import io
import json
import string
from datetime import UTC, datetime, timedelta

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from warcio.archiveiterator import ArchiveIterator

from pipeline import captures
from pipeline.captures import Written
from pipeline.errors import Failed, StoreError
from pipeline.model import Capture, CaptureRef, Entry, Exchange
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
WRITTEN = captures.write([(ENTRY, (exchange("/old", b"", 301), exchange()))], key=KEY, now=NOW)


def read_first(store: Store, written: Written) -> tuple[Capture, Entry | None]:
    store.put(KEY, written.warc)
    assert written.kept[0]
    return captures.read(store, written.kept[0].ref)


def test_captures_read_back_by_one_ranged_read(folder_store: Store) -> None:
    capture, entry = read_first(folder_store, WRITTEN)
    assert entry == ENTRY
    assert (capture.url, capture.body, capture.status, capture.at) == ("https://tern.example/a", PAGE, 200, NOW)
    assert WRITTEN.kept[0]
    assert (capture.record, capture.at) == WRITTEN.kept[0][1:]
    assert capture.digest == captures.digest(PAGE)


def test_captures_the_same_exchanges_give_the_same_bytes() -> None:
    assert captures.write([(ENTRY, (exchange("/old", b"", 301), exchange()))], key=KEY, now=NOW) == WRITTEN


def test_captures_a_second_try_finds_what_the_first_kept() -> None:
    [(_, first), (kept, entry)] = list(captures.scan(WRITTEN.warc, key=KEY))
    assert first is None
    assert entry == ENTRY
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
    whole = FastIterator(io.BytesIO(WRITTEN.warc), parse_http=False)
    assert len({record.record_id for record in whole if record.verify_block_digest(consume=False)}) == 6
    messages = [r for r in FastIterator(io.BytesIO(WRITTEN.warc)) if r.is_http and r.verify_payload_digest()]
    assert len(messages) == 4


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
    written = captures.write([(ENTRY, (exchange(payload=packed, **{"Content-Encoding": "gzip"}),))], key=KEY, now=NOW)
    capture, _ = read_first(folder_store, written)
    assert capture.body == PAGE
    assert capture.digest == captures.digest(packed)


@pytest.mark.parametrize("url", ["https://tern.example/a", "https://tern.example/fähre?schiff=„möwe“", None])
def test_captures_an_article_that_a_feed_carries_is_a_resource(folder_store: Store, url: str | None) -> None:
    carried = Entry(source="tern", url=url, guid="17", body="<p>Fähren bleiben im Hafen.</p>", published_at=NOW)
    written = captures.write([(carried, ())], key=KEY, now=NOW)
    capture, entry = read_first(folder_store, written)
    assert (capture.body.decode(), capture.at, entry) == (carried.body, NOW, carried)
    assert capture.url == (url or "")
    assert b'"status":"200"' in written.cdxj


def test_captures_an_entry_that_nothing_came_for_keeps_nothing() -> None:
    assert captures.write([(ENTRY, ())], key=KEY, now=NOW).kept == [None]


def test_captures_a_header_cannot_forge_another(folder_store: Store) -> None:
    written = captures.write([(None, (exchange(**{"X-A": "1\r\nX-B: 2"}),))], key=KEY, now=NOW)
    capture, _ = read_first(folder_store, written)
    assert "X-B" not in dict(capture.headers)


def test_captures_a_url_cannot_forge_a_header(folder_store: Store) -> None:
    forged = Entry(source="tern", url="https://tern.example/a\r\nWARC-Truncated: length\r\n", body="<p>Ferries</p>")
    capture, entry = read_first(folder_store, captures.write([(forged, ())], key=KEY, now=NOW))
    assert (capture.body, entry) == (b"<p>Ferries</p>", forged)


def test_captures_chunks_are_told_to_no_reader() -> None:
    written = captures.write([(None, (exchange(**{"Transfer-Encoding": "chunked"}),))], key=KEY, now=NOW)
    [body] = [r.content_stream().read() for r in ArchiveIterator(io.BytesIO(written.warc)) if r.rec_type == "response"]
    assert body == PAGE


@pytest.mark.parametrize("word", ["length", "time", "disconnect"])
def test_captures_what_was_cut_off_says_so_and_is_no_article(folder_store: Store, word: str) -> None:
    written = captures.write([(ENTRY, (replace(exchange(), truncated=word),))], key=KEY, now=NOW)
    records = FastIterator(io.BytesIO(written.warc))
    assert [r.headers["WARC-Truncated"] for r in records if "WARC-Truncated" in r.headers] == [word]
    with pytest.raises(Failed, match=f"capture is not whole: {word}"):
        read_first(folder_store, written)


def test_captures_a_body_that_does_not_unpack_is_no_article(folder_store: Store) -> None:
    written = captures.write(
        [(ENTRY, (replace(exchange(**{"Content-Encoding": "gzip"}), payload=b"\x1f\x8b no"),))], key=KEY, now=NOW
    )
    with pytest.raises(Failed, match="broken content coding"):
        read_first(folder_store, written)


def test_captures_an_entry_is_linked_to_its_last_response() -> None:
    records = {r.rec_headers["WARC-Type"]: r.rec_headers for r in ArchiveIterator(io.BytesIO(WRITTEN.warc))}
    response = records["response"]["WARC-Record-ID"]
    assert records["metadata"]["WARC-Refers-To"] == records["metadata"]["WARC-Concurrent-To"] == response
    assert records["request"]["WARC-Concurrent-To"] == response


def test_captures_record_ids_follow_from_url_time_and_payload() -> None:
    ids = {
        captures.record_id(url, at, payload)
        for url in ("https://a.example/", "https://b.example/")
        for at in (NOW, NOW + timedelta(microseconds=1))
        for payload in (b"", b"x")
    }
    assert len(ids) == 8
    assert captures.record_id("https://a.example/", NOW, b"x") in ids


def test_captures_a_place_without_a_capture_is_an_error(folder_store: Store) -> None:
    folder_store.put(KEY, WRITTEN.warc)
    assert WRITTEN.kept[0]
    end = WRITTEN.kept[0].ref.offset
    first = next(offset for offset in range(1, end) if WRITTEN.warc[offset : offset + 3] == b"\x1f\x8b\x08")
    with pytest.raises(StoreError, match="no capture at"):
        captures.read(folder_store, CaptureRef(KEY, 0, first))


names = st.text(alphabet=string.ascii_letters + "-", min_size=1, max_size=12).filter(
    lambda n: n.lower() not in ("content-encoding", "transfer-encoding")
)
values = st.text(alphabet=[chr(c) for c in range(0x21, 0x100) if c not in (0x7F, 0x85, 0xA0)], max_size=20)
texts = st.text(max_size=30).filter(lambda t: t.isprintable())


@given(
    st.lists(
        st.tuples(
            st.binary(max_size=200),
            st.sampled_from([200, 404, 503]),
            st.lists(st.tuples(names, values)),
            st.none() | texts,
        ),
        max_size=4,
    )
)
def test_captures_whatever_came_comes_back(said: list[tuple[bytes, int, list[tuple[str, str]], str | None]]) -> None:
    items = [
        (
            None if title is None else Entry(source="tern", title=title),
            (Exchange(url=f"https://tern.example/{n}", at=NOW, request_headers=(), status=status, reason="",
                      headers=tuple(headers), payload=body),),
        )
        for n, (body, status, headers, title) in enumerate(said)
    ]  # fmt: skip
    written = captures.write(items, key=KEY, now=NOW)
    found = [(r.capture(), r.entry) for r in captures.records(written.warc)]
    assert [(c.body, c.status, list(c.headers), e and (e.title or "")) for c, e in found] == [
        (body, status, headers, title) for body, status, headers, title in said
    ]
    assert [kept for kept, _ in captures.scan(written.warc, key=KEY)] == written.kept
    assert len(list(ArchiveIterator(io.BytesIO(written.warc), check_digests="raise"))) == 1 + 2 * len(said) + sum(
        title is not None for *_, title in said
    )
