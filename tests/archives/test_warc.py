"""Captures out of WARC and ARC, however they are packed and whatever their records say of themselves."""

import gzip
import zlib
from datetime import UTC, datetime

import brotli
import pytest
from msgspec.structs import replace

from pipeline.archives import warc
from pipeline.archives.streams import UNPACKED
from pipeline.captures import digest
from pipeline.clean.worker import Page
from pipeline.errors import EntryError
from pipeline.model import Item
from tests.archives.made_warc import (
    PACKED,
    InMemory,
    address,
    arc,
    html,
    http,
    record,
    stories,
    with_dictionary,
)

PAGE = html(1)


def taken(body: bytes, path: str = "made.warc.gz") -> tuple[list[Item], list[Page | EntryError]]:
    file = InMemory(body, path)
    items = list(warc.index(file))
    return items, list(warc.read(file, items, "tern"))


def pages(body: bytes) -> dict[str, bytes]:
    return {one.capture.url: one.capture.body for one in taken(body)[1] if isinstance(one, Page)}


def only(body: bytes) -> Page:
    [answer] = taken(body)[1]
    assert isinstance(answer, Page), answer
    return answer


def reasons(body: bytes) -> list[str]:
    return [one.reason for one in taken(body)[1] if isinstance(one, EntryError)]


@pytest.mark.parametrize("packed", [*PACKED.values(), with_dictionary], ids=[*PACKED, "zstd with a dictionary"])
def test_warc_is_read_however_it_is_packed(packed: object) -> None:
    body = packed(stories(9))  # type: ignore[operator]
    items, answers = taken(body)
    assert [item.url for item in items] == [address(n) for n in range(9)]
    assert len({item.ref.offset for item in items}) == 9
    assert [one.capture.body for one in answers if isinstance(one, Page)] == [html(n) for n in range(9)]


@pytest.mark.parametrize("name", PACKED)
def test_warc_any_of_its_records_is_read_alone(name: str) -> None:
    file = InMemory(PACKED[name](stories(9)))
    for number, item in enumerate(warc.index(file)):
        [answer] = warc.read(file, [item], "tern")
        assert isinstance(answer, Page)
        assert (answer.capture.body, answer.entry.url, answer.entry.source) == (html(number), item.url, "tern")


def test_warc_offsets_are_bytes_of_the_file_or_of_what_it_unpacks_to() -> None:
    made = stories(3)
    apart = [gzip.compress(one) for one in made]
    items = list(warc.index(InMemory(b"".join(apart))))
    assert [(i.ref.offset, i.ref.length) for i in items][1] == (len(apart[0]), len(apart[1]))
    together = list(warc.index(InMemory(PACKED["gzip around all"](made))))
    assert [i.ref.offset for i in together] == [0, UNPACKED + len(made[0]), UNPACKED + len(made[0] + made[1])]


def test_warc_a_shard_is_one_range_of_a_large_file() -> None:
    """Not a request for each record; and nothing before or behind."""
    file = InMemory(b"".join(map(gzip.compress, stories(200))))
    items = list(warc.index(file))[50:150]
    file.asked.clear()
    assert len(list(warc.read(file, items, "tern"))) == 100
    end = items[-1].ref.offset + items[-1].ref.length
    assert file.asked == [(0, 8), (items[0].ref.offset, end - items[0].ref.offset)]


def test_warc_item_says_what_its_index_needs() -> None:
    [item] = taken(gzip.compress(record(7, http(PAGE, status="203 Other"))))[0]
    assert (item.url, item.status, item.mime, item.record) == (address(7), 203, "text/html", "urn:uuid:7")
    assert (item.at, item.at_from) == (datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), "record")
    assert item.digest == only(gzip.compress(record(7, http(PAGE)))).capture.digest


def test_warc_digest_is_the_records_own_where_it_has_one() -> None:
    said = "WARC-Payload-Digest: sha1:3i42h3s6nnfq2msvx7xzkyayscx5qbyj"
    assert taken(record(1, http(PAGE), more=said))[0][0].digest == "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
    in_hex = f"WARC-Payload-Digest: SHA1:{'00' * 20}"
    assert taken(record(1, http(PAGE), more=in_hex))[0][0].digest == "sha1:" + 32 * "A"


@pytest.mark.parametrize("kind", ["request", "warcinfo", "metadata", "continuation", "unknown", ""])
def test_warc_what_tells_of_the_crawl_is_no_capture(kind: str) -> None:
    assert taken(record(1, http(PAGE), kind=kind) + record(2, http(PAGE)))[0][0].url == address(2)


@pytest.mark.parametrize("url", ["dns:tern.example", "metadata://gnu.org/log", "urn:pageinfo:x", "whois://a"])
def test_warc_nor_are_its_addresses(url: str) -> None:
    assert taken(record(1, b"tern.example A 10.0.0.1", mime="text/dns", url=url)) == ([], [])


@pytest.mark.parametrize("kind", ["resource", "conversion", "response"])
def test_warc_a_record_without_http_is_its_block(kind: str) -> None:
    page = only(record(1, PAGE, kind=kind, mime="text/html; charset=utf-8", url="ftp://tern.example/1"))
    assert (page.capture.status, page.capture.body) == (200, PAGE)
    assert page.capture.headers == (("Content-Type", "text/html"),)


def test_warc_heads_may_end_their_lines_by_lf_and_fold_them() -> None:
    assert pages(b"".join(record(n, http(html(n)), end="\n") for n in range(3)))[address(2)] == html(2)
    assert only(record(1, http(PAGE), more="WARC-Note: a\r\n  b: c")).capture.body == PAGE
    assert only(record(1, http(PAGE).replace(b"\r\n", b"\n"))).capture.body == PAGE


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("<https://tern.example/a>", "https://tern.example/a"),
        ("https://tern.example/the roof", "https://tern.example/the%20roof"),
        ("https://tern.example/\x07\udcfe\udce2", "https://tern.example/%07%FE%E2"),
        ("https://tern.example/café", "https://tern.example/café"),
    ],
)
def test_warc_odd_addresses_are_escaped_as_browsers_do(written: str, url: str) -> None:
    assert only(record(1, http(PAGE), url=written)).capture.url == url


@pytest.mark.parametrize(
    ("date", "at"),
    [
        ("2020", datetime(2020, 1, 1, tzinfo=UTC)),
        ("2020-02", datetime(2020, 2, 1, tzinfo=UTC)),
        ("2020-02-03T01:02", datetime(2020, 2, 3, 1, 2, tzinfo=UTC)),
        ("2020-02-03T01:02:03.000000009Z", datetime(2020, 2, 3, 1, 2, 3, tzinfo=UTC)),
        ("2020-02-03T01:02:03.5Z", datetime(2020, 2, 3, 1, 2, 3, 500_000, tzinfo=UTC)),
        ("2020-02-03T01:02:03+02:00", datetime(2020, 2, 2, 23, 2, 3, tzinfo=UTC)),
        ("20200203010203", datetime(2020, 2, 3, 1, 2, 3, tzinfo=UTC)),
    ],
)
def test_warc_dates_of_any_precision(date: str, at: datetime) -> None:
    [item] = taken(record(1, http(PAGE), date=date))[0]
    assert (item.at, item.at_from) == (at, "record")


@pytest.mark.parametrize(
    "date", ["", "2008-10-294T05:21:46-0700", "2020-02-31", "0000-01-01", "9999-12-31T23:59:59-23:59"]
)
def test_warc_without_a_date_the_file_says_the_time(date: str) -> None:
    [item] = taken(record(1, http(PAGE), date=date))[0]
    assert (item.at, item.at_from) == (datetime(2021, 5, 4, tzinfo=UTC), "file")


CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    ("headers", "payload"),
    [
        ([CHUNKED], b"%x;name=a\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE)),
        ([CHUNKED], b"5\r\n%b\r\n%x\r\n%b\r\n0\r\nTrailer: a\r\n\r\n" % (PAGE[:5], len(PAGE) - 5, PAGE[5:])),
        ([CHUNKED], b"%x\n%b\n0\n\n" % (len(PAGE), PAGE)),
        ([CHUNKED], b"%x\r\n%b" % (len(PAGE), PAGE)),
        ([CHUNKED], PAGE),
        (["Content-Encoding: gzip"], gzip.compress(PAGE)),
        (["Content-Encoding: deflate"], zlib.compress(PAGE)),
        (["Content-Encoding: br"], brotli.compress(PAGE)),
        (["Content-Encoding: gzip"], PAGE),
        (["Content-Encoding: br"], PAGE),
        (["Content-Length: 3"], PAGE),
        (["Content-Length: 99999"], PAGE),
        ([], gzip.compress(PAGE)),
        (
            [CHUNKED, "Content-Encoding: gzip"],
            b"%x\r\n%b\r\n0\r\n\r\n" % (len(gzip.compress(PAGE, mtime=0)), gzip.compress(PAGE, mtime=0)),
        ),
    ],
)
def test_warc_bodies_come_out_of_their_codings_whatever_their_headers_say(headers: list[str], payload: bytes) -> None:
    assert only(gzip.compress(record(1, http(payload, *headers)))).capture.body == PAGE


@pytest.mark.parametrize(
    ("headers", "payload", "reason"),
    [
        ([CHUNKED], b"ffff\r\ncut", "body cut short"),
        ([CHUNKED], b"3\r\nabc\r\nno chunk", "broken content coding: chunked"),
        (["Content-Encoding: br"], b"\x0b\x02\x80no brotli", "broken content coding: br"),
        (["Content-Encoding: gzip"], gzip.compress(bytes(10_000_001)), "decompression bomb"),
        (["Content-Encoding: br"], brotli.compress(bytes(10_100_000)), "decompression bomb"),
        (["Content-Encoding: compress"], b"\x1f\x9d\x90", "unknown content coding: compress"),
        ([], b"x" * 10_000_001, "body too large"),
    ],
)
def test_warc_a_body_that_cannot_be_had_costs_itself(headers: list[str], payload: bytes, reason: str) -> None:
    body = gzip.compress(record(1, http(payload, *headers))) + gzip.compress(record(2, http(PAGE)))
    assert reasons(body) == [reason]
    assert pages(body) == {address(2): PAGE}


ORIGINAL = record(1, http(PAGE), more="WARC-Payload-Digest: sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ")
PROFILE = "WARC-Profile: http://netpreserve.org/warc/1.1/revisit/"


@pytest.mark.parametrize(
    ("url", "block", "more"),
    [
        (None, http(b""), "WARC-Refers-To: <urn:uuid:1>"),
        ("https://other.example/", http(b""), "WARC-Payload-Digest: sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"),
        (None, b"", f"WARC-Refers-To-Target-URI: <{address(1)}>\r\nWARC-Refers-To-Date: 2020-01-02T03:04:05Z"),
        (address(1), http(b"", status="304 Not Modified"), f"{PROFILE}server-not-modified"),
    ],
)
@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED)
def test_warc_revisit_has_the_payload_that_it_points_to(packed: object, url: str, block: bytes, more: str) -> None:
    again = record(
        2, block, kind="revisit", url=url, date="2020-03-01T00:00:00Z", more=more + "\r\nWARC-Truncated: length"
    )
    items, answers = taken(packed([ORIGINAL, record(3, http(html(3))), again]))  # type: ignore[operator]
    page = answers[2]
    assert isinstance(page, Page)
    assert (page.capture.body, page.capture.status, page.capture.record) == (PAGE, 200, "urn:uuid:2")
    assert page.capture.at == datetime(2020, 3, 1, tzinfo=UTC)
    assert items[2].payload == items[0].ref


def test_warc_revisits_in_one_gzip_stream_cost_one_more_way_through_it() -> None:
    originals = [record(n, http(html(n, 5_000))) for n in range(60)]
    again = [
        record(n + 100, http(b""), kind="revisit", more=f"WARC-Refers-To: <urn:uuid:{n}>") for n in range(59, 0, -1)
    ]
    file = InMemory(PACKED["gzip around all"](originals + again))
    items = list(warc.index(file))
    file.asked.clear()
    answers = list(warc.read(file, items[60:], "tern"))
    assert [a.capture.body for a in answers if isinstance(a, Page)] == [html(n, 5_000) for n in range(59, 0, -1)]
    assert sum(min(length, file.size - offset) for offset, length in file.asked) < 3 * file.size


@pytest.mark.parametrize("more", ["", "WARC-Refers-To: <urn:uuid:9>", f"{PROFILE}identical-payload-digest"])
def test_warc_revisit_of_what_is_elsewhere_says_so(more: str) -> None:
    body = ORIGINAL + record(2, http(b""), kind="revisit", url=address(1), more=more)
    assert reasons(body) == ["revisit of a record that is not in this file"]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED)
def test_arc_of_both_versions(packed: object, version: int) -> None:
    about = b"filedesc://made.arc 0.0.0.0 20200101000000 text/plain 9\n1 0 Made\n\n"
    urls = [address(1), "https://tern.example/with a space", address(3)]
    made = [about, *(arc(n, http(html(n)), version=version, url=url) for n, url in enumerate(urls))]
    items, answers = taken(packed(made), "made.arc.gz")  # type: ignore[operator]
    assert [item.url for item in items] == [address(1), "https://tern.example/with%20a%20space", address(3)]
    assert [one.capture.body for one in answers if isinstance(one, Page)] == [html(n) for n in range(3)]
    assert items[0].at == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert len({item.record for item in items}) == 3


def test_warc_a_changed_archive_is_noticed() -> None:
    made = stories(3)
    items = list(warc.index(InMemory(b"".join(made))))
    swapped = record(9, http(html(1)))
    [answer] = warc.read(InMemory(made[0] + swapped + made[2]), items[1:2], "tern")
    assert isinstance(answer, EntryError)
    assert answer.reason == "archive has changed since it was indexed"


@pytest.mark.parametrize("is_told", [True, False])
def test_warc_a_payload_that_changed_in_its_place_is_noticed(is_told: bool) -> None:
    """Also where its record has the same name, URL and length, and by a revisit, which has another name and URL."""
    was, now = PAGE, PAGE.replace(b"tide", b"wave")
    made = [
        record(1, http(page), more=f"WARC-Payload-Digest: {digest(page)}" if is_told else "") for page in (was, now)
    ]
    again = record(2, http(b""), kind="revisit", more="WARC-Refers-To: <urn:uuid:1>")
    items = list(warc.index(InMemory(made[0] + again)))
    assert all(isinstance(answer, Page) for answer in warc.read(InMemory(made[0] + again), items, "tern"))
    changed = [str(answer) for answer in warc.read(InMemory(made[1] + again), items, "tern")]
    assert changed == ["archive has changed since it was indexed"] * 2
    older = [replace(items[1], payload_digest="")]
    assert isinstance(next(warc.read(InMemory(made[1] + again), older, "tern")), Page), "older indexes say none"
