"""Folders of pages: what stands beside them, what they say themselves, and what may not be read."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.archives import pages, places
from pipeline.archives.places import ArchiveFile
from pipeline.clean.worker import Page
from pipeline.errors import SourceError
from pipeline.store import open_store
from pipeline.web.coding import MOST_BYTES
from tests.archives.exports import FILED, PARAGRAPHS, answers, cleaned, file_of, html, reasons

URL = "https://tern.example/2026/ferry"
TAKEN = datetime(2026, 10, 5, 6, tzinfo=UTC)


def page(head: str = "") -> str:
    title = "<title>Saltwick keeps its ferry</title>"
    return f"<html><head>{title}{head}</head><body><article>{html()}</article></body></html>"


def only(file: ArchiveFile) -> tuple[Page, str]:
    ((item, found),) = answers(pages, file)
    assert isinstance(found, Page)
    assert (found.capture.at, found.capture.at_from) == (item.at, item.at_from)
    return found, item.at_from


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("urls.csv", f"path,url,captured_at\na/b.html,{URL},2026-10-05T08:00:00+02:00\n"),
        ("urls.csv", f"\ufeffFile, URL ,Time\n./a/b.html,{URL},20261005060000\n"),
        ("urls.csv", f'url,filename,timestamp\n"{URL}",a\\b.html,1791180000.5\n'),
        ("urls.csv", f"path,url,captured_at\n/a/b.html,{URL},2026-10-05T06:00:00Z\n"),
        ("a/urls.csv", f"path,url,date\nb.html,{URL},2026-10-05T06:00:00Z\n"),
        ("urls.tsv", f"path\turl\tcaptured_at\na/b.html\t{URL}\t2026-10-05T06:00:00Z\n"),
        ("urls.jsonl", '{"no": 1}\nnot json\n' + json.dumps({"path": "a/b.html", "url": URL, "time": 1791180000})),
        ("a/b.json", json.dumps({"url": URL, "date_download": "2026-10-05 06:00:00", "title": "x"})),
    ],
)
def test_pages_have_their_urls_beside_them(tmp_path: Path, name: str, content: str) -> None:
    file_of(tmp_path, name, content)
    found, at_from = only(file_of(tmp_path, "a/b.html", page()))
    assert (found.capture.url, found.capture.at, at_from) == (URL, TAKEN, "sidecar")
    document = cleaned(found)
    assert (document.url, document.captured_at, document.captured_from) == (URL, TAKEN, "sidecar")
    assert document.text.split("\n") == list(PARAGRAPHS)


@pytest.mark.parametrize(
    ("row", "url", "at_from"),
    [
        ("b.html,file:///etc/passwd,2026-10-05", None, "sidecar"),
        ("b.html,javascript:alert(1),", None, "file"),
        (f"b.html,{URL},soon", URL, "file"),
        (f"b.html,{URL},2026-10-05,more,and more", URL, "sidecar"),
        (f"../b.html,{URL},2026-10-05", None, "file"),
        (f"other.html,{URL},2026-10-05", None, "file"),
    ],
)
def test_pages_take_nothing_but_web_addresses_and_times(
    tmp_path: Path, row: str, url: str | None, at_from: str
) -> None:
    file_of(tmp_path, "urls.csv", f"path,url,captured_at\n{row}\n")
    found, whose = only(file_of(tmp_path, "b.html", page()))
    assert (found.entry.url, whose) == (url, at_from)


@pytest.mark.parametrize("content", ["", "name,address\n", "a;b\nc;d\n"])
def test_pages_beside_a_table_that_is_none_are_not_guessed(tmp_path: Path, content: str) -> None:
    file_of(tmp_path, "urls.csv", content)
    with pytest.raises(SourceError, match=r"urls\.csv: it names no page"):
        list(pages.index(file_of(tmp_path, "b.html", page())))


@pytest.mark.parametrize(
    ("head", "at"),
    [
        ('<meta property="article:modified_time" content="2026-10-05T08:00:00+02:00">', TAKEN),
        ("<meta content='2026-10-05T06:00:00Z' name=date>", TAKEN),
        ('<script type="application/ld+json">{"datePublished": "2026-10-05T06:00:00Z"}</script>', TAKEN),
        ('<meta name="date" content="soon">', FILED),
        ('<meta name="description" content="2026-10-05">', FILED),
    ],
)
def test_pages_are_as_old_as_they_say(tmp_path: Path, head: str, at: datetime) -> None:
    found, at_from = only(file_of(tmp_path, "b.html", page(head)))
    assert (found.capture.at, at_from) == (at, "item" if at == TAKEN else "file")


def test_pages_without_url_are_named_by_their_path_or_canonical(tmp_path: Path) -> None:
    one, other, canonical = (
        cleaned(only(file_of(tmp_path, name, page(head)))[0])
        for name, head in (
            ("a/b.html", ""),
            ("a/c.html", ""),
            ("a/d.html", f'<link rel="canonical" href="{URL}">'),
        )
    )
    assert (one.url, other.url, canonical.url) == (None, None, URL)
    assert one.id != other.id


def test_pages_of_plain_text_are_texts(tmp_path: Path) -> None:
    found, at_from = only(file_of(tmp_path, "a/b.txt", "Saltwick keeps its ferry\n\n" + "\n\n".join(PARAGRAPHS)))
    document = cleaned(found)
    assert (document.title, document.text.split("\n"), at_from) == (
        "Saltwick keeps its ferry",
        list(PARAGRAPHS),
        "file",
    )
    assert found.entry.path == "a/b.txt"


def test_pages_too_large_are_rejected(tmp_path: Path) -> None:
    assert reasons(pages, file_of(tmp_path, "b.html", b"a" * (MOST_BYTES + 1))) == [
        "too large: more than 10 MB: b.html"
    ]


def test_pages_that_have_changed_are_not_taken_for_others(tmp_path: Path) -> None:
    file = file_of(tmp_path, "b.html", page())
    items = list(pages.index(file))
    file = file_of(tmp_path, "b.html", page("<meta>"))
    assert str(next(pages.read(file, items, "a"))) == f"archive has changed: {file.url}"


def test_pages_have_names_of_any_bytes(tmp_path: Path) -> None:
    names = [b"a\xff.html", b"%2e.html", "fähre 1#?.html".encode(), b"a\nb.html"]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_text(page())
    found = list(places.files(str(tmp_path), open_store(tmp_path.as_uri())))
    assert sorted(only(file)[0].entry.path or "" for file in found) == [
        "%2e.html",
        "a\nb.html",
        "a\\xff.html",
        "fähre 1#?.html",
    ]


def test_pages_are_read_from_nowhere_but_their_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.html").write_text(page())
    root = tmp_path / "root"
    file_of(root, "a/b.html", page())
    (root / "out.html").symlink_to(tmp_path / "secret.html")
    (root / "a/in.html").symlink_to(root / "a/b.html")
    (root / "urls.csv").symlink_to(tmp_path / "secret.html")
    os.mkfifo(root / "pipe.html")
    found = list(places.files(str(root), open_store(tmp_path.as_uri())))
    assert [file.path for file in found if file.path.endswith(".html")] == ["a/b.html", "a/in.html"]
    for file in found:
        if file.path.endswith(".html"):
            assert only(file)[1] == "file"


def test_pages_that_are_links_take_no_table_from_above_the_archive(tmp_path: Path) -> None:
    root = tmp_path / "root"
    file_of(tmp_path, "urls.csv", f"path,url\nlink.html,{URL}\na/b/link.html,{URL}\n")
    file_of(root, "pages/p.html", page())
    (root / "a/b").mkdir(parents=True)
    (root / "a/b/link.html").symlink_to(root / "pages/p.html")
    link, _ = places.files(str(root), open_store(tmp_path.as_uri()))
    assert (link.path, only(link)[0].entry.url) == ("a/b/link.html", None)


def test_pages_keep_their_url_whatever_separators_its_row_holds(tmp_path: Path) -> None:
    row = json.dumps({"path": "b.html", "title": "Ferry\u2028stays\x85", "url": URL}, ensure_ascii=False)
    file_of(tmp_path, "urls.jsonl", f"{row}\r\n")
    assert only(file_of(tmp_path, "b.html", page()))[0].entry.url == URL
