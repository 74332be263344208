"""What feeds say in text and markup, made plain or whole, whatever their format."""

import html
import re
from collections.abc import Iterable
from typing import Any

LONGEST = {"title": 1_000, "summary": 2_000, "guid": 2_000, "name": 200}
"""Characters kept; a summary is a teaser, and what is longer is the article."""

MOST_NAMES = 100  # authors or tags of an entry

SUBSTANCE = 1_000
"""Characters of text that a body must have to stand in for a page: about a hundred and sixty words."""

LONGEST_BODY = 200_000
"""Characters of markup of such a body: it waits in the queue, and what is longer is a book."""

CUT_OFF = re.compile(
    r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])\s*(?:[^.]{0,40})$|(?:read more|continue reading)\W{0,5}$", re.IGNORECASE
)
"""How a teaser ends."""

MARKUP = re.compile(
    r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<!\[CDATA\[|\]\]>|</?[a-z][^<>]*>", re.IGNORECASE | re.DOTALL
)
INLINE = re.compile(r"</?(?:a|abbr|b|cite|em|font|i|mark|q|small|span|strong|sub|sup|u)\b[^<>]*>", re.IGNORECASE)


def plain(value: str | None, field: str, *, is_html: bool) -> str | None:
    """Text without markup, white space folded, cut to what is kept."""
    if not value:
        return None
    value = value[: 10 * LONGEST[field]]
    value = " ".join((without_markup(value) if is_html else value).split())
    most = LONGEST[field]
    return value if len(value) <= most else f"{value[: most - 1]}…"


def without_markup(value: str) -> str:
    return html.unescape(MARKUP.sub(" ", INLINE.sub("", value)))


def names(values: Iterable[Any]) -> tuple[str, ...]:
    """Each name once, in order."""
    found = (plain(value, "name", is_html=True) for value in values if isinstance(value, str))
    return tuple(dict.fromkeys(name for name in found if name))[:MOST_NAMES]


def is_article(markup: str, least: int) -> bool:
    """Whether a feed's content is a whole article by its looks: long enough, and not cut off."""
    if not least <= len(markup) <= LONGEST_BODY:
        return False
    text = " ".join(without_markup(markup).split())
    return len(text) >= least and not CUT_OFF.search(text[-80:])


def resolved(markup: str, base: str) -> str:
    """The markup with its links resolved; as it is where it cannot be parsed."""
    from lxml.etree import LxmlError
    from lxml.html import fragment_fromstring, tostring

    try:
        tree = fragment_fromstring(markup, create_parent="div")
        tree.make_links_absolute(base, handle_failures="ignore")
        return str(tostring(tree, encoding="unicode"))
    except (LxmlError, ValueError):
        return markup


def paragraphs(text: str) -> str:
    """Plain text as HTML, a paragraph for each of its own."""
    return "".join(f"<p>{html.escape(each, quote=False)}</p>" for each in re.split(r"\n\s*\n", text))
