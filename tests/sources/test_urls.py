"""Lists of URLs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.model import Source
from pipeline.sources import Offer, read

SOURCE = Source(name="list", url="https://tern.example/list.txt", kind="urls", language="da")


def offer(text: str | bytes, url: str = SOURCE.url) -> Offer:
    return read(SOURCE, url, {}, text.encode() if isinstance(text, str) else text)


def test_urls_are_entries_line_by_line() -> None:
    found = offer(
        "\ufeff# Ferries\r\n\r\n https://tern.example/a \r\nhttp://isle.example/b\tFerries stay in port\n"
        "  # https://tern.example/not\nhttps://tern.example/c#part"
    )
    assert [(entry.url, entry.title) for entry in found.entries] == [
        ("https://tern.example/a", None),
        ("http://isle.example/b", "Ferries stay in port"),
        ("https://tern.example/c#part", None),
    ]
    assert {entry.language for entry in found.entries} == {"da"}
    assert found.warnings == ()


@pytest.mark.parametrize(
    "line",
    ["tern.example/a", "/a", "ftp://tern.example/a", "https://", "http://[x", "file:///etc/passwd", "see https://x"],
)
def test_urls_line_that_is_none_is_a_warning(line: str) -> None:
    found = offer(f"https://tern.example/a\n{line}\n")
    assert len(found.entries) == 1
    assert found.warnings == (f"line 2 is no URL: {line!r}",)


def test_urls_of_a_local_list_may_be_files() -> None:
    assert offer("file:///srv/a.html", "file:///srv/list.txt").entries[0].url == "file:///srv/a.html"


def test_urls_list_without_any_is_an_error_and_an_empty_one_is_not() -> None:
    with pytest.raises(SourceError, match="no list of URLs: line 1"):
        offer("<html><body>Down</body></html>")
    assert offer("# nothing today\n") == Offer(())


@given(st.binary(max_size=200))
def test_urls_of_arbitrary_bytes_are_an_offer_or_a_source_error(body: bytes) -> None:
    try:
        entries = offer(body).entries
    except SourceError:
        entries = ()
    assert all(str(entry.url).startswith(("http://", "https://")) for entry in entries)
