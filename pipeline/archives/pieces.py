"""Where the items of an agency's file begin and end, by its bytes alone: a damaged one costs itself, no other."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from pipeline.archives.places import PIECE

BLANK = b"\xef\xbb\xbf \t\r\n"
NOT_CLOSED, NOT_OPENED = "item has no end", "item has no beginning"

ITEMS = rb"newsItem|packageItem|conceptItem|knowledgeItem|planningItem|catalogItem|NewsItem|nitf"
"""Elements that are items: of NewsML-G2, NewsML 1, NITF."""

PREFIX = rb"(?:[\w.-]{1,40}:)?"
TAG = re.compile(rb"<%b(%b)(?=[\s>/])|</%b(%b)\s{0,9}>|<!--|-->" % (PREFIX, ITEMS, PREFIX, ITEMS))
LONGEST_TAG = 80  # bytes of what TAG finds
LONGEST_COMMENT = 10_000
"""Bytes in which tags wait for the end of a comment."""
STRUCTURE = re.compile(rb'["\\{}\[\]]')


Token = tuple[int, int, re.Match[bytes]]
"""What a pattern finds in a text, with its offsets there."""


class Span(NamedTuple):
    """Where an item lies in its text; `wrong` says why it cannot be read."""

    start: int
    length: int
    wrong: str | None = None


def spans(pieces: Iterable[bytes]) -> Iterator[Span]:
    """The items of a text; a text in which there are none is one itself."""
    counted = Counted(iter(pieces))
    found = json_items(counted) if counted.begins(b"{", b"[") else xml_items(counted)
    first = next(found, None)
    yield first or Span(0, counted.length)
    yield from found


class Counted:
    """Pieces, whose bytes are counted as they pass."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.first, self.rest, self.length = b"", pieces, 0
        while not self.first.lstrip(BLANK) and len(self.first) < PIECE and (more := next(pieces, b"")):
            self.first += more

    def begins(self, *signs: bytes) -> bool:
        return self.first.lstrip(BLANK).startswith(signs)

    def __iter__(self) -> Iterator[bytes]:
        for piece in chain([self.first], self.rest):
            self.length += len(piece)
            yield piece


def xml_items(pieces: Iterable[bytes]) -> Iterator[Span]:
    """By their tags, outside of comments; NITF inside of another item is part of it."""
    start, kind = 0, b""
    for begin, end, found in outside(tokens(pieces, TAG, LONGEST_TAG)):
        name = found[1] or found[2]
        if name == b"nitf" and kind not in (b"", name):
            continue
        if found[2] and kind == name:
            yield Span(start, end - start)
        elif kind:
            yield Span(start, begin - start, NOT_CLOSED)
        elif found[2]:
            yield Span(begin, end - begin, NOT_OPENED)
        start, kind = begin, found[1] or b""
    if kind:
        yield Span(start, 0, NOT_CLOSED)


def outside(found: Iterable[Token]) -> Iterator[Token]:
    """The tags that are in no comment: where one has no end, or another begins in it, it was none."""
    held, silent = list[Token](), 0
    for token in found:
        begin, _, match = token
        if match[0] == b"-->":
            held, silent = [], 0
            continue
        if match[0] == b"<!--" or begin >= silent:
            yield from held
            held = []
        if match[0] == b"<!--":
            silent = begin + LONGEST_COMMENT
        elif begin < silent:
            held.append(token)
        else:
            yield token
    yield from held


def json_items(pieces: Iterable[bytes]) -> Iterator[Span]:
    """Every object that stands alone, or in the outermost list; a quotation mark between two of them means nothing."""
    start, depth, top, in_string, escaped = -1, 0, 0, False, -1
    for at, _, found in tokens(pieces, STRUCTURE, 0):
        sign = found[0]
        if at == escaped:
            continue
        if sign == b'"':
            in_string = depth > top and not in_string
        elif in_string:
            escaped = at + 1 if sign == b"\\" else escaped
        elif sign in b"{[":
            top = 1 if sign == b"[" and depth == 0 else top if depth else 0
            start = at if sign == b"{" and depth == top else start
            depth += 1
        elif depth and sign in b"}]":
            depth -= 1
            if depth == top and start >= 0:
                yield Span(start, at + 1 - start)
                start = -1
    if start >= 0:
        yield Span(start, 0, NOT_CLOSED)


def tokens(pieces: Iterable[bytes], pattern: re.Pattern[bytes], longest: int) -> Iterator[Token]:
    """What a pattern finds; tokens of at most so many bytes may lie across pieces."""
    held, base = b"", 0
    for piece in pieces:
        held += piece
        done = 0
        for found in pattern.finditer(held):
            if found.start() > len(held) - longest:
                break
            done = found.end()
            yield base + found.start(), base + done, found
        done = max(done, len(held) - longest)
        held, base = held[done:], base + done
    yield from ((base + found.start(), base + found.end(), found) for found in pattern.finditer(held))
