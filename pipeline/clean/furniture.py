"""Takes lines of the site out of the text: what is no prose by the table seeds/tables/furniture.tsv."""

import re
from functools import cache

from pipeline import seeds

LONGEST = 250  # characters; what is longer is prose


def without_furniture(paragraphs: list[str]) -> list[str]:
    """The paragraphs of the article; each pattern of the table has to fit a paragraph from end to end."""
    return [text for text in paragraphs if len(text) > LONGEST or not patterns().fullmatch(text)]


@cache
def patterns() -> re.Pattern[str]:
    """All rows as one pattern, a bullet before it left aside."""
    rows = "|".join(f"(?:{pattern})" for pattern, _ in seeds.rows("furniture.tsv"))
    return re.compile(rf"(?:[-•→►>]+ ?)?(?:{rows})", re.IGNORECASE)
