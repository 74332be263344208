"""Takes lines of the site out of the text: what is no prose by the table seeds/tables/furniture.tsv."""

import re
from functools import cache

from pipeline import seeds

LONGEST = 250  # characters; what is longer is prose


def without_furniture(paragraphs: list[str]) -> list[str]:
    """The paragraphs of the article; each pattern of the table has to fit a paragraph from end to end."""
    kept = [text for text in paragraphs if len(text) > LONGEST or not patterns().fullmatch(text)]
    while len(kept) > 1 and len(kept[-1]) <= LONGEST and patterns("end").fullmatch(kept[-1]):
        kept.pop()
    return kept


@cache
def patterns(where: str = "") -> re.Pattern[str]:
    """All rows as one pattern, a bullet before it left aside; or those that count `where` the text ends."""
    rows = "|".join(f"(?:{pattern})" for pattern, _, *at in seeds.rows("furniture.tsv") if "".join(at) == where)
    return re.compile(rf"(?:[-•→►>]+ ?)?(?:{rows})", re.IGNORECASE)
