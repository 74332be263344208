"""Marks what lands and is no plain article: live blogs, press releases, sponsored pages; by seeds/tables/forms.tsv."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from pipeline import seeds
from pipeline.clean.metadata import Metadata
from pipeline.clean.signs import Signs
from pipeline.clean.tree import found_by, inside, plain
from pipeline.model import Form

if TYPE_CHECKING:
    from lxml.html import HtmlElement

OPENING = 300  # characters
WHOLE = ("host", "section", "label", "kicker")
"""Where a pattern has to fit from end to end."""

NEAREST = 3
"""Texts before the heading among which a label may stand."""

LISTS = ("nav", "ul")
BESIDE = (
    "preceding-sibling::*[1][self::span or self::p or self::small or self::strong or self::a or self::em]"
    "[not(parent::main or parent::article or parent::body)]"
)


def form_of(about: Metadata, signs: Signs, title: str | None, authors: tuple[str, ...], text: str) -> Form:
    """What the page is, by the first row that fits; an article where none does."""
    address, h1 = urlsplit(about.url), next(about.tree.iter("h1"), None)
    said = {
        "type": [signs.types],
        "host": [address.hostname or ""],
        "path": [address.path],
        "title": [title or ""],
        "section": [about.section or "", *about.meta.get("author", ()), *authors],
        "opening": [text[:OPENING]],
        "label": _short(_before(h1)),
        "kicker": _short(e.text_content() for e in found_by(BESIDE, h1)) if h1 is not None else [],
    }
    fits = (form for form, where in _kinds() if any(_pattern(form, where).search(one) for one in said[where]))
    return cast("Form", next(fits, "article"))


def _short(texts: Iterable[str]) -> list[str]:
    return [said for text in texts if (said := plain(text)) and len(said) < 80]


def _before(heading: "HtmlElement | None") -> Iterator[str]:
    """The nearest texts before the heading, less those in lists and menus."""
    texts = ((text, around) for text, around in _backward(heading) if text and text.strip())
    return (text for text, around in islice(texts, NEAREST) if not (around.tag in LISTS or inside(around, *LISTS)))


def _backward(element: "HtmlElement | None") -> "Iterator[tuple[str | None, HtmlElement]]":
    """Every text before an element, the nearest first, with what it stands in."""
    while element is not None and (around := element.getparent()) is not None:
        for sibling in element.itersiblings(preceding=True):
            yield sibling.tail, around
            yield from _last(sibling)
        yield around.text, around
        element = around


def _last(element: "HtmlElement") -> "Iterator[tuple[str | None, HtmlElement]]":
    """The texts of an element, the last first, with what they stand in."""
    for child in reversed(element):
        yield child.tail, element
        yield from _last(child)
    yield element.text, element


@cache
def _kinds() -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((form, where) for form, where, *_ in seeds.rows("forms.tsv")))


@cache
def _pattern(form: str, where: str) -> re.Pattern[str]:
    rows = "|".join(f"(?:{row[2]})" for row in seeds.rows("forms.tsv") if row[:2] == (form, where))
    return re.compile(rf"^\W*(?:{rows})\W*$" if where in WHOLE else rows, re.IGNORECASE)
