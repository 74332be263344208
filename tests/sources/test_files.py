"""Folders of pages, and what may be read from them."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import EntryError, Failed, Refused, Rejected, SourceError
from pipeline.model import Source
from pipeline.sources import read
from pipeline.sources.files import file_exchange, read_file
from pipeline.web.coding import MOST_BYTES

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """pages/ with two pages, a picture and a hidden page; a secret beside it, and links to the secret."""
    pages = tmp_path / "pages"
    (pages / "old news").mkdir(parents=True)
    (pages / "b.html").write_text("<p>Ferries stay in port</p>")
    (pages / "old news" / "a ø.txt").write_text("Cyclone nears")
    (pages / "picture.png").write_bytes(b"\x89PNG")
    (pages / ".draft.html").write_text("not yet")
    (tmp_path / "secret.html").write_text("secret")
    (pages / "link.html").symlink_to(tmp_path / "secret.html")
    (pages / "up").symlink_to(tmp_path)
    return pages


def source(url: str) -> Source:
    return Source(name="box", url=url, kind="files")


def names(url: str, root: Path) -> list[str]:
    return [str(entry.guid).rsplit(" ", 1)[0] for entry in read(source(url), url, {}, b"").entries]


def test_files_of_a_folder_are_its_pages_in_order(folder: Path) -> None:
    found = read(source(folder.as_uri()), folder.as_uri(), {}, b"")
    assert [str(entry.guid).rsplit(" ", 1)[0] for entry in found.entries] == ["b.html", "link.html", "old news/a ø.txt"]
    assert found.entries[2].url == (folder / "old news" / "a ø.txt").as_uri()
    assert [warning.partition(":")[0] for warning in found.warnings] == ["outside the folder of its source"]


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("/*.html", ["b.html", "link.html"]),
        ("/b.html", ["b.html"]),
        ("/old%20news/*", ["a ø.txt"]),
        ("/**/*.txt", ["old news/a ø.txt"]),
        ("/*.png", ["picture.png"]),
        ("/[ab].html", ["b.html"]),
    ],
)
def test_files_of_a_glob(folder: Path, glob: str, expected: list[str]) -> None:
    assert names(folder.as_uri() + glob, folder) == expected


def test_files_digest_changes_with_the_content_alone(folder: Path) -> None:
    def digest() -> str:
        return read(source(folder.as_uri()), folder.as_uri(), {}, b"").entries[0].digest

    before = digest()
    os.utime(folder / "b.html", (1, 1))
    assert digest() == before
    (folder / "b.html").write_text("<p>Ferries sail</p>")
    assert digest() != before


@pytest.mark.parametrize("path", ["/nowhere", "/*.pdf", "/nowhere/*.html"])
def test_files_that_are_not_there_are_an_error(folder: Path, path: str) -> None:
    with pytest.raises(SourceError, match="no page is at file:///"):
        read(source(folder.as_uri() + path), "", {}, b"")


@pytest.mark.parametrize("url", ["https://tern.example/", "file://host/pages", "s3://box/pages"])
def test_files_are_on_this_machine(url: str) -> None:
    with pytest.raises(SourceError, match="file:/// URL"):
        read(source(url), url, {}, b"")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/../secret.html", Refused),
        ("/%2e%2e/secret.html", Refused),
        ("/link.html", Refused),
        ("/up/secret.html", Refused),
        ("/nowhere.html", Failed),
        ("/old%20news", Failed),
        ("/pipe", Refused),
        ("/b.html%00", Failed),
        ("/huge.html", Rejected),
    ],
)
def test_files_outside_or_odd_are_not_read(folder: Path, path: str, error: type[EntryError]) -> None:
    os.mkfifo(folder / "pipe")
    with (folder / "huge.html").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(error):
        read_file(folder.as_uri() + path, folder)


def test_files_exchange_is_as_a_server_would_answer(folder: Path) -> None:
    page = (folder / "b.html").as_uri()
    (exchange,), error = file_exchange(source(folder.as_uri()), page, NOON)
    assert (exchange.status, exchange.payload, exchange.at, error) == (200, b"<p>Ferries stay in port</p>", NOON, None)
    assert dict(exchange.headers)["Content-Type"] == "text/html"


@pytest.mark.parametrize("owner", ["https://tern.example/feed.xml", "", "file:///somewhere/else"])
def test_files_exchange_is_for_the_folder_of_the_source_alone(folder: Path, owner: str) -> None:
    exchanges, error = file_exchange(source(owner), (folder / "b.html").as_uri(), NOON)
    assert exchanges == ()
    assert isinstance(error, Refused)
