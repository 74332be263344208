"""What a page shows of its kind beside its text: what it is declared as, its frames, its lists of links."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from pipeline.clean.metadata import Metadata
from pipeline.clean.structured import headline, is_article, kinds, letters, roots
from pipeline.clean.tree import found_by, plain

if TYPE_CHECKING:
    from lxml.html import HtmlElement

PARTS = re.compile(r"\s+[–—·•-]\s+|\s*[|»]\s*")
EDGES = re.compile(r"[\s.…!:-]+$|^\W+")
HEADLINE_WORDS = 4
"""The fewest of a link that stands like a headline."""

LARGEST_CARD = 500
"""Characters of a teaser: headline, lead and byline."""

MOST_LINKS = 400
LINKS = "(//body//a[@href])[not(ancestor::header or ancestor::nav or ancestor::footer)]"
MARKED = "//body//*[self::div or self::form or self::iframe or self::section or self::ul or self::video or self::audio]"
PICTURES = "//figure[.//img][not(ancestor::a or ancestor::aside or ancestor::header or ancestor::footer or .//a)]"
VISIBLE = "//body//text()[not(ancestor::script or ancestor::style or ancestor::header or ancestor::footer)]"


class Signs:
    """The signs of one page, each worked out when first asked for."""

    def __init__(self, about: Metadata) -> None:
        self.about, self.tree = about, about.tree

    @cached_property
    def headings(self) -> list[str]:
        """The parts of what the page calls itself, without the marks at their ends."""
        said = [*self.about.headings, self.about.head_title]
        parts = (EDGES.sub("", part) for one in said for part in (one, *PARTS.split(one)))
        return list(dict.fromkeys(part for part in parts if part))

    @cached_property
    def types(self) -> str:
        """What the page declares itself to be, in lower case."""
        declared = [kind for node in roots(self.about.data) for kind in kinds(node)]
        return " ".join((*declared, *(f"og:{value.lower()}" for value in self.about.meta.get("og:type", ()))))

    @cached_property
    def is_article(self) -> bool:
        """Whether the page is declared to be one article, not a list of several."""
        if re.search(r"\bog:(?:news)?article\b", self.types):
            return True
        found = [node for node in roots(self.about.data) if is_article(node)]
        titles = {letters(title) for title in self.about.headings}
        return len(found) == 1 or any(letters(headline(node)) in titles - {""} for node in found)

    @cached_property
    def marks(self) -> list[str]:
        """A line for each part of the page that names itself."""
        names = ("id", "class", "src", "data-src")
        return [
            " ".join([e.tag, *(e.get(name) or "" for name in names)])[:300] for e in found_by(MARKED, self.tree)[:500]
        ]

    @cached_property
    def pictures(self) -> int:
        return len(found_by(PICTURES, self.tree))

    @cached_property
    def visible(self) -> str:
        """All that can be read on the page, for one that has hardly any text."""
        return " ".join(" ".join(map(str, found_by(VISIBLE, self.tree)[:2000])).split())

    @cached_property
    def teasers(self) -> list[str]:
        """The letters of each teaser: a link to the same site that stands like a headline, with what is around it."""
        links = list(self._headlines())
        held: defaultdict[HtmlElement, set[str]] = defaultdict(set)
        for link, address in links:
            for around in link.iterancestors():
                held[around].add(address)
        cards = dict.fromkeys(self._card(link, held) for link, _ in links)
        return list(dict.fromkeys(letters(card.text_content()) for card in cards))

    def beside(self, text: str) -> bool:
        """Whether a paragraph is of a teaser or a caption."""
        said = letters(text)
        return any(said in one for one in (*self.teasers, *self._captions))

    @cached_property
    def _captions(self) -> list[str]:
        return [letters(e.text_content()) for e in list(self.tree.iter("figcaption"))[:200]]

    def _headlines(self) -> "Iterator[tuple[HtmlElement, str]]":
        host = urlsplit(self.about.url).hostname
        for link in found_by(LINKS, self.tree)[:MOST_LINKS]:
            said, around = plain(link.text_content()), link.getparent()
            alone = around is not None and len(said) >= 0.8 * len(plain(around.text_content()))
            if alone and len(said.split()) >= HEADLINE_WORDS and (address := _on(host, self.about.url, link)):
                yield link, address

    def _card(self, link: "HtmlElement", held: "dict[HtmlElement, set[str]]") -> "HtmlElement":
        """The largest part of the page around a headline that has no other."""
        card = link
        for around in link.iterancestors():
            if len(held[around]) > 1 or around.tag == "body" or len(around.text_content()) > LARGEST_CARD:
                break
            card = around
        return card


def _on(host: str | None, base: str, link: "HtmlElement") -> str | None:
    """The address of a link where that is on the same host."""
    try:
        address = urljoin(base, (link.get("href") or "").strip())
        return address.partition("#")[0] if urlsplit(address).hostname == host else None
    except ValueError:
        return None
