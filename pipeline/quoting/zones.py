"""The part of a paragraph in which the verb that brings in a quote may stand: the sentence around it, marks seen."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from pipeline import seeds
from pipeline.quoting.marks import Quoted

Span = tuple[int, int]

STOP = re.compile(r"(?<!\b[A-Z])[.?!…][)\]’”\"']*\s+(?=[\W]*[A-Z0-9])")
"""A sentence's end; an initial's full stop is none."""
NO_STOP = re.compile(
    r"(?:Mr|Mrs|Ms|Dr|Sen|Rep|Gov|Gen|Lt|Col|Capt|Sgt|Prof|Rev|St|Hon|Jr|Sr|Sens|Reps|Maj|Adm|U\.S|No)"
).fullmatch
NEIGHBOURS = 8  # quotes on either side that one sentence may hold; a page of marks must not cost its square
ATTACHED = 7  # words after "?” " within which a verb of saying belongs to the quote before


@cache
def verbs() -> dict[str, bool]:
    """Each form of a verb that brings in quotes; True where it brings in whole sentences."""
    return {form: line[0] == "+" for line in seeds.lines("cue_verbs.txt") for form in line.split()[1:]}


def zone(text: str, number: int, quotes: Sequence[Quoted]) -> Span:
    """The sentence around a quote, from end to end; other quotes may lie in it."""
    return _left(text, number, quotes), _right(text, number, quotes)


def _left(text: str, number: int, quotes: Sequence[Quoted]) -> int:
    line, at = quotes[number].line, quotes[number].open
    begin = at
    for _ in range(NEIGHBOURS):
        before = quotes[number - 1] if number and quotes[number - 1].line == line else None
        begin = before.close if before else line
        if stops := _stops(text, begin, at):
            return stops[-1]
        if before is None or _closes_sentence(text, before, at):
            return begin
        number, at = number - 1, before.open
    return begin


def _right(text: str, number: int, quotes: Sequence[Quoted]) -> int:
    line = quotes[number].line
    end = text.find("\n", quotes[number].end)
    end = limit = len(text) if end < 0 else end
    for _ in range(NEIGHBOURS):
        after = quotes[number + 1] if number + 1 < len(quotes) and quotes[number + 1].line == line else None
        limit = after.open if after else end
        if _closes_sentence(text, quotes[number], limit):
            return quotes[number].close
        if stops := _stops(text, quotes[number].close, limit):
            return stops[0]
        if after is None:
            return limit
        number += 1
    return limit


def _stops(text: str, start: int, end: int) -> list[int]:
    """Where sentences begin after a full stop in a stretch outside quotes."""
    found = [m for m in STOP.finditer(text, start, min(end + 5, len(text))) if m.start() < end]
    return [m.end() for m in found if not _abbreviated(text[max(start, m.start() - 6) : m.start()])]


def _abbreviated(before: str) -> bool:
    return NO_STOP(re.split(r"[\s(“\"]", before)[-1]) is not None


def _closes_sentence(text: str, quote: Quoted, limit: int) -> bool:
    """Whether a quote ends its sentence: it ends in a full stop, or asks and no words of saying follow."""
    last = text[quote.end - 1]
    after = text[quote.close : limit]
    if last not in ".?!…" or quote.close == quote.end:
        return False
    if not after.strip():
        return True
    if not after[0].isspace() or after.lstrip()[0].islower():
        return False
    return last == "." or not any(word.strip(",.;:") in verbs() for word in _opening_words(after))


def _opening_words(after: str) -> Iterator[str]:
    """The first words of the sentence that follows a quote."""
    for word in after.split()[:ATTACHED]:
        yield word
        if word[-1] in ".?!" and not NO_STOP(word[:-1]):
            return
