"""Files of seven other projects' tests: none stops us, and what warcio reads of them we read too."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from pipeline.archives import warc
from pipeline.archives.heads import url_of
from pipeline.archives.revisits import NOT_HERE
from pipeline.archives.warc import KINDS, OF_THE_CRAWL
from pipeline.clean.worker import Page
from pipeline.errors import EntryError
from tests.archives.made_warc import InMemory
from tests.shared import shared

pytestmark = pytest.mark.shared
FOLDER = "data/C_warc"
NOT_BY_WARCIO = {
    "warcio__bad.arc": "lengths of -1 and abc",
    "warcio__example-space-in-url.arc": "its length is 12 too long",
    "warcio__example-trunc.warc": "cut off",
    "warcio.js__example-bad-length.warc": "one byte more than it says",
    "resiliparse__clipped.warc.gz": "cut off",
    "solrwayback__transfer_compression_none_truncated.warc.gz": "cut off",
    "solrwayback__Evil-Warc-Headers.warc": "its length is far too long",
    "ipwb__HTTP204.warc": "two lengths are too long",
    "ipwb__broken.warc": "a length of 7",
    "ipwb__redirect.warc": "lengths were counted before line ends became shorter",
    "resiliparse__block-sized-records.warc.lz4": "lz4",
    "resiliparse__warcfile.warc.lz4": "lz4",
}
"""What is broken in a file of which warcio gives everything, cut or not."""


def files() -> list[dict[str, object]]:
    index = Path(__file__).resolve().parents[3] / "shared" / FOLDER / "conformance/INDEX.json"
    return list(json.loads(index.read_text())) if index.exists() else []


def by_warcio(path: Path) -> Iterator[tuple[str, str, bytes]]:
    """Type, URL and payload out of its chunks of every capture."""
    with path.open("rb") as file:
        for found in ArchiveIterator(file, arc2warc=True):
            url = url_of(found.rec_headers.get_header("WARC-Target-URI") or "")
            if found.rec_type in KINDS and not OF_THE_CRAWL.match(url):
                yield found.rec_type, url, found.content_stream().read() if found.rec_type != "revisit" else b""


@pytest.mark.parametrize("said", files(), ids=lambda said: str(said["file"]).partition("/")[2])
def test_warc_conformance_file_is_read(said: dict[str, object]) -> None:
    path = shared(f"{FOLDER}/{said['file']}")
    name = path.name
    file = InMemory(path.read_bytes(), name)
    items = list(warc.index(file))
    answers = list(warc.read(file, items, "tern"))
    assert len(answers) == len(items)
    broken = [item for item in items if item.broken and item.broken != NOT_HERE]
    assert bool(broken) == (name in NOT_BY_WARCIO)
    if broken or said["warcio_error"] or "brotli" in name:
        return
    theirs = list(by_warcio(path))
    assert [item.url for item in items] == [url for _, url, _ in theirs]
    for (kind, url, body), answer in zip(theirs, answers, strict=True):
        if kind != "revisit":
            assert isinstance(answer, Page), url
            assert answer.capture.body == body, url
        else:
            assert isinstance(answer, EntryError) or answer.capture.body


@pytest.mark.parametrize(
    ("name", "pages", "broken"),
    [
        ("warcio__example-bad-non-chunked.warc.gz", 2, 0),
        ("warcio__example-bad.warc.gz.bad", 3, 0),
        ("warcio__example-wrong-chunks.warc.gz", 1, 0),
        ("solrwayback__transfer_compression_brotli.warc.gz", 1, 0),
        ("webarchive-discovery__IAH-20080430204825-00000-blackbook-truncated.arc", 7, 0),
        ("ipwb__broken.warc", 1, 1),
        ("warcio.js__example-bad-length.warc", 0, 2),
    ],
)
def test_warc_conformance_file_that_stops_others(name: str, pages: int, broken: int) -> None:
    file = InMemory(shared(f"{FOLDER}/conformance/{name}").read_bytes(), name)
    items = list(warc.index(file))
    answers = list(warc.read(file, items, "tern"))
    assert [sum(isinstance(a, Page) for a in answers), sum(bool(i.broken) for i in items)] == [pages, broken]


def test_warc_news_is_read_with_its_revisits() -> None:
    file = InMemory(shared(f"{FOLDER}/news/news-dev.warc.gz").read_bytes(), "news-dev.warc.gz")
    items = list(warc.index(file))
    answers = list(warc.read(file, items, "tern"))
    assert len(items) == 84
    assert all(isinstance(answer, Page) for answer in answers)
    revisits = [(item, answer) for item, answer in zip(items, answers, strict=True) if item.payload]
    assert len(revisits) == 7
    assert all(isinstance(answer, Page) and len(answer.capture.body) > 10_000 for _, answer in revisits)
    assert min(item.at for item in items) > datetime(2000, 1, 1, tzinfo=UTC)
