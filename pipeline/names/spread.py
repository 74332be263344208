"""Mentions that the model missed: names that it found elsewhere in the same text."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.names import Mention
from pipeline.names.joining import surname
from pipeline.names.tables import titles

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

PROPER = frozenset(("NNP", "NNPS"))
TITLE_BEFORE = re.compile(r"(\w[\w.]*)\s+$")
BEGINNING = 2  # characters by which names are looked up
SHORTEST = 3  # letters; shorter names in capitals only ("US", "EU")


def spread(found: list[Mention], parse: "Doc") -> list[Mention]:
    """The mentions and those that were missed, in order; none overlaps another, and none is part of a longer name."""
    wanted = _wanted(found)
    if not wanted:
        return found
    text = parse.text
    taken = bytearray(len(text) + 1)
    for mention in found:
        taken[mention.start : mention.end] = b"\1" * (mention.end - mention.start)
    return sorted([*found, *_missed(wanted, taken, parse, text)])


def _wanted(found: list[Mention]) -> dict[str, Mention]:
    """The names to look for, each with a mention that tells its type."""
    wanted: dict[str, Mention] = {}
    for mention in found:
        names = [mention.text, surname(mention.text) if mention.type == "person" else ""]
        for name in names:
            if len(name) >= SHORTEST or (len(name) > 1 and name.isupper()):
                wanted.setdefault(name, mention)
    return wanted


def _missed(wanted: dict[str, Mention], taken: bytearray, parse: "Doc", text: str) -> Iterator[Mention]:
    begun: dict[str, list[str]] = {}
    for name in sorted(wanted, key=lambda n: (-len(n), n)):
        begun.setdefault(name[:BEGINNING], []).append(name)
    tokens = {token.idx: token for token in parse}
    for start in tokens:
        for name in begun.get(text[start : start + BEGINNING], ()):
            end = start + len(name)
            if text.startswith(name, start) and not text[end : end + 1].isalnum() and not any(taken[start:end]):
                if _stands_alone(start, end, tokens, text):
                    taken[start:end] = b"\1" * (end - start)
                    yield Mention(start, end, name, wanted[name].type, _title(text, start))
                break


def _title(text: str, start: int) -> str:
    before = TITLE_BEFORE.search(text, max(0, start - 20), start)
    return before[1] if before and titles().fullmatch(before[1]) else ""


def _stands_alone(start: int, end: int, tokens: dict[int, "Token"], text: str) -> bool:
    """Whether the words around are no part of a longer name ("Trump Tower") and the name is no other word ("May 3")."""
    first = tokens.get(start)
    if first is None or (first.is_sent_start and first.tag_ not in PROPER):
        return False
    before = first.nbor(-1) if first.i else None
    beside = before is not None and before.tag_ in PROPER and text[before.idx : start].strip() == before.text
    if before is not None and beside and not titles().fullmatch(before.text):
        return False
    follows = re.match(r"\s+(?=[A-Z\d])", text[end : end + 3])
    after = tokens.get(end + follows.end()) if follows else None
    return after is None or not (after.tag_ in PROPER or after.text[0].isdigit()) or "\n" in text[end : after.idx]
