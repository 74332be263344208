"""Which sort a change of words is: number, name or quote corrected, style, wording; and the notes that tell of it."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache
from typing import Literal

from pipeline import seeds
from pipeline.changes.sentences import TOKEN, Edit, Span, Words
from pipeline.model import Document
from pipeline.quoting.marks import quoted

Sort = Literal["number", "name", "quote", "wording", "style"]

MOST = 6
"""Words that one correction takes the place of: with more the sentence was written anew."""

SHORTEST_TYPO, TYPO = 5, 0.8  # letters, likeness
NAMES = frozenset({"person", "organisation", "place", "group", "event", "work", "product", "law"})
NOUNS_IN_CAPITALS = frozenset({"de", "lb"})


class Side:
    """What is known of one version: where its quotes and names stand."""

    def __init__(self, document: Document) -> None:
        self.text, self.language = document.text, document.language
        self.quotes = [Span(found.start, found.end) for found in quoted(document.text)]
        layer = document.annotations.get("entities")
        entities = layer.value if layer and isinstance(layer.value, list) else []
        said = [m for e in entities if e.get("type") in NAMES for m in e.get("mentions", ())]
        self.names = sorted(Span(mention["start"], mention["end"]) for mention in said)

    def in_quote(self, span: Span) -> bool:
        quote = _last(self.quotes, span.start + 1)
        return quote is not None and span.end <= quote.end

    def has_name(self, span: Span, sentence: Span) -> bool:
        """Whether a name stands there: of the entities layer, else a capital inside the sentence."""
        name = _last(self.names, span.end)
        if name and span.start < name.end:
            return True
        return any(self._is_capital(word, sentence) for word in TOKEN.finditer(self.text, span.start, span.end))

    def _is_capital(self, word: re.Match[str], sentence: Span) -> bool:
        if not word[0][0].isupper() or not self.text[sentence.start : word.start()].strip(" \"'“„«‘(—–-"):
            return False
        if self.language not in NOUNS_IN_CAPITALS:
            return True
        beside = (
            self.text[sentence.start : word.start()].split()[-1:] + self.text[word.end() : sentence.end].split()[:1]
        )
        return any(one[:1].isupper() for one in beside)


def _last(spans: list[Span], before: int) -> Span | None:
    """The last of sorted spans that begins before a place."""
    at = bisect_left(spans, (before,))
    return spans[at - 1] if at else None


def sorts(edit: Edit, before: Side, after: Side) -> Iterator[Sort]:
    """What happened to a reworded sentence, once for each stretch of words that differs."""
    for words in edit.words:
        yield _sort(words, edit.before or words.before, edit.after or words.after, before, after)


def _sort(words: Words, sentence: Span, other: Span, before: Side, after: Side) -> Sort:
    old, new = (TOKEN.findall(side.text[at.start : at.end]) for side, at in zip((before, after), words, strict=True))
    if says_the_same(old, new):
        return "style"
    short = old and new and max(len(old), len(new)) <= MOST
    named = short and before.has_name(words.before, sentence) and after.has_name(words.after, other)
    if not named and len(old) == len(new) and all(map(_is_typo, old, new)):
        return "style"
    if before.in_quote(words.before) and after.in_quote(words.after):
        return "quote"
    if short and (one := numbers(old)) and (two := numbers(new)) and one != two:
        return "number"
    return "name" if named else "wording"


def says_the_same(old: list[str], new: list[str]) -> bool:
    """Whether words differ in punctuation, capitals, accents, hyphens or the writing of numbers alone."""
    return "".join(map(_plain, old)) == "".join(map(_plain, new))


def _plain(word: str) -> str:
    if value := number(word):
        return value
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(one for one in decomposed if one.isalnum())


def _is_typo(one: str, other: str) -> bool:
    if one == other:
        return True
    if min(len(one), len(other)) < SHORTEST_TYPO or not (one + other).isalpha() or one[0] != other[0]:
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() > TYPO


def numbers(words: list[str]) -> list[str]:
    return [value for word in words if (value := number(word))]


def number(word: str) -> str | None:
    """The number that a word is, in figures, thousands not marked off; None for other words."""
    if word[0].isdigit():
        return re.sub(r"(?<=\d)[.,](?=\d{3}(?!\d))", "", word)
    return _number_words().get(word.casefold())


def phrases(kind: Literal["retraction", "note"], text: str) -> set[str]:
    """The phrases of the table that a text has."""
    return {found.casefold() for found in _phrases(kind).findall(text.replace("’", "'"))}


@cache
def _number_words() -> dict[str, str]:
    rows = (row for row in seeds.rows("change_words.tsv") if row[0] == "number")
    return {word: value for _, value, words in rows for word in words.split("|")}


@cache
def _phrases(kind: str) -> re.Pattern[str]:
    rows = (words for sort, _, words in seeds.rows("change_words.tsv") if sort == kind)
    every = "|".join(re.escape(phrase) for words in rows for phrase in words.split("|"))
    return re.compile(rf"(?<!\w)(?:{every})", re.IGNORECASE)
