"""Marks what lands and is no plain article: live blogs, press releases, sponsored pages; by seeds/tables/forms.tsv."""

import re
from functools import cache
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from pipeline import seeds
from pipeline.clean.metadata import Metadata, plain
from pipeline.clean.signs import Signs
from pipeline.clean.tree import found_by
from pipeline.model import Form

if TYPE_CHECKING:
    from lxml.html import HtmlElement

OPENING = 300  # characters
WHOLE = ("host", "section", "label", "kicker")
"""Where a pattern has to fit from end to end."""

AROUND = "preceding::text()[normalize-space()][position() <= 3][not(ancestor::nav or ancestor::ul)]"
BESIDE = (
    "preceding-sibling::*[1][self::span or self::p or self::small or self::strong or self::a or self::em]"
    "[not(parent::main or parent::article or parent::body)]"
)


def form_of(about: Metadata, signs: Signs, title: str | None, authors: tuple[str, ...], text: str) -> Form:
    """What the page is, by the first row that fits; an article where none does."""
    address = urlsplit(about.url)
    said = {
        "type": [signs.types],
        "host": [address.hostname or ""],
        "path": [address.path],
        "title": [title or ""],
        "section": [about.section or "", *about.meta.get("author", ()), *authors],
        "opening": [text[:OPENING]],
        "label": _texts(AROUND, about.tree),
        "kicker": _texts(BESIDE, about.tree),
    }
    fits = (form for form, where in _kinds() if any(_pattern(form, where).search(one) for one in said[where]))
    return cast("Form", next(fits, "article"))


def _texts(path: str, tree: "HtmlElement") -> list[str]:
    """The short pieces of text that a path finds from the heading."""
    h1 = next(tree.iter("h1"), None)
    found = (one if isinstance(one, str) else one.text_content() for one in ([] if h1 is None else found_by(path, h1)))
    return [said for one in found if (said := plain(str(one))) and len(said) < 80]


@cache
def _kinds() -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((form, where) for form, where, *_ in seeds.rows("forms.tsv")))


@cache
def _pattern(form: str, where: str) -> re.Pattern[str]:
    rows = "|".join(f"(?:{row[2]})" for row in seeds.rows("forms.tsv") if row[:2] == (form, where))
    return re.compile(rf"^\W*(?:{rows})\W*$" if where in WHOLE else rows, re.IGNORECASE)
