"""An archive made to do harm, through the whole command: it costs its own records, within bounds, and nobody else's."""

import gzip
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from backports import zstd

from pipeline import ledger
from pipeline.documents import decode, parse
from pipeline.identity import article_id
from pipeline.model import Document, Outcome
from pipeline.store.folder import FolderStore
from tests.archives.made_up import page
from tests.archives.made_warc import http, record
from tests.watched import Done, newsroom

MEMORY = 1_200_000_000
BOMB = 400_000_000
TINY = 100_000
PASSWORD = "tern-hush-hush"  # pragma: allowlist secret


class Taken(NamedTuple):
    done: Done
    store: FolderStore
    lines: list[Outcome]


def story(number: int, url: str | None = None, **said: str) -> bytes:
    return record(number, http(page(number)), url=url, **said)  # type: ignore[arg-type]


def zeros(size: int) -> bytes:
    """A gzip stream of so many zeros, a thousandth of their size, made in no time."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    flat = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    crc = 0
    for _ in range(size // 1_000_000):
        crc = zlib.crc32(bytes(1_000_000), crc)
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    return head + flat * (size // 1_000_000) + end + crc.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little")


def lying() -> Iterator[bytes]:
    """Records of one plain file; those with even numbers are sound."""
    yield story(100)
    yield record(101, http(page(101)), length=500_000_000)
    yield story(102)
    yield record(103, http(page(103)), length=-5)
    yield story(104, date="0001-01-01T00:00:00Z")
    yield record(105, http(zeros(50_000_000), "Content-Encoding: gzip"))
    yield story(106, date="9999-12-31T23:59:59Z")
    yield record(107, http(zstd.compress(bytes(50_000_000)), "Content-Encoding: zstd"))
    yield story(108, url=f"https://ada:{PASSWORD}@tern.example/108")
    yield record(109, http(b"<div>" * 200_000))
    yield story(110, url="https://tern.example/110\x1b[2J\x00/../110?a=\x07")
    yield record(111, http(b"\x7fELF" + bytes(range(256)) * 50))
    claim = b'<head><link rel="canonical" href="https://other.example/2026/its-own-story">'
    yield record(112, http(page(112).replace(b"<head>", claim)))
    yield record(113, http(page(113)), url="https://tern.example/" + "x" * 9_000)
    yield story(114)
    yield story(114)  # the same record twice
    yield story(114, url="https://tern.example/another")  # its id once more, for something else


def hostile(root: Path) -> None:
    """The archive; what nothing may read stands beside it."""
    root.mkdir()
    (root / "lying.warc").write_bytes(b"".join(lying()))
    bomb = record(0, b"", url="https://tern.example/bomb", length=BOMB)[:-4]
    (root / "bomb.warc.gz").write_bytes(gzip.compress(bomb) + zeros(BOMB) + gzip.compress(story(200)))
    (root / "frames.warc.zst").write_bytes(
        zstd.compress(story(202)) + zstd.compress(bytes(BOMB // 4)) + zstd.compress(story(204))
    )
    (root / "empty.warc.gz").write_bytes(gzip.compress(story(206)) + gzip.compress(b"") * 300_000)
    kinds = ("metadata", "request", "warcinfo", "response")
    gone = http(b"", status="404 Not Found")
    tiny = (record(1000 + n, gone, kind=kinds[3 if n % 50 == 0 else n % 3]) for n in range(TINY))
    (root / "tiny.warc").write_bytes(b"".join(tiny))
    deep = b'{"url": "https://tern.example/deep", "html": ' + b"[" * 100_000
    text = page(300).decode().replace('"', "'").replace("\n", " ")
    sound = (
        f'{{"url": "https://ada:{PASSWORD}@tern.example/300", "captured_at": "0001-01-01T00:00:00Z", "html": "{text}"}}'
    )
    (root / "lines.jsonl").write_bytes(b"\n".join([deep, sound.encode(), b"\xff\xfe{", b""]))
    folders(root)


def folders(root: Path) -> None:
    outside = root.parent / "outside.html"
    outside.write_bytes(page(666))
    site = root / "site"
    site.mkdir()
    (site / "urls.csv").write_text(
        "path,url\n"
        "../../outside.html,https://tern.example/outside\n"
        f"{outside},https://tern.example/outside\n"
        "home.html,file:///etc/hostname\n"
        f"a b%2f..%2f.html,https://ada:{PASSWORD}@tern.example/302\n"
    )
    (site / "home.html").write_bytes(page(304))
    (site / "a b%2f..%2f.html").write_bytes(page(302))
    (site / "link.html").symlink_to(outside)
    (site / "up").symlink_to(root.parent)
    (site / "round").symlink_to(site)
    os.mkfifo(site / "pipe.html")
    (site / "late").write_bytes(page(306))


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    folder = tmp_path_factory.mktemp("hostile")
    hostile(folder / "archive")
    store = FolderStore((folder / "store").as_uri())
    done = newsroom("archive", str(folder / "archive"), "--processes", "2", "--store", store.url)
    (run,) = ledger.runs(store)
    lines = list(ledger.read_run(store, run.run))
    assert run.entries == sum(run.outcomes.values()) == len(lines)
    return Taken(done, store, lines)


def documents(store: FolderStore) -> dict[str, Document]:
    found = (store.get(one.key).body for one in store.keys("documents/") if one.key.endswith(".json"))
    return {(document := decode(body)).title or "": document for body in found}


def test_hostile_archive_ends_well_within_its_memory(taken: Taken) -> None:
    print(f"{taken.done.peak / 1e6:.0f} MB in one process, {taken.done.together / 1e6:.0f} MB in all of them")
    assert (taken.done.status, taken.done.err) == (0, "")
    assert taken.done.peak < MEMORY
    assert taken.done.together < 2 * MEMORY


def test_hostile_archive_costs_no_sound_record(taken: Taken) -> None:
    numbers = {title.rpartition(" ")[2] for title in documents(taken.store)}
    assert numbers == {*map(str, (*range(100, 115, 2), *range(200, 207, 2), *range(300, 307, 2)))}


def test_hostile_archive_names_each_broken_record_with_file_and_offset(taken: Taken) -> None:
    broken = [line for line in taken.lines if (line.reason or "").startswith("broken record: ")]
    for line in broken:
        assert line.reason
        assert line.reason.count("broken record") == 1
        assert line.capture
        assert line.reason.endswith(f": {line.capture.key} at {line.capture.offset}")
    said = Counter(
        (line.capture.key.rpartition("/")[2], (line.reason or "").split(": ")[1]) for line in broken if line.capture
    )
    assert said == {
        ("lying.warc", "its length is wrong"): 1,
        ("lying.warc", "its length is not told"): 1,
        ("lying.warc", "it has no URL"): 1,
        ("bomb.warc.gz", "it holds no HTTP response"): 1,
        ("frames.warc.zst", "none begins here"): 1,
        ("lines.jsonl", "unreadable line"): 2,
    }


def test_hostile_archive_bombs_and_binaries_have_their_reasons(taken: Taken) -> None:
    of = {line.url: f"{line.outcome}: {line.reason}" for line in taken.lines if line.url}
    assert of["https://tern.example/105"] == of["https://tern.example/107"] == "failed: decompression bomb"
    assert of["https://tern.example/111"].startswith("rejected: not text: ")
    assert of["https://tern.example/109"].startswith(("rejected", "failed: cleaning"))
    assert {line.outcome for line in taken.lines if line.capture and "tiny" in line.capture.key} == {"rejected"}


def test_hostile_archive_gives_away_no_secret_and_reads_nothing_outside(taken: Taken) -> None:
    kept = b"".join(path.read_bytes() for path in taken.store.root.rglob("*") if path.is_file())
    assert PASSWORD.encode() not in kept
    assert b"case 666" not in kept
    assert b"/etc/hostname" not in kept
    assert {line.url for line in taken.lines} >= {"https://tern.example/108", "https://tern.example/300"}


def test_hostile_archive_names_articles_and_times_by_the_rules(taken: Taken) -> None:
    by_number = {title.rpartition(" ")[2]: document for title, document in documents(taken.store).items()}
    assert by_number["112"].id == article_id("https://tern.example/112")
    for number in ("104", "106", "300"):
        assert by_number[number].captured_from != "record"
        assert by_number[number].captured_at
        assert 2020 < by_number[number].captured_at.year < 2100
    assert not any(c < " " for document in by_number.values() for c in document.url or "")
    assert all(parse(one.key) for one in taken.store.keys("documents/"))
    again = Counter((line.url, line.outcome) for line in taken.lines if line.title and line.title.endswith("case 114"))
    told, other = "https://tern.example/114", "https://tern.example/another"
    assert again == {(told, "landed"): 1, (told, "unchanged"): 1, (other, "landed"): 1}
