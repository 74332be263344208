"""Cuts a text into sentences by rules, in any language; none goes across a line, for lines are paragraphs."""

import re
from collections.abc import Iterator
from functools import cache

from pipeline import seeds
from pipeline.languages import stop_words

ABBREVIATIONS = "abbreviations.tsv"

END = re.compile(
    r"(?<![.?!…؟۔।])(?P<mark>[.?!…؟۔।]++)(?:\s?[»›]|[)\]”’“\"'«‹])*+\s++"
    r"(?=[—–\-]?\s?[(\[“„«»‹›\"'‘’¿¡]*+\s?(?P<next>\w++))|[。！？｡]++[」』”’）)]*+(?!$)"
)
"""What ends a sentence, marks that close it, and the word that would begin the next one."""
ORDINALS = ("cs", "da", "de", "et", "fi", "hr", "hu", "is", "lv", "nb", "no", "pl", "sk", "sl", "sr", "tr")
"""Languages in which a full stop makes "5" the fifth."""
ORDINAL = re.compile(r"\d{1,2}|[IVX]+")


def spans(text: str, language: str) -> list[tuple[int, int]]:
    """Start and end of each sentence, without white space at its ends; an unknown language is cut by what all share."""
    found, start = [], 0
    for line in text.split("\n"):
        begin = 0
        for end in (*_ends(line, language), len(line)):
            if words := line[begin:end].strip():
                first = start + begin + line[begin:end].index(words)
                found.append((first, first + len(words)))
            begin = end
        start += len(line) + 1
    return found


def _ends(line: str, language: str) -> Iterator[int]:
    """Where sentences begin anew in a line."""
    for end in END.finditer(line):
        following = end["next"]
        if following is None or not (following[0].islower() or _binds(line, end, language)):
            yield end.end()


def _binds(line: str, end: re.Match[str], language: str) -> bool:
    """Whether the full stop belongs to the word before it: an abbreviation, an initial, an ordinal."""
    if end["mark"] != "." or not line[end.start() + 1].isspace():
        return False
    before = re.search(r"[\w.ª]*$", line[max(0, end.start() - 20) : end.start()])
    word = before[0].lower() if before else ""
    always, maybe = abbreviations(language)
    if word in always:
        return True
    ordinal = language in ORDINALS and before is not None and ORDINAL.fullmatch(before[0])
    short = word in maybe or ordinal or "." in word.strip(".") or (len(word) == 1 and word.isalpha())
    return bool(short) and end["next"].lower() not in stop_words(language)


@cache
def abbreviations(language: str) -> tuple[frozenset[str], frozenset[str]]:
    """Words after which a full stop never ends a sentence, and those after which it may."""
    kinds: dict[str, set[str]] = {"binds": set(), "may end": set()}
    for code, kind, words in seeds.rows(ABBREVIATIONS):
        if code in ("*", language):
            kinds[kind].update(words.split())
    return frozenset(kinds["binds"]), frozenset(kinds["may end"] - kinds["binds"])
