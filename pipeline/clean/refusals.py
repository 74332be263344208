"""Knows what is no article: consent walls, paywall stubs, soft 404s, bot checks, by seeds/tables/refusals.tsv."""

import re
from functools import cache

from pipeline import seeds
from pipeline.clean.furniture import without_furniture
from pipeline.errors import Rejected
from pipeline.model import Access

FEWEST_WORDS = 25
"""The shortest news item of 273 evaluation pages has more."""

SHORT = 200
"""Words: a page that says in its title what it is instead has links and advice below this."""

LONGEST_REFUSAL = 4000
"""Characters: consent walls have up to 400 words, and no longer text is asked whether it is one."""

WORD = re.compile(r"[^\W_]\S*")
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


STUB = 100
"""Words: the least that a page for subscribers shows of its article to everybody, on all but one of 154 pages."""


def prose(title: str | None, paragraphs: list[str], access: Access = "free") -> list[str]:
    """The paragraphs of the article without furniture; raises `Rejected` with what the page is where it is none."""
    kept = without_furniture(paragraphs)
    if sum(map(len, kept)) > LONGEST_REFUSAL:
        return kept
    if access == "paid" and FEWEST_WORDS <= sum(map(words, kept)) < STUB:
        raise Rejected("paywall stub")
    if kind := _refusal(title or "", paragraphs, kept):
        raise Rejected(kind)
    if (left := sum(map(words, kept))) < FEWEST_WORDS:
        raise Rejected(f"too short: {left} words" if left else "empty")
    return kept


def words(text: str) -> int:
    """Words of a text; in scripts that do not set them apart, half of the characters."""
    unspaced = len(UNSPACED.findall(text))
    rest = UNSPACED.sub(" ", text) if unspaced else text
    return (unspaced + 1) // 2 + len(WORD.findall(rest))


def _refusal(title: str, paragraphs: list[str], kept: list[str]) -> str | None:
    """The kind that the title of a short text says, or whose lines leave too few others for an article."""
    total = sum(map(words, paragraphs))
    for kind in dict.fromkeys(row[0] for row in seeds.rows("refusals.tsv")):
        if total < SHORT and patterns(kind, "title").search(title):
            return kind
        if any(patterns(kind, "line").search(text) for text in paragraphs):
            rest = sum(words(text) for text in kept if not patterns(kind, "line").search(text))
            if rest < max(FEWEST_WORDS, total / 4):
                return kind
    return None


@cache
def patterns(kind: str, where: str) -> re.Pattern[str]:
    """The rows of a kind as one pattern, which fits nothing where there is none."""
    chosen = [pattern for row, place, pattern, _ in seeds.rows("refusals.tsv") if (row, place) == (kind, where)]
    return re.compile("|".join(f"(?:{pattern})" for pattern in chosen) or r"(?!)", re.IGNORECASE)
