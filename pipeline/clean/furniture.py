"""Takes lines of the site out of the text: what is no prose by the table seeds/tables/furniture.tsv."""

import re
from functools import cache

from pipeline import seeds

NAMED = re.compile(r"\{\w+\}")
"""A row of this form names a pattern that other rows have in it."""

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
    every = seeds.rows("furniture.tsv")
    named = {row[0]: row[1] for row in every if NAMED.fullmatch(row[0])}
    rows = "|".join(f"(?:{row[0]})" for row in every if row[0] not in named and "".join(row[2:]) == where)
    for name, pattern in named.items():
        rows = rows.replace(name, f"(?:{pattern})")
    return re.compile(rf"(?:[-•→►>]+ ?)?(?:{rows})", re.IGNORECASE)
