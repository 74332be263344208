"""The tree of a page, and what finds elements in it: walks by tag cost a fraction of an XPath over the whole page."""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from typing import TYPE_CHECKING

from pipeline.clean.decoding import CONTROLS
from pipeline.errors import Rejected

if TYPE_CHECKING:
    from lxml.etree import HTMLParser, XPath
    from lxml.html import HtmlElement

DOCTYPE = re.compile(r"<!doctype[^>]*>|<\?xml[^>]*>", re.IGNORECASE)
SELF_CLOSED = re.compile(r"(<html[^>]*?)/\s*>", re.IGNORECASE)
TAG = re.compile(r"<[^<>]{1,200}>")


def parsed(text: str) -> "HtmlElement":
    """The tree of a page; `Rejected` where there is none."""
    from lxml.html import document_fromstring

    # lxml would believe the declarations, which were judged when the bytes were decoded.
    text = SELF_CLOSED.sub(r"\1>", DOCTYPE.sub("", text[:5000])) + text[5000:]
    try:
        return document_fromstring(text.encode(), parser=_parser())
    except ValueError as error:  # which its ParserError is: "Document is empty"
        raise Rejected("empty") from error


def plain(text: str) -> str:
    """One line without markup, character references and control characters."""
    return " ".join(CONTROLS.sub("", unescape(unescape(TAG.sub("", text[:5000])))).split())


def _parser() -> "HTMLParser":
    """Makes every element an HtmlElement: what lxml.html calls for each, to know forms and inputs, takes 5 % of all."""
    from lxml.etree import ElementDefaultClassLookup
    from lxml.html import HtmlElement, HTMLParser

    parser = HTMLParser(collect_ids=False, encoding="utf-8", remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(ElementDefaultClassLookup(element=HtmlElement))
    return parser


def inside(element: "HtmlElement", *tags: str) -> bool:
    """Whether an element stands in one of such tags."""
    return next(element.iterancestors(*tags), None) is not None


def marked(tree: "HtmlElement", words: re.Pattern[str], *tags: str) -> "Iterator[HtmlElement]":
    """The elements of such tags whose class fits."""
    return (e for e in tree.iter(*tags) if (name := e.get("class")) and words.search(name))


def found_by(path: str, element: "HtmlElement") -> list["HtmlElement"]:
    return list(_xpath(path)(element))


@cache
def _xpath(path: str) -> "XPath":
    from lxml.etree import XPath

    return XPath(path)
