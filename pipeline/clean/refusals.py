"""Knows what is no article: consent walls, paywall stubs, soft 404s, by the table seeds/tables/refusals.tsv."""

import re
from functools import cache

from pipeline import seeds
from pipeline.errors import Rejected

FEWEST_WORDS = 25
"""The shortest news item of the evaluation pages has more."""

SOFT_404_WORDS = 200
"""A page that says in its title that there is none has some links and advice, and no article."""

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f\uac00-\ud7af]|[^\W_]+(?:['’-][^\W_]+)*")


def require_article(title: str | None, paragraphs: list[str]) -> None:
    """Raises `Rejected` with what the page is instead of an article."""
    total = sum(map(words, paragraphs))
    if total == 0:
        raise Rejected("empty")
    if total < SOFT_404_WORDS and patterns("soft 404", "title").search(title or ""):
        raise Rejected("soft 404")
    for kind in ("consent wall", "paywall stub", "soft 404"):
        rest = sum(words(text) for text in paragraphs if not patterns(kind, "text").search(text))
        if rest < max(FEWEST_WORDS, total / 5) and rest < total:
            raise Rejected(kind)
    if total < FEWEST_WORDS:
        raise Rejected(f"too short: {total} words")


def words(text: str) -> int:
    """Words of a text; where words are not set apart, characters."""
    return len(WORD.findall(text))


@cache
def patterns(kind: str, where: str) -> re.Pattern[str]:
    """The rows of a kind as one pattern."""
    chosen = [pattern for row, place, pattern, _ in seeds.rows("refusals.tsv") if (row, place) == (kind, where)]
    return re.compile("|".join(f"(?:{pattern})" for pattern in chosen) or r"(?!)", re.IGNORECASE)
