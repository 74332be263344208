"""Knows what is no article: consent walls, paywall stubs, soft 404s, by the table seeds/tables/refusals.tsv."""

import re
from functools import cache

from pipeline import seeds
from pipeline.errors import Rejected

FEWEST_WORDS = 25
"""The shortest news item of the evaluation pages has more."""

SOFT_404_WORDS = 200
"""A page that says in its title that there is none has some links and advice, and no article."""

LONGEST_REFUSAL = 600
"""Words; consent walls have up to 400, and no article that only mentions cookies is asked beyond."""

UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def require_article(title: str | None, paragraphs: list[str]) -> None:
    """Raises `Rejected` with what the page is instead of an article."""
    total = sum(map(words, paragraphs))
    if total == 0:
        raise Rejected("empty")
    if total < LONGEST_REFUSAL and (kind := _refusal(title or "", paragraphs, total)):
        raise Rejected(kind)
    if total < FEWEST_WORDS:
        raise Rejected(f"too short: {total} words")


def words(text: str) -> int:
    """Words of a text; in scripts that do not set them apart, half of the characters."""
    unspaced = len(UNSPACED.findall(text))
    rest = UNSPACED.sub(" ", text) if unspaced else text
    return (unspaced + 1) // 2 + sum(any(map(str.isalnum, word)) for word in rest.split())


def _refusal(title: str, paragraphs: list[str], total: int) -> str | None:
    """The kind whose lines leave too few others for an article, or whose title says it."""
    if total < SOFT_404_WORDS and patterns("soft 404", "title").search(title):
        return "soft 404"
    for kind in ("consent wall", "paywall stub", "soft 404"):
        rest = sum(words(text) for text in paragraphs if not patterns(kind, "text").search(text))
        if rest < total and rest < max(FEWEST_WORDS, total / 4):
            return kind
    return None


@cache
def patterns(kind: str, where: str) -> re.Pattern[str]:
    """The rows of a kind as one pattern."""
    chosen = [pattern for row, place, pattern, _ in seeds.rows("refusals.tsv") if (row, place) == (kind, where)]
    return re.compile("|".join(f"(?:{pattern})" for pattern in chosen) or r"(?!)", re.IGNORECASE)
