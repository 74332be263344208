"""Items are found in the bytes of a file, wherever these are cut."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.archives.pieces import NOT_CLOSED, NOT_OPENED, Span, spans

SET = (
    b'<?xml version="1.0"?><newsMessage><itemSet><newsItem a="1">one</newsItem>\n<g2:packageItem>two</g2:packageItem >'
)
COMMENT = b"<newsItem>a<!-- of this <newsItem>. --></newsItem>"
NITF_WITHIN = b"<newsItem><inlineXML><nitf><body/></nitf></inlineXML></newsItem>"


def found(text: bytes, size: int = 1_000) -> list[bytes | str]:
    """The bytes of each item of a text that comes in pieces; of a wrong one, what is wrong."""
    pieces = (text[at : at + size] for at in range(0, len(text), size))
    return [span.wrong or text[span.start : span.start + span.length] for span in spans(pieces)]


@pytest.mark.parametrize("size", [1, 2, 7, 30, 10_000])
@pytest.mark.parametrize(
    ("text", "items"),
    [
        (SET, [b'<newsItem a="1">one</newsItem>', b"<g2:packageItem>two</g2:packageItem >"]),
        (NITF_WITHIN, [NITF_WITHIN]),
        (b"<nitf>a</nitf><nitf>b</nitf>", [b"<nitf>a</nitf>", b"<nitf>b</nitf>"]),
        (b"<NewsML><NewsItem>a</NewsItem></NewsML>", [b"<NewsItem>a</NewsItem>"]),
        (b"<newsItemRef/><newsItems><newsItem>a</newsItem>", [b"<newsItem>a</newsItem>"]),
        (
            b"<newsItem>a<!-- of this <newsItem>. --></newsItem>",
            [b"<newsItem>a<!-- of this <newsItem>. --></newsItem>"],
        ),
        (
            b"<newsItem><!-- a</newsItem><newsItem>b</newsItem>",
            [b"<newsItem><!-- a</newsItem>", b"<newsItem>b</newsItem>"],
        ),
        (b"<nitf><!-- a</nitf><nitf><!--b--></nitf>", [b"<nitf><!-- a</nitf>", b"<nitf><!--b--></nitf>"]),
        (b"<newsItem>a<newsItem>b</newsItem>", [NOT_CLOSED, b"<newsItem>b</newsItem>"]),
        (b"a</newsItem><newsItem>b</newsItem>", [NOT_OPENED, b"<newsItem>b</newsItem>"]),
        (b"<newsItem>b</newsItem><newsItem>c", [b"<newsItem>b</newsItem>", NOT_CLOSED]),
        (b"<rss><item/></rss>", [b"<rss><item/></rss>"]),
        (b"", [b""]),
        (b'\xef\xbb\xbf {"uri": "a{\\"]"}', [b'{"uri": "a{\\"]"}']),
        (b'[{"a": [{"b": 1}]}, {"c": "\\\\"}]', [b'{"a": [{"b": 1}]}', b'{"c": "\\\\"}']),
        (b'{"a": 1}\n{"b": {"c": 2}}', [b'{"a": 1}', b'{"b": {"c": 2}}']),
        (b'[{"a": 1}, {"b": ', [b'{"a": 1}', NOT_CLOSED]),
        (b'{"a": 1}\n"\n{"b": "{"}\n{"c": 3}', [b'{"a": 1}', b'{"b": "{"}', b'{"c": 3}']),
        (b'[{"a": 1}, " {"b": "}"}]', [b'{"a": 1}', b'{"b": "}"}']),
        (b"[1, 2]", [b"[1, 2]"]),
        (b"]}]{", [b"]}]{"]),
    ],
)
def test_pieces_finds_each_item(text: bytes, items: list[bytes | str], size: int) -> None:
    assert found(text, size) == items


def test_pieces_a_damaged_comment_hides_nothing() -> None:
    text = b"<!-- no end " + b"<newsItem>a</newsItem>" * 1_000
    assert found(text) == [b"<newsItem>a</newsItem>"] * 1_000


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3), max_size=5), st.integers(1, 50))
def test_pieces_finds_every_object_of_a_list(objects: list[dict[str, str]], size: int) -> None:
    text = json.dumps(objects, ensure_ascii=False).encode()
    items = [json.loads(item) for item in found(text, size)]
    assert items == (objects or [[]])


@given(st.lists(st.sampled_from([b"<newsItem>", b"</newsItem>", b"<nitf>", b"</nitf>", b"<!--", b"-->", b"x", b"<"])))
def test_pieces_never_overlap(parts: list[bytes]) -> None:
    at = 0
    for span in spans([b"".join(parts)]):
        assert isinstance(span, Span)
        assert span.start >= at
        at = span.start + span.length
    assert at <= len(b"".join(parts))
