"""What a page says of its article: structured data first, then its meta tags, then the page itself."""

import logging
import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from functools import cache, cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from pipeline import seeds
from pipeline.clean.names import names
from pipeline.clean.structured import Node, article_of, data_of, first, headline, letters, texts
from pipeline.clean.tree import inside, plain
from pipeline.model import Access
from pipeline.sources.dates import instant

if TYPE_CHECKING:
    from lxml.html import HtmlElement

LONGEST_TITLE, LONGEST_BYLINE, MOST_BYLINES = 400, 150, 50
NO_TITLE = {"home", "homepage", "news", "article", "story", "index", "untitled", "startseite", "accueil", "inicio"}
MOST_TAGS = 30
LATEST = timedelta(days=1)
"""How far a page may be dated after its capture: clocks and zones differ, and nothing is published tomorrow."""

BYLINE = re.compile("[aA]uthor|[bB]yline")
ROLES = ("rel", "itemprop")
ASIDE = ("aside", "footer", "nav")
PUBLISHED = re.compile(r"publi|pubdate|entry-date|created", re.IGNORECASE)
SEPARATOR = re.compile(r"\s+[|–—·•:»«-]+\s+|\s*[|»«]\s*")
LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_][\w-]*)?", re.IGNORECASE)
PAID = {"false": "paid", "no": "paid", "0": "paid", "locked": "paid", "paid": "paid", "premium": "paid",
        "metered": "metered", "true": "free", "free": "free", "yes": "free"}  # fmt: skip


class Metadata:
    """The fields of one page, each worked out when first asked for. `at` is the time of capture."""

    def __init__(self, tree: "HtmlElement", url: str, at: datetime | None) -> None:
        self.tree, self.url, self.at = tree, url, at
        self.meta = _meta(tree)
        self.links = [e for e in tree.iter("link") if not inside(e, "div", "article", "section", "main")]
        self.h1 = [text for h1 in list(tree.iter("h1"))[:5] if (text := plain(h1.text_content()))]
        self.head_title = next((plain(t.text_content()) for t in tree.iterfind(".//head/title")), "")

    @cached_property
    def data(self) -> list[Any]:
        """The page's JSON-LD."""
        return data_of(self.tree)

    @cached_property
    def node(self) -> Node:
        """The page's article as JSON-LD."""
        return article_of(self.data, [*self._said("title"), *self.h1])

    @cached_property
    def title(self) -> str | None:
        """Without the site's name: the structured headline, then the heading that the head of the page names too."""
        said = [self._bare(one) for one in (*self._said("title"), self.head_title)]
        heads = {letters(one) for one in said}
        h2 = [plain(e.text_content()) for e in list(self.tree.iter("h2"))[:5]]
        shown = [heading for heading in (*self.h1, *h2) if letters(heading) in heads]
        found = (self._bare(plain(headline(self.node))), *shown, *said, *self.h1)
        return next((title[:LONGEST_TITLE] for title in found if title and not self._is_site(title)), None)

    @property
    def headings(self) -> list[str]:
        """What the page calls itself, in whatever place."""
        return [plain(headline(self.node)), *self._said("title"), *self.h1, self._bare(self.head_title)]

    @cached_property
    def canonical(self) -> str | None:
        """The web address that the page gives itself."""
        links = (link.get("href", "") for link in self.links if link.get("rel") == "canonical")
        return next((address for href in links if href.strip() and (address := _web(self.url, href))), None)

    @cached_property
    def site_name(self) -> str | None:
        said = [*self._said("site_name"), plain(first(self.node.get("publisher")))]
        return next((name for name in said if name and len(name) < 80 and "://" not in name), None)

    @cached_property
    def authors(self) -> tuple[str, ...]:
        outlets = (*self._said("site_name"), plain(first(self.node.get("publisher"))), urlsplit(self.url).hostname)
        for said in (self._persons(), *(self.meta.get(name, []) for name in _names("authors"))):
            if found := names(said, outlets):
                return found
        return next((found for line in self._bylines() if (found := names([line], outlets, strict=True))), ())

    @cached_property
    def published_at(self) -> datetime | None:
        """As stated, else the day that htmldate's surest rules find: they invent none."""
        said = (first(self.node.get("datePublished")), *self._said("published_at"), *self._times())
        return self._instant(said) or self._instant([_day(self.tree, self.url) or ""])

    @property
    def modified_at(self) -> datetime | None:
        return self._instant([first(self.node.get("dateModified")), *self._said("modified_at")])

    @property
    def section(self) -> str | None:
        said = [*(plain(text) for text in texts(self.node.get("articleSection"))), *self._said("section")]
        return next((section for section in said if section and len(section) < 80), None)

    @property
    def tags(self) -> tuple[str, ...]:
        said = [plain(text) for text in texts(self.node.get("keywords"))] or self._said("tags", all_of_first=True)
        found = (tag.strip() for one in said for tag in re.split("[,;]", one))
        return tuple(dict.fromkeys(tag for tag in found if 1 < len(tag) < 80))[:MOST_TAGS]

    @property
    def image(self) -> str | None:
        for said in (*self._said("image"), first(_urls(self.node.get("image")))):
            if said and (address := _web(self.url, said)):
                return address
        return None

    @property
    def language(self) -> str | None:
        said = (self.tree.get("lang") or "", first(self.node.get("inLanguage")), *self._said("language"))
        return next((match[1].lower() for one in said if (match := LANGUAGE.fullmatch(one.strip()))), None)

    @property
    def access(self) -> Access:
        said = [str(self.node.get("isAccessibleForFree", "")), *self._said("access")]
        found = {PAID.get(one.strip().lower().rsplit("/", 1)[-1]) for one in said}
        return "metered" if "metered" in found else "paid" if "paid" in found else "free"

    @cached_property
    def rights(self) -> dict[str, str]:
        """Licence and copyright as the page states them."""
        said = {
            "license": first(self.node.get("license"))
            or next((e.get("href", "") for e in (*self.links, *self.tree.iter("a")) if e.get("rel") == "license"), ""),
            "usage_info": first(self.node.get("usageInfo")),
            "copyright_holder": first(self.node.get("copyrightHolder")),
            "copyright_notice": first(self.node.get("copyrightNotice")) or next(iter(self._said("copyright")), ""),
            **{name: next(iter(self._said(name)), "") for name in ("tdm_reservation", "tdm_policy")},
        }
        return {name: text for name, value in said.items() if (text := plain(value)[:500])}

    def _said(self, field: str, *, all_of_first: bool = False) -> list[str]:
        """What the meta tags say of a field, the most trusted first; or all that the most trusted one says."""
        found = [self.meta[name] for name in _names(field) if name in self.meta]
        return list(found[0] if found else ()) if all_of_first else [value for values in found for value in values]

    def _instant(self, said: Iterable[str]) -> datetime | None:
        for one in said:
            found = instant(one) if one else None
            if found and (self.at is None or found <= self.at + LATEST):
                return found
        return None

    def _persons(self) -> list[str]:
        """The authors of the node; organisations are outlets."""
        value = self.node.get("author") or self.node.get("creator") or []
        nodes = value if isinstance(value, list) else [value]
        people = [one for one in nodes if not (isinstance(one, dict) and "Organization" in str(one.get("@type")))]
        return [plain(text) for text in texts(people)]

    def _bylines(self) -> Iterator[str]:
        """The short texts of what is marked as an author or a byline, not in comments and teasers."""
        marked = (e for e in self.tree.iter() if BYLINE.search(e.get("class", "")) or "author" in map(e.get, ROLES))
        for element in islice(marked, MOST_BYLINES):
            if any(e.tag in ASIDE or "comment" in e.get("class", "") for e in (element, *element.iterancestors())):
                continue
            pieces = [plain(piece) for piece in element.itertext()]
            if sum(map(len, pieces)) < LONGEST_BYLINE:
                yield " | ".join(pieces)

    def _times(self) -> Iterator[str]:
        """The first time that is marked as the publication's, or that stands below the headline."""
        found = list(self._dated())
        marked = [e for e in found if PUBLISHED.search(f"{e.get('class')} {e.get('itemprop')} {e.get('pubdate')}")]
        return (e.get("datetime") or "" for e in (marked or found)[:1])

    def _dated(self) -> "Iterator[HtmlElement]":
        """The times in the article, or below the headline."""
        is_below = False
        for element in self.tree.iter("h1", "time"):
            is_below = is_below or element.tag == "h1"
            if element.get("datetime") is not None and (is_below or inside(element, "article", "main")):
                yield element

    def _bare(self, title: str) -> str:
        """The title without the site's name before or behind it, nor what else stands behind a heading of the page."""
        parts = list(SEPARATOR.finditer(title))
        for part in parts:
            if title[: part.start()] in self.h1 or self._is_site(title[part.end() :]):
                return self._bare(title[: part.start()].strip())
        if parts and self._is_site(title[: parts[0].start()]):
            return self._bare(title[parts[0].end() :].strip())
        return title

    def _is_site(self, part: str) -> bool:
        said = letters(part)
        return said in self._own | NO_TITLE or any(
            len(name) > 3 and name in said and len(said) <= 2 * len(name) + 3 for name in self._own
        )

    @cached_property
    def _own(self) -> set[str]:
        """The letters of the site's names."""
        host = (urlsplit(self.url).hostname or "").removeprefix("www.")
        return {letters(name) for name in (self.site_name or "", host, host.partition(".")[0])} - {""}


def _meta(tree: "HtmlElement") -> dict[str, list[str]]:
    """The values of the meta tags by their names in lower case; those of microdata may be of any part of the page."""
    found = dict[str, list[str]]()
    for element in tree.iter("meta"):
        value = plain(element.get("content") or element.get("value") or "")
        name = element.get("property") or element.get("name") or element.get("http-equiv")
        name = name or f"itemprop:{element.get('itemprop')}"
        if value:
            found.setdefault(name.lower(), []).append(value)
    return found


def _day(tree: "HtmlElement", url: str) -> str | None:
    """The day of publication by what the page and its URL show; the copy is for htmldate, which takes trees apart."""
    from htmldate import find_date

    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    return find_date(deepcopy(tree), extensive_search=False, original_date=True, url=url or None)


def _urls(value: Any) -> Any:
    """An image node with its address instead of its name."""
    if isinstance(value, list):
        return [_urls(one) for one in value[:5] if not isinstance(one, list)]
    return value.get("url") or value.get("contentUrl") if isinstance(value, dict) else value


def _web(base: str, reference: str) -> str | None:
    """The absolute web address of a reference."""
    try:
        address = urljoin(base, reference.strip())
        return address if urlsplit(address).scheme in ("http", "https") and urlsplit(address).hostname else None
    except ValueError:
        return None


@cache
def _names(field: str) -> tuple[str, ...]:
    return next((tuple(names) for name, *names in seeds.rows("metadata.tsv") if name == field), ())
