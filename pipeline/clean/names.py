"""Bylines → names of people, one by one: without "By", without outlets, addresses and roles."""

import re
from collections.abc import Iterable
from functools import cache

from pipeline import seeds
from pipeline.clean.structured import letters

LONGEST = 60  # characters of a name
WORDS = 6  # of a name; more is a sentence
JOINED = re.compile(r"\s*(?:[;|•·/]|\s[–—-]\s|\n)\s*")
COMMAS = re.compile(r"\s*[,،、，]\s*")
BRACKETS = re.compile(r"\s*[(\[][^()\[\]]{0,60}[)\]]")
URL = re.compile(r"(?:https?:|www\.)\S+", re.IGNORECASE)
PARTICLES = {
    "von", "van", "der", "den", "de", "del", "della", "da", "di", "du", "la", "le", "al", "el", "bin", "ibn", "y",
}  # fmt: skip
ADDRESS = re.compile(r"https?:|www\.|[@#<>{}]|\.(?:com|org|net|co|html?)\b|^[\W\d_]*$", re.IGNORECASE)


def names(said: Iterable[str], outlets: Iterable[str | None] = (), *, strict: bool = False) -> tuple[str, ...]:
    """The names in what bylines say, in their order, each once; what is no name of a person is left out.

    `strict` takes only what is written like a full name: two words or more, each with a capital or of a script
    that has none.
    """
    own = {letters(outlet) for outlet in outlets if outlet}
    found = dict[str, str]()
    for byline in said:
        for name in _split(byline[:1000]):
            if _is_name(name) and letters(name) not in own and (not strict or _is_full(name)):
                found.setdefault(letters(name), name)
    return tuple(found.values())


def _split(byline: str) -> list[str]:
    """The parts of a byline; "Holm, Ada" stays one where the comma stands between two single words."""
    parts = list[str]()
    said = _words("posted").sub("", BRACKETS.sub("", URL.sub("", byline))).strip()
    for part in JOINED.split(_words("joins").sub(";", _words("opens").sub("", said))):
        pieces = [_words("place").sub("", piece) for piece in COMMAS.split(part)]
        if len(pieces) == 2 and all(piece and " " not in piece for piece in pieces) and part.isascii():
            pieces = [f"{pieces[1]} {pieces[0]}"]
        parts.extend(_words("opens").sub("", piece).strip(" .:-–—\"'“”()") for piece in pieces)
    return parts


def _is_full(name: str) -> bool:
    parts = name.split()
    return (
        len(parts) > 1
        and not re.search(r"\d", name)
        and all(not part[0].islower() or part in PARTICLES for part in parts)
    )


def _is_name(name: str) -> bool:
    if not 2 <= len(name) <= LONGEST or len(name.split()) > WORDS or ADDRESS.search(name):
        return False
    return not _words("never").search(name)


@cache
def _words(kind: str) -> re.Pattern[str]:
    """The table's words of a kind: what opens a byline, joins names, or never is one."""
    words = "|".join(word for row, word in seeds.rows("bylines.tsv") if row == kind)
    shape = {
        "opens": rf"^\W*(?:{words})(?:\s*:\s*|\s+)",
        "joins": rf"(?:\s*,)?\s+(?:{words})\s+",
        "never": rf"\b(?:{words})\b",
        "posted": rf"\b(?:{words})\s+(?:en|à|au|aux|a|de)\s+.+?(?=\s*[,;|]|\s+(?:y|et|e)\s|$)",
        "place": rf"\s+(?:{words})\s+\S.*$",
    }
    return re.compile(shape[kind], re.IGNORECASE)
