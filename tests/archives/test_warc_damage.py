"""A broken record costs itself, and what is damaged on purpose costs no more than its size."""

import gzip
import re
import tracemalloc
import zlib

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.archives import warc
from pipeline.archives.heads import MOST_HEAD
from pipeline.archives.streams import AT_MOST_AGAIN
from pipeline.clean.worker import Page
from pipeline.errors import EntryError
from tests.archives.made_warc import EACH, PACKED, InMemory, address, arc, html, http, record, stories

COUNT = 8
STORIES = stories(COUNT)
APART = {name: [pack(one) for one in STORIES] for name, pack in EACH.items()}
BODIES = {address(n): html(n) for n in range(COUNT)}


NAMES = {"plain": "made.warc", "gzip": "made.warc.gz", "zstd": "made.warc.zst"}


def read(body: bytes, path: str = "made.warc") -> tuple[list[tuple[str, bytes]], list[tuple[int, str]]]:
    """URLs and bodies of pages, and what is broken by its offset."""
    file = InMemory(body, path)
    items = list(warc.index(file))
    answers = list(warc.read(file, items, "tern"))
    assert len(answers) == len(items)
    assert all(isinstance(answer, EntryError) for item, answer in zip(items, answers, strict=True) if item.broken)
    told = [(i.ref.offset, a.reason) for i, a in zip(items, answers, strict=True) if isinstance(a, EntryError)]
    return [(a.capture.url, a.capture.body) for a in answers if isinstance(a, Page)], told


@st.composite
def damage(draw: st.DrawFn, size: int) -> tuple[int, int, bytes]:
    """Bytes from here to there have become others."""
    start = draw(st.integers(0, size - 1))
    return start, min(size, start + draw(st.sampled_from([0, 1, 2, 40, 900]))), draw(st.binary(max_size=60))


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(sorted(APART)))
def test_warc_damage_costs_the_record_that_it_hits_and_no_other(data: st.DataObject, name: str) -> None:
    members, at = APART[name], 0
    whole = b"".join(members)
    start, stop, new = data.draw(damage(len(whole)))
    pages, _ = read(whole[:start] + new + whole[stop:], NAMES[name])
    for number, member in enumerate(members):
        begin, at = at, at + len(member)
        at_its_edge = start == begin and (stop > start or new) and name == "plain"
        if (at <= start or begin >= stop) and not at_its_edge:
            assert (address(number), html(number)) in pages, f"{name}: story {number} is lost"


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_warc_in_one_gzip_stream_gives_all_before_the_damage(data: st.DataObject) -> None:
    whole = PACKED["gzip around all"](STORIES)
    start, stop, new = data.draw(damage(len(whole)))
    pages, _ = read(whole[:start] + new + whole[stop:])
    sound, stream = b"", zlib.decompressobj(31)
    for byte in whole[:start]:
        sound += stream.decompress(bytes([byte]))
    at = 0
    for number, one in enumerate(STORIES):
        at += len(one)
        if at < len(sound):
            assert (address(number), html(number)) in pages


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400), st.sampled_from([b"", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"WARC/1.0\r\n", STORIES[0]])
)
def test_warc_any_bytes_are_read_to_their_end(rubbish: bytes, begin: bytes) -> None:
    read(begin + rubbish)
    read(gzip.compress(begin + rubbish))


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("cut", [1, 30, 200])
def test_warc_that_is_cut_off_names_its_last_record(name: str, cut: int) -> None:
    pages, told = read(b"".join(APART[name])[:-cut])
    assert set(dict(pages)) == set(BODIES) - {address(COUNT - 1)} or (name == "plain" and cut == 1)
    offset = sum(map(len, APART[name][:-1]))
    assert [at for at, _ in told] in ([offset], [])
    assert all(reason.startswith("broken record: ") for _, reason in told)


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("off", [-300, -1, 7, 300, 5_000, 10**9, 10**15])
def test_warc_a_length_that_lies_costs_its_record(name: str, off: int) -> None:
    block = http(html(3))
    lying = record(3, block, length=len(block) + off)
    pages, told = read(PACKED[name]([*STORIES[:3], lying, *STORIES[4:]]))
    assert dict(pages) == {url: body for url, body in BODIES.items() if url != address(3)}
    assert [reason for _, reason in told] == [f"broken record: its length is wrong: {len(block) + off}"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (record(3, http(html(3))).replace(b"Content-Length", b"Content-Lenght"), "its length is not told"),
        (record(3, http(html(3)), more="a: " + "b" * MOST_HEAD), "its head has no end"),
        (record(3, b"no HTTP at all"), "it holds no HTTP response"),
        (record(3, http(html(3)), url="<>"), "it has no URL"),
        (record(3, http(html(3)), more="WARC-Segment-Number: 1"), "it is one segment of several"),
        (arc(3, html(3)).replace(b" 2020", b" 20x0"), "none begins here"),
        (re.sub(rb"html \d+\n", b"html -1\n", arc(3, html(3))), "its length is not told"),
        (b"rubbish\r\n\r\n", "none begins here"),
    ],
)
@pytest.mark.parametrize("pack", EACH.values(), ids=EACH)
def test_warc_a_bad_record_is_named_by_its_place_and_reason(pack: object, bad: bytes, reason: str) -> None:
    made = [pack(one) for one in (*STORIES[:3], bad, *STORIES[4:])]  # type: ignore[operator]
    pages, told = read(b"".join(made))
    assert dict(pages) == {url: body for url, body in BODIES.items() if url != address(3)}
    assert told == [(sum(map(len, made[:3])), f"broken record: {reason}")]


def test_warc_truncated_by_who_took_it_is_not_whole() -> None:
    assert read(record(1, http(html(1)), more="WARC-Truncated: length"))[1] == [(0, "capture is not whole: length")]


def test_warc_a_wrong_checksum_is_damage() -> None:
    made = bytearray(gzip.compress(STORIES[0]))
    made[-6] ^= 1
    pages, told = read(bytes(made) + gzip.compress(STORIES[1]))
    assert list(dict(pages)) == [address(1)]
    assert told == [(0, "broken record: gzip is damaged")]


@pytest.mark.parametrize(("magic", "name"), [(b"\x04\x22\x4d\x18", "lz4"), (b"BZh9", "bzip2"), (b"\xfd7zXZ\0", "xz")])
def test_warc_in_another_packing_says_which(magic: bytes, name: str) -> None:
    assert read(magic + bytes(99)) == ([], [(0, f"broken record: packed by {name}, which is not read")])


def padded(one: bytes) -> bytes:
    return gzip.compress(STORIES[0]) + bytes(5_000) + gzip.compress(STORIES[1]) + one


def test_warc_padding_between_members_is_nothing() -> None:
    assert read(padded(bytes(70_000))) == ([(address(0), html(0)), (address(1), html(1))], [])


def nested(depth: int) -> bytes:
    """A member in a record in a member …, none packed and each with a wrong checksum."""
    made = STORIES[0]
    for number in range(depth):
        packer = zlib.compressobj(0, wbits=31)
        member = bytearray(packer.compress(record(number, made)) + packer.flush())
        member[-5] ^= 1
        made = bytes(member)
    return made


def lies(length: int, count: int) -> bytes:
    return b"".join(record(n, http(b"<p>hi"), length=length) for n in range(count))


HURTFUL = {
    "empty members": gzip.compress(STORIES[0]) + 20_000 * gzip.compress(b""),
    "what looks like members": gzip.compress(STORIES[0]) + 20_000 * b"\x1f\x8b\x08",
    "what looks like frames": zstd.compress(STORIES[0]) + 20_000 * b"\x28\xb5\x2f\xfd",
    "members in members": nested(400),
    "lengths that lie": lies(300_000, 2_000),
    "large lengths that lie": lies(11_000_000, 45_000),
    "lengths that lie, in one member": gzip.compress(lies(9_000_000, 2_000)),
    "heads without end": 20_000 * b"WARC/1.0\r\n",
    "lines like those of ARC": 20_000 * b"http://a 1.1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n",
    "a line without end": b"http:" + 500_000 * b"1 ",
    "a chunk for each byte": gzip.compress(
        record(1, http(100_000 * b"1\r\nx\r\n" + b"0\r\n\r\n", "Transfer-Encoding: chunked"))
    ),
}


@pytest.mark.parametrize("name", HURTFUL)
def test_warc_made_to_hurt_is_read_a_bounded_number_of_times(name: str) -> None:
    file = InMemory(HURTFUL[name])
    items = list(warc.index(file))
    list(warc.read(file, [item for item in items if not item.broken], "tern"))
    assert (
        sum(min(length, file.size - offset) for offset, length in file.asked)
        < (AT_MOST_AGAIN + 3) * file.size + 2_000_000
    )


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_warc_a_bomb_goes_by_in_pieces(pack: object) -> None:
    block = http(bytes(60_000_000))
    bomb = InMemory(pack(STORIES[0]) + pack(record(1, block)) + pack(STORIES[2]))  # type: ignore[operator]
    del block
    tracemalloc.start()
    try:
        items = list(warc.index(bomb))
        answers = list(warc.read(bomb, items, "tern"))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [a.reason if isinstance(a, EntryError) else a.capture.url for a in answers] == [
        address(0),
        "body too large",
        address(2),
    ]
    assert most < 15_000_000
