"""What keeps secrets out of what is kept."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Entry, Exchange
from pipeline.veil import Veil
from tests.web.site import NOW

URL = "https://tern.example/feed?access_token=gull%2Fgull&page=2"
VEIL = Veil(URL, "desk:kittiwake")  # pragma: allowlist secret


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (URL, "https://tern.example/feed?access_token=***&page=2"),
        ("bad URL: gull/gull", "bad URL: ***"),
        ("Basic ZGVzazpraXR0aXdha2U=", "Basic ***"),
        ("desk:kittiwake or kittiwake", "*** or ***"),
        ("https://tern.example/a?token=other1&x=1", "https://tern.example/a?token=***&x=1"),
        ("the desk", "the desk"),
    ],
)
def test_veil_covers_every_form(said: str, kept: str) -> None:
    assert VEIL.url(said) == kept


def test_veil_of_a_source_without_secrets_is_none() -> None:
    assert Veil("https://tern.example/feed").url("https://x.example/?token=abcdefgh") == (
        "https://x.example/?token=abcdefgh"
    )


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://tern.example/a?access_token=***", "https://tern.example/a?access_token=gull%2Fgull"),
        ("https://heron.example/a?access_token=***", "https://heron.example/a?access_token=***"),
        ("http://tern.example:81/a?access_token=***", "http://tern.example:81/a?access_token=***"),
        ("https://tern.example/a?other=***", "https://tern.example/a?other=***"),
    ],
)
def test_veil_is_lifted_for_the_host_of_the_source_alone(url: str, asked: str) -> None:
    assert VEIL.lifted(url) == asked


def test_veil_covers_a_packed_body_and_the_headers() -> None:
    came = Exchange(
        url=URL, at=NOW, request_headers=(), status=302, reason="to gull/gull",
        headers=(("Content-Encoding", "gzip"), ("Location", "/next?access_token=gull%2Fgull")),
        payload=gzip.compress(b"<a href='?access_token=gull%2Fgull'>"),
    )  # fmt: skip
    kept = VEIL.exchange(came)
    assert (kept.payload, kept.headers) == (b"<a href='?access_token=***'>", (("Location", "/next?access_token=***"),))
    assert (kept.url, kept.reason) == ("https://tern.example/feed?access_token=***&page=2", "to ***")
    plain = Exchange(url=URL, at=NOW, request_headers=(), status=200, reason="", headers=(), payload=b"\x1f\x8b no")
    assert VEIL.exchange(plain).payload == plain.payload


@given(st.text(max_size=30), st.text(max_size=30))
def test_veil_leaves_no_secret_in_an_entry(before: str, after: str) -> None:
    said = f"{before}kittiwake{after}"
    found = VEIL.entry(Entry(source="tern", url=said, guid=said, title=said, summary=said, body=said, fallback=said))
    assert "kittiwake" not in repr(found)
