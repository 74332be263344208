"""What stands between quotation marks, paragraph by paragraph: “ ”, „ “, « », ‘ ’, " " and the typewriter's '' ''."""

import re
from collections.abc import Iterator
from typing import NamedTuple


class Quoted(NamedTuple):
    """A stretch between marks, without marks and white space at its ends; offsets into the whole text."""

    start: int
    end: int
    open: int  # where the opening mark begins
    close: int  # after the closing mark; `end` where the paragraph ends first
    line: int  # where its paragraph begins


CLAUSE = 8  # words that make a clause whatever stands around them
SHORT_CLAUSE = 4  # with a comma or full stop before the closing mark

CLOSERS = {
    "“": r"”|\"(?!\w)|(?<=[.,?!…])“(?!\w)",
    "„": r"[“”\"]",
    "«": r"»",
    "»": r"«",
    "”": r"”",
    '"': r'"|(?<=\S)”',
    "''": r"''",
    "``": r"''",
    "‘": r"’(?!\w)",
    "'": r"'(?!\w)",
}
OPENER = re.compile(r"``|''|[“„«»”\"‘']")
SINGLE = ("‘", "'")
ELISION = re.compile(r"['‘](?:\d0s|em|til|cause|tis|twas|n)\b", re.IGNORECASE)
NESTING = ("“", "„", "«")
DEEPEST = 4
LONGEST = 5_000  # characters in one paragraph: beyond, a mark was lost


def quoted(text: str) -> list[Quoted]:
    """In order; a quote inside another is part of it. A mark that nothing closes opens nothing, unless the next
    paragraph opens again: then the quote goes on there, and each paragraph has its own."""
    found: list[Quoted] = []
    start, going_on = 0, ""
    lines = text.split("\n")
    for line, following in zip(lines, _following_marks(lines), strict=True):
        if line.strip():
            pairs = list(_pairs(line, following, going_on))
            going_on = pairs[-1][3] if pairs else ""
            found += [q for a, b, c, _ in pairs if (q := _inside(text, start, (start + a, start + b, start + c)))]
        start += len(line) + 1
    return found


def _following_marks(lines: list[str]) -> list[str]:
    """For each line the mark that the next one begins with, blank lines left out."""
    following, mark = [], ""
    for line in reversed(lines):
        following.append(mark)
        if line.strip():
            first = OPENER.match(line.lstrip())
            mark = first[0] if first else ""
    return following[::-1]


def _inside(text: str, line: int, pair: tuple[int, int, int]) -> Quoted | None:
    opening, end, close = pair
    start = opening + (2 if text[opening : opening + 2] in ("''", "``") else 1)
    words = text[start:end]
    start, end = start + len(words) - len(words.lstrip()), end - len(words) + len(words.rstrip())
    return Quoted(start, end, opening, close, line) if any(c.isalnum() for c in text[start:end]) else None


def _pairs(line: str, following: str, going_on: str) -> Iterator[tuple[int, int, int, str]]:
    """Opening mark, closing mark and what follows it, in the line; and the mark of a quote that goes on in the next."""
    at = 0
    while opening := OPENER.search(line, at):
        at = opening.end()
        if not _opens(line, opening):
            continue
        closing = _closing(line, opening)
        if closing:
            yield opening.start(), closing.start(), closing.end(), ""
            at = closing.end()
        elif not line[: opening.start()].strip() and opening[0] in (following, going_on):
            rest = len(line.rstrip())
            yield opening.start(), rest, rest, opening[0] if opening[0] == following else ""
            return


def _opens(line: str, mark: re.Match[str]) -> bool:
    before, after = line[mark.start() - 1 : mark.start()], line[mark.end() : mark.end() + 1]
    if (not after.strip() and mark[0] != "«") or after == "“":
        return False
    if mark[0] in ("“", "„", "«"):
        return True
    if ELISION.match(line, mark.start()):
        return False
    return not before or before.isspace() or before in "([—–-/:“„«\"'‘"


def _closing(line: str, opening: re.Match[str]) -> re.Match[str] | None:
    """The mark that closes; None where the same mark opens anew before."""
    mark = opening[0]
    if mark in SINGLE:
        return _closing_single(line, opening)
    depth = 1
    for found in re.compile(rf"{mark}|{CLOSERS[mark]}").finditer(line, opening.end(), opening.end() + LONGEST):
        if found[0] == mark and mark in NESTING and not _follows_stop(line, found):
            depth += 1
        elif mark in ('"', "''") and _opens(line, found) and not _follows_word(line, found):
            return None
        else:
            depth -= 1
        if depth in (0, DEEPEST):
            return None if depth else found
    return None


def _follows_stop(line: str, mark: re.Match[str]) -> bool:
    """Whether an opening mark stands where only a closing one can: “So it is.“"""
    return line[mark.start() - 1] in ".,?!…" and not line[mark.end() : mark.end() + 1].isalnum()


def _follows_word(line: str, mark: re.Match[str]) -> bool:
    return mark.start() > 0 and not line[mark.start() - 1].isspace()


def _closing_single(line: str, opening: re.Match[str]) -> re.Match[str] | None:
    """Apostrophes look alike: the first mark after punctuation or after what is no plural's possessive."""
    plural = None
    for mark in re.compile(CLOSERS[opening[0]]).finditer(line, opening.end(), opening.end() + LONGEST):
        if not _follows_word(line, mark):
            continue
        if line[mark.start() - 1] not in "sz":
            words = line[opening.end() : mark.start()]
            return mark if opening[0] == "‘" or " " in words or words[-1] in ",.?!" else None
        plural = plural or mark
    return plural if opening[0] == "‘" else None


def is_clause(text: str, quote: Quoted) -> bool:
    """A clause or more: by its length, or by a capital and the punctuation before the closing mark. What goes on a
    sentence of the writer's without a comma is a fragment, however long."""
    words = text[quote.start : quote.end].split()
    ended = text[quote.end - 1] in ",.?!…—–-"
    begun = text[quote.start].isupper() or not text[quote.start].isalpha()
    if not begun and text[quote.line : quote.open].rstrip()[-1:].isalnum():
        return False
    return len(words) >= CLAUSE or (ended and (begun or len(words) >= SHORT_CLAUSE))
