"""The conformance cases of other feed readers: no crash, and the entries and links that feedparser finds by itself."""

import io
import re
import tarfile
import warnings

import pytest

from pipeline.errors import SourceError
from pipeline.model import Source
from pipeline.sources import read
from tests.shared import shared

SAID = re.compile(rb"^\s*Header:\s*([\w-]+):\s*(.*?)\s*$", re.MULTILINE | re.IGNORECASE)
"""How feedparser's own cases write the headers that they are served with."""

TAKEN_FOR_LINKS = 6
"""Entries of all cases without a link whose guid is a word ("4711"): feedparser makes an address of it, we don't."""


def cases(archive: str) -> list[tuple[str, bytes]]:
    with tarfile.open(shared(f"data/B_feeds/conformance/{archive}.tar.gz")) as packed:
        found = [(each.name, packed.extractfile(each)) for each in packed if each.name.endswith((".xml", ".json"))]
        return [(name, file.read()) for name, file in found if file]


def test_conformance_no_case_crashes_and_all_entries_and_links_are_feedparsers() -> None:
    import feedparser

    compared, words = 0, set()
    for archive in ARCHIVES:
        for name, body in cases(archive):
            url = f"https://tern.example/{name}"
            said = {key.decode().lower(): value.decode("latin-1") for key, value in SAID.findall(body[:2000])}
            headers = said | {"content-location": url}
            try:
                ours = read(Source(name="tern", url=url), url, headers, body).entries
            except SourceError:
                ours = ()
            if name.endswith(".json"):
                continue
            with warnings.catch_warnings(action="ignore"):
                theirs = feedparser.parse(io.BytesIO(body), response_headers=dict(headers)).entries
            assert len(ours) == len(theirs), name
            for mine, their in zip(ours, theirs, strict=True):
                link = their.get("feedburner_origlink") or their.get("link") or ""
                if mine.url != link and link.startswith("http"):
                    assert (mine.url, their.get("guidislink")) == (None, True), (name, link)
                    words.add(name)
            compared += 1
    assert compared > 2_500
    assert len(words) <= TAKEN_FOR_LINKS, words


ARCHIVES = ("feedparser-tests", "gofeed-testdata", "feed-rs-fixtures", "lemon24-reader-data", "miniflux-testdata")


def test_conformance_json_feeds_of_others_are_read() -> None:
    found = [(name, body) for archive in ARCHIVES for name, body in cases(archive) if b"jsonfeed.org/version" in body]
    read_ones = [name for name, body in found if b'"items"' in body and is_read(name, body)]
    assert len(read_ones) >= len(found) - 3, sorted({name for name, _ in found} - set(read_ones))


def is_read(name: str, body: bytes) -> bool:
    try:
        return bool(read(Source(name="tern", url="https://tern.example/"), f"https://tern.example/{name}", {}, body))
    except SourceError:
        return False


pytestmark = pytest.mark.filterwarnings("ignore")
