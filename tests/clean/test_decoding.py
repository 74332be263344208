"""Bytes in every encoding that pages come in, declared rightly, wrongly or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.decoding import decode, decode_text, is_page
from pipeline.errors import Rejected

GERMAN = "Die Fähren bleiben im Hafen, „weil niemand fährt“."
RUSSIAN = "Паромы остаются в порту, потому что экипажи бастуют с понедельника, сообщили в профсоюзе моряков."


@pytest.mark.parametrize(
    ("body", "header", "text"),
    [
        (GERMAN.encode(), "", GERMAN),
        (GERMAN.encode("utf-8-sig"), "text/html; charset=iso-8859-1", GERMAN),
        (GERMAN.encode("utf-16"), "", GERMAN),
        (GERMAN.encode("cp1252"), "text/html; charset=ISO-8859-1", GERMAN),
        (GERMAN.encode("cp1252"), "text/html; charset=utf-8", GERMAN),
        (GERMAN.encode(), 'text/html; charset="iso-8859-1"', GERMAN),
        (GERMAN.encode(), "text/html; charset=hex", GERMAN),
        (
            "FÃ¤hren fÃ¼r alle".encode(),
            "",
            "Fähren für alle",
        ),
        (RUSSIAN.encode("cp1251"), "", RUSSIAN),
        (b"<meta charset=windows-1251>" + RUSSIAN.encode("cp1251"), "", "<meta charset=windows-1251>" + RUSSIAN),
        (GERMAN.encode() * 9 + b"\xc3", "", GERMAN * 9 + "\ufffd"),
        (b"Ferries\x00 \x01stop\x7f\n", "", "Ferries stop\n"),
    ],
)
def test_decode_reads_what_was_meant(body: bytes, header: str, text: str) -> None:
    assert decode(body, header) == text


@given(st.binary(max_size=300), st.sampled_from(["", "text/html; charset=utf-16", "x; charset=gb2312", "charset=\xff"]))
def test_decode_never_raises_and_gives_storable_text(body: bytes, header: str) -> None:
    text = decode(body, header)
    assert text.encode().decode() == text
    assert "\x00" not in text


@pytest.mark.parametrize("body", [b"", b"%PDF-1.7", b"\x89PNG\r\n", b"PK\x03\x04", b"\x01\x02\x03" * 30])
def test_decode_text_refuses_what_is_none(body: bytes) -> None:
    with pytest.raises(Rejected):
        decode_text(body)


@pytest.mark.parametrize(
    ("body", "page"),
    [
        (b"<!DOCTYPE html><p>x", True),
        (b"  <HTML lang=en>", True),
        (b"Ferries stop\nif a < b and c > d", False),
        (b"", False),
    ],
)
def test_is_page_tells_markup_from_text(body: bytes, page: bool) -> None:
    assert is_page(body) is page
