"""What a page says of its article: structured data first, then its meta tags, then the page itself."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache, cached_property
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from pipeline import seeds
from pipeline.clean.decoding import CONTROLS
from pipeline.clean.names import names
from pipeline.clean.structured import Node, article_of, first, headline, texts
from pipeline.model import Access
from pipeline.sources.dates import instant

if TYPE_CHECKING:
    from lxml.html import HtmlElement

LONGEST_TITLE = 400
MOST_TAGS = 30
LATEST = timedelta(days=1)
"""How far a page may be dated after its capture: clocks and zones differ, and nothing is published tomorrow."""

SEPARATOR = re.compile(r"\s+[|–—·•:»«-]+\s+|\s*[|»«]\s*")
TAG = re.compile(r"<[^<>]{1,200}>")
LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_][\w-]*)?", re.IGNORECASE)
PAID = {"false": "paid", "no": "paid", "0": "paid", "locked": "paid", "paid": "paid", "premium": "paid",
        "metered": "metered", "true": "free", "free": "free", "yes": "free"}  # fmt: skip


class Metadata:
    """The fields of one page, each worked out when first asked for. `at` is the time of capture."""

    def __init__(self, tree: "HtmlElement", url: str, at: datetime | None) -> None:
        self.tree, self.url, self.at = tree, url, at
        self.meta = _meta(tree)
        self.h1 = [text for h1 in list(tree.iter("h1"))[:5] if (text := plain(h1.text_content()))]
        self.head_title = next((plain(t.text_content()) for t in tree.iterfind(".//head/title")), "")

    @cached_property
    def node(self) -> Node:
        """The page's article as JSON-LD."""
        return article_of(self.tree, [*self._said("title"), *self.h1])

    @cached_property
    def title(self) -> str | None:
        """Without the site's name; of the page's headings the one that the head of the page repeats."""
        said = [plain(headline(self.node)), *self._said("title")]
        shown = [h1 for h1 in self.h1 if any(_same(h1, self._bare(one)) for one in [*said, self.head_title])]
        found = [*said, *shown, *self.h1, self.head_title]
        return next((bare for one in found if (bare := self._bare(one)[:LONGEST_TITLE])), None)

    @cached_property
    def canonical(self) -> str | None:
        links = (link.get("href") for link in self.tree.iterfind(".//link[@rel='canonical']"))
        return next((href for href in links if href), None) or next(iter(self._said("url")), None)

    @cached_property
    def site_name(self) -> str | None:
        said = [*self._said("site_name"), plain(first(self.node.get("publisher")))]
        return next((name for name in said if name and len(name) < 80 and "://" not in name), None)

    @property
    def authors(self) -> tuple[str, ...]:
        outlets = (self.site_name, plain(first(self.node.get("publisher"))), urlsplit(self.url).hostname)
        for said in (self._persons(), self._said("authors"), self._bylines()):
            if found := names(said, outlets):
                return found
        return ()

    @property
    def published_at(self) -> datetime | None:
        times = (e.get("datetime") or "" for e in _with(self.tree, "time", "pubdate", "datepublished"))
        return self._instant([first(self.node.get("datePublished")), *self._said("published_at"), *times])

    @property
    def modified_at(self) -> datetime | None:
        """None where it is no later than the publication."""
        found = self._instant([first(self.node.get("dateModified")), *self._said("modified_at")])
        return found if found and (self.published_at is None or found > self.published_at) else None

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

    @property
    def rights(self) -> dict[str, str]:
        """Licence and copyright as the page states them."""
        said = {
            "license": first(self.node.get("license")) or next(_links(self.tree, "license"), ""),
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
        """Links to the page of an author, and what is marked as one."""
        found = [
            *_with(self.tree, "a", "author"),
            *_with(self.tree, "span", "author"),
            *_with(self.tree, "div", "author"),
        ]
        return (plain(element.text_content()[:500]) for element in found[:5])

    def _bare(self, title: str) -> str:
        """The title without the site's name before or behind it."""
        parts = list(SEPARATOR.finditer(title))
        if parts and self._is_site(title[parts[-1].end() :]):
            return self._bare(title[: parts[-1].start()].strip())
        if parts and self._is_site(title[: parts[0].start()]):
            return title[parts[0].end() :].strip()
        return title

    def _is_site(self, part: str) -> bool:
        host = (urlsplit(self.url).hostname or "").removeprefix("www.")
        own = {_letters(name) for name in (self.site_name or "", host, host.partition(".")[0]) if name}
        letters = _letters(part)
        return bool(letters) and any(letters == name or (len(name) > 4 and name in letters) for name in own)


def plain(text: str) -> str:
    """One line without markup, character references and control characters."""
    return " ".join(CONTROLS.sub("", unescape(unescape(TAG.sub("", text[:5000])))).split())


def _meta(tree: "HtmlElement") -> dict[str, list[str]]:
    """The values of the meta tags by their names in lower case."""
    found = dict[str, list[str]]()
    for element in tree.iter("meta"):
        value = plain(element.get("content") or "")
        name = element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv")
        if value and name:
            found.setdefault(name.lower(), []).append(value)
    return found


def _with(tree: "HtmlElement", tag: str, *roles: str) -> list["HtmlElement"]:
    """Elements whose rel or itemprop names one of the roles."""
    return [e for e in tree.iter(tag) if {*f"{e.get('rel', '')} {e.get('itemprop', '')}".lower().split()} & {*roles}]


def _links(tree: "HtmlElement", rel: str) -> Iterator[str]:
    return (e.get("href") for tag in ("link", "a") for e in _with(tree, tag, rel) if e.get("href"))


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


def _same(one: str, other: str) -> bool:
    return _letters(one) == _letters(other)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()
