"""JSON lines: what can be read is, and a bad line costs itself."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.archives import lines
from pipeline.archives.texts import Text
from pipeline.errors import Failed
from pipeline.web.coding import MOST_BYTES
from tests.archives.exports import FILED, PARAGRAPHS, answers, cleaned, file_of, html, pages, reasons
from tests.archives.test_texts import zstd

PAGE = {"url": "https://tern.example/ferry", "html": f"<html><body><article>{html()}</article></body></html>"}
TEXT = {"id": 4711, "title": "Ferry stays", "text": "\n".join(PARAGRAPHS), "published_at": "2026-10-02"}


def jsonl(*rows: Any) -> bytes:
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a/b.jsonl", jsonl(PAGE, TEXT)),
        ("a/b.jsonl", jsonl(PAGE, TEXT).rstrip()),
        ("a/b.jsonl", b"\xef\xbb\xbf" + jsonl(PAGE, b"", b" \r", TEXT)),
        ("a/b.jsonl", jsonl(PAGE, TEXT).replace(b"\n", b"\r\n")),
        ("a/b.jsonl", jsonl(PAGE, TEXT).decode().encode("utf-16")),
        ("a/b.jsonl.gz", gzip.compress(jsonl(PAGE, TEXT))),
        ("a/b.jsonl.zst", zstd(jsonl(PAGE, TEXT))),
    ],
)
def test_lines_gives_pages_and_texts(tmp_path: Path, name: str, content: bytes) -> None:
    page, text = pages(lines, file_of(tmp_path, name, content))
    assert (page.capture.url, page.from_feed) == ("https://tern.example/ferry", False)
    assert page.capture.headers == (("Content-Type", "text/html; charset=utf-8"),)
    assert (text.capture.url, text.entry.guid, text.entry.path) == ("", "4711", f"{name}#4711")
    assert text.entry.title == "Ferry stays"
    assert [cleaned(one).text for one in (page, text)] == ["\n".join(PARAGRAPHS)] * 2


@pytest.mark.parametrize(
    ("said", "at", "at_from"),
    [
        ({"captured_at": "2026-10-05T08:00:00+02:00"}, datetime(2026, 10, 5, 6, tzinfo=UTC), "record"),
        ({"captured_at": "2026-10-05T08:00:00"}, datetime(2026, 10, 5, 8, tzinfo=UTC), "record"),
        ({"published_at": "2026-10-02"}, datetime(2026, 10, 2, tzinfo=UTC), "item"),
        ({"published_at": 1790000000}, datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC), "item"),
        ({"published_at": 1790000000.0}, datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC), "item"),
        ({"published_at": 1e300}, FILED, "file"),
        ({"published_at": ["soon"], "captured_at": None}, FILED, "file"),
        ({"captured_at": "0001-01-01T00:00:00+10:00"}, FILED, "file"),
    ],
)
def test_lines_says_whose_time_it_is(tmp_path: Path, said: dict[str, Any], at: datetime, at_from: str) -> None:
    ((item, page),) = answers(lines, file_of(tmp_path, "a.jsonl", jsonl({"text": "\n".join(PARAGRAPHS), **said})))
    assert (item.at, item.at_from) == (at, at_from)
    assert not isinstance(page, Failed)
    document = cleaned(page)  # type: ignore[arg-type]
    assert (document.captured_at, document.captured_from) == (at, at_from)


def test_lines_of_a_file_that_holds_nothing_are_none(tmp_path: Path) -> None:
    for content in (b"", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n\n", b"\xff\xfe", b" \n"):
        assert not answers(lines, file_of(tmp_path, "a.jsonl", content))


def test_lines_takes_authors_and_language_as_they_come(tmp_path: Path) -> None:
    rows = [{"text": "a", "authors": who, "language": "en-GB"} for who in (["Ada Holm", 7], "Ada Holm", None, {"a": 1})]
    found = pages(lines, file_of(tmp_path, "a.jsonl", jsonl(*rows)))
    assert [page.entry.authors for page in found] == [("Ada Holm",), ("Ada Holm",), (), ()]
    assert {page.entry.language for page in found} == {"en"}


@pytest.mark.parametrize("name", ["title", "url", "published_at", "captured_at", "authors", "language", "html"])
def test_lines_null_is_as_if_absent(tmp_path: Path, name: str) -> None:
    bare, null = ({"id": 7, "text": "a", **more} for more in ({}, {name: None}))
    found, same = (pages(lines, file_of(tmp_path, "a.jsonl", jsonl(row))) for row in (null, bare))
    assert [page.entry for page in found] == [page.entry for page in same]


def test_lines_without_url_or_id_are_named_by_their_place(tmp_path: Path) -> None:
    content = jsonl({"text": "a"}, {"text": "b"}, {"text": "c", "url": "file:///etc/passwd"})
    found = pages(lines, file_of(tmp_path, "a.jsonl", content))
    assert [page.entry.path for page in found] == ["a.jsonl:0", "a.jsonl:14", "a.jsonl:28"]
    assert {page.entry.url for page in found} == {None}


def test_lines_that_cannot_be_read_cost_themselves(tmp_path: Path) -> None:
    content = jsonl(PAGE, b'{"html": ', b"\xff\xfe\xff", {"id": 1}, {"html": 7}, [1], b'{"text": "\xe4"}', TEXT)
    file = file_of(tmp_path, "x/a.jsonl", content)
    assert len(pages(lines, file)) == 2
    found = reasons(lines, file)
    assert [reason.split(":")[:2] for reason in found] == [["unreadable line", f" {n}"] for n in range(2, 8)]
    assert found[2] == 'unreadable line: 4: neither "html" nor "text"'


def test_lines_nested_deep_cost_themselves(tmp_path: Path) -> None:
    deep = b'{"x": ' + b"[" * 200_000 + b"]" * 200_000 + b', "text": "a"}'
    file = file_of(tmp_path, "a.jsonl", jsonl(PAGE, deep, TEXT))
    assert len(pages(lines, file)) == 2
    assert [reason.split(":")[:2] for reason in reasons(lines, file)] == [["unreadable line", " 2"]]


@pytest.mark.parametrize("said", ["", None, True, ["a"], {"a": 1}])
def test_lines_whose_id_is_no_name_are_named_by_their_place(tmp_path: Path, said: Any) -> None:
    first = {"id": said, "text": "a"}
    found = pages(lines, file_of(tmp_path, "a.jsonl", jsonl(first, {"id": said, "text": "b"})))
    paths = ["a.jsonl:0", f"a.jsonl:{len(jsonl(first))}"]
    assert [(page.entry.guid, page.entry.path) for page in found] == [(None, path) for path in paths]


def test_lines_of_many_tiny_members_are_the_same(tmp_path: Path) -> None:
    packed = b"".join(gzip.compress(bytes([byte]), mtime=0) for byte in jsonl(PAGE, TEXT))
    plain = pages(lines, file_of(tmp_path, "a.jsonl", jsonl(PAGE, TEXT)))
    file = file_of(tmp_path, "a.jsonl.gz", packed)
    assert [page.capture.body for page in pages(lines, file)] == [page.capture.body for page in plain]
    assert len(list(Text(file).pieces())) == 1


def test_lines_too_long_cost_themselves(tmp_path: Path) -> None:
    long = b'{"text": "' + b"a" * MOST_BYTES + b'"}'
    file = file_of(tmp_path, "a.jsonl.gz", gzip.compress(jsonl(PAGE, long, TEXT), 1))
    assert len(pages(lines, file)) == 2
    assert reasons(lines, file) == ["unreadable line: 2: longer than 10 MB"]


def test_lines_of_a_cut_file_are_read_up_to_the_cut(tmp_path: Path) -> None:
    file = file_of(tmp_path, "a.jsonl.gz", gzip.compress(jsonl(PAGE, TEXT))[:-3])
    assert len(pages(lines, file)) == 2
    assert reasons(lines, file) == ["broken gzip: it ends too early"]


def test_lines_of_a_changed_file_are_not_taken_for_others(tmp_path: Path) -> None:
    file = file_of(tmp_path, "a.jsonl", jsonl(PAGE, TEXT))
    items = list(lines.index(file))
    file = file_of(tmp_path, "a.jsonl", jsonl(TEXT, PAGE))
    assert [str(answer) for answer in lines.read(file, items, "a")] == [
        f"archive has changed: {file.url}:{item.ref.offset}" for item in items
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=40) | st.sampled_from([jsonl(PAGE), jsonl(TEXT)]), max_size=6))
def test_lines_never_fails_on_what_it_is_given(tmp_path: Path, parts: list[bytes]) -> None:
    content = b"".join(parts)
    found = answers(lines, file_of(tmp_path, "a.jsonl", content))
    whole = sum(line.strip(b" \t\r") in (jsonl(PAGE).strip(), jsonl(TEXT).strip()) for line in content.split(b"\n"))
    plain = not content.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"))
    assert not plain or sum(not isinstance(answer, Failed) for _, answer in found) >= whole
