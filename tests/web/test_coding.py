"""Bodies out of their codings: the usual ones, the odd ones, and those that were made to hurt."""

import gzip
import zlib
from contextlib import suppress

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import EntryError
from pipeline.web.coding import MOST_MEMBERS, decoded

TEXT = b"Ferries stay in port. " * 50


def raw_deflate(body: bytes) -> bytes:
    return zlib.compress(body)[2:-4]


@pytest.mark.parametrize(
    ("coding", "payload"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("X-GZip", gzip.compress(TEXT)),
        (" gzip ,", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
        ("deflate, gzip", gzip.compress(zlib.compress(TEXT))),
        ("gzip", gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])),
        ("gzip", gzip.compress(TEXT) + b"\0\0rubbish"),
        ("gzip", TEXT),
        ("br", brotli.compress(TEXT)),
        ("zstd", zstd.compress(TEXT)),
        ("zstd", zstd.compress(TEXT[:100]) + zstd.compress(TEXT[100:])),
        ("gzip, br", brotli.compress(gzip.compress(TEXT))),
        ("deflate, gzip", zlib.compress(TEXT)),
    ],
)
def test_coding_unpacks(coding: str, payload: bytes) -> None:
    assert decoded([("Content-Encoding", coding)], payload) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "utf-8", "gzip, gzip, gzip"])
@pytest.mark.parametrize("body", [b"\xef\xbb\xbf\n<rss>Caf\xc3\xa9</rss>", b'{"version": 1}'])
def test_coding_a_header_does_not_make_a_plain_body_packed(coding: str, body: bytes) -> None:
    assert decoded([("Content-Encoding", coding)], body) == body


def test_coding_nothing_is_nothing_whatever_the_header_says() -> None:
    assert decoded([("content-encoding", "gzip")], b"") == b""


@pytest.mark.parametrize(
    ("coding", "payload", "reason"),
    [
        ("gzip", b"\x1f\x8b" + TEXT, "broken content coding: gzip"),
        ("gzip", gzip.compress(TEXT)[:-9], "broken content coding: gzip"),
        ("gzip", gzip.compress(TEXT)[:15], "broken content coding: gzip"),
        ("deflate", b"\x78", "broken content coding: deflate"),
        ("deflate", zlib.compress(TEXT)[:-5], "broken content coding: deflate"),
        ("br", TEXT, "broken content coding: br"),
        ("br", brotli.compress(TEXT)[:-3], "broken content coding: br"),
        ("br", brotli.compress(bytes(200_000)), "decompression bomb"),
        ("zstd", TEXT, "broken content coding: zstd"),
        ("zstd", zstd.compress(TEXT)[:-3], "broken content coding: zstd"),
        ("zstd", zstd.compress(bytes(10_001)), "decompression bomb"),
        ("zstd", zstd.compress(bytes(6_000)) * 2, "decompression bomb"),
        ("zstd", zstd.compress(b"") * (MOST_MEMBERS + 1), "broken content coding: zstd"),
        ("compress", TEXT, "unknown content coding: compress"),
        ("x" * 100, TEXT, f"unknown content coding: {'x' * 20}"),
        ("gzip, gzip, gzip", TEXT, "unknown content coding: 3 layers"),
        ("gzip", gzip.compress(bytes(10_001)), "decompression bomb"),
        ("deflate", raw_deflate(bytes(10_001)), "decompression bomb"),
        ("gzip, gzip", gzip.compress(gzip.compress(bytes(5_000_000))), "decompression bomb"),
        ("gzip", gzip.compress(bytes(6_000)) * 2, "decompression bomb"),
        ("gzip", gzip.compress(b"") * (MOST_MEMBERS + 1), "broken content coding: gzip"),
    ],
)
def test_coding_says_what_is_wrong(coding: str, payload: bytes, reason: str) -> None:
    with pytest.raises(EntryError) as caught:
        decoded([("Content-Encoding", coding)], payload, 10_000)
    assert caught.value.reason == reason


def test_coding_exactly_the_limit_is_let_through() -> None:
    assert len(decoded([("Content-Encoding", "gzip")], gzip.compress(bytes(10_000)), 10_000)) == 10_000


@given(st.binary(max_size=500), st.sampled_from(["gzip", "deflate", "gzip, deflate", "br", "zstd"]))
def test_coding_any_bytes_are_a_body_or_an_error(payload: bytes, coding: str) -> None:
    with suppress(EntryError):
        assert len(decoded([("Content-Encoding", coding)], payload, 1_000)) <= 1_000
