"""The demo site as a function of path and time: two newspapers made up from the files of seeds/demo."""

import hashlib
import html
import json
import re
import tomllib
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from string import Template
from typing import NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pipeline.seeds import SEEDS

SITE = SEEDS / "demo"
STATIC = {
    "/": ("index.html", "text/html"),
    "/robots.txt": ("robots.txt", "text/plain"),
    "/tern/picture.svg": ("tern/picture.svg", "image/svg+xml"),
    "/curlew/picture.svg": ("curlew/picture.svg", "image/svg+xml"),
}
TIERS = {"free": "free", "metered": "metered", "paid": "locked"}
RELATED = 3
LATEST = 5


class Response(NamedTuple):
    """What the site answers; headers have the names that HTTP gives them."""

    status: int
    headers: dict[str, str]
    body: bytes


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """From `at` on, `new` stands where `old` stood; title and summary where they are given."""

    at: datetime
    old: str
    new: str
    title: str | None = None
    summary: str | None = None


class Article(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An article as its file has it; docs/demo.md tells what the odd keys are for."""

    slug: str
    body: str
    title: str
    published: datetime
    section: str
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    summary: str
    caption: str = ""
    access: str = "free"
    language: str = "en"
    page: str = "page.html"
    item: str = "item.xml"
    path: str | None = None
    offered: str | None = None
    encoded: str = "utf-8"
    declared: str = "utf-8"
    fill: int = 0
    gone_at: datetime | None = None
    gone_title: str | None = None
    change: tuple[Change, ...] = ()
    modified: datetime | None = None


class Outlet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A newspaper: `path` is the pattern of its pages' addresses, `tracking` what its feed adds to them."""

    folder: str
    name: str
    feed: str
    feed_type: str
    path: str
    tracking: str
    sections: tuple[str, ...]
    shown_date: str
    fragments: dict[str, str]
    articles: tuple[Article, ...]

    def address(self, article: Article) -> str:
        """The path of an article's page."""
        place = {"section": ident(article.section), "published": article.published, "slug": article.slug}
        return article.path or self.path.format(**place)

    def file(self, name: str) -> str:
        return (SITE / self.folder / name).read_text(encoding="utf-8")

    def each(self, fragment: str, names: Iterable[str]) -> str:
        """A fragment for each name."""
        pattern = Template(self.fragments[fragment])
        return "\n".join(pattern.substitute(name=html.escape(name), id=ident(name)) for name in names)


@cache
def moments() -> tuple[datetime, ...]:
    """The calendar of the demo: its first state, and where its clock moves on to."""
    return tuple(tomllib.loads((SITE / "demo.toml").read_text(encoding="utf-8"))["moments"])


@cache
def outlets() -> tuple[Outlet, ...]:
    """The newspapers with all of their articles, whatever the time, the newest first."""
    found = []
    for file in sorted(SITE.glob("*/outlet.toml")):
        articles = sorted(map(article, file.parent.glob("articles/*.md")), key=lambda each: each.published)
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        found.append(msgspec.convert({**table, "folder": file.parent.name, "articles": articles[::-1]}, Outlet))
    return tuple(found)


def article(file: Path) -> Article:
    """The article of a file: TOML between two lines of +++, then its paragraphs."""
    _, head, body = file.read_text(encoding="utf-8").split("+++\n", 2)
    return msgspec.convert({**tomllib.loads(head), "slug": file.stem, "body": body.strip()}, Article)


def declared(port: int) -> str:
    """The sources file of a demo at this port, as TOML."""
    return Template((SITE / "sources.toml").read_text(encoding="utf-8")).substitute(port=port)


def respond(path: str, now: datetime, base_url: str) -> Response:
    """What the site says at `path` (a query is not looked at) at that time, as a server at `base_url`."""
    asked = path.partition("?")[0].partition("#")[0]
    if asked in STATIC:
        name, kind = STATIC[asked]
        return answer(200, (SITE / name).read_bytes(), kind, modified=moments()[0])
    for outlet in outlets():
        if asked.startswith(f"/{outlet.folder}/"):
            return Edition(outlet, now, base_url).respond(asked)
    return answer(404, b"Nothing is here.\n", "text/plain")


class Edition:
    """A newspaper at a time."""

    def __init__(self, outlet: Outlet, now: datetime, base_url: str) -> None:
        self.outlet, self.now, self.base = outlet, now, base_url
        self.articles = [as_of(each, now) for each in outlet.articles if each.published <= now]
        self.pages = {outlet.address(each): each for each in self.articles if each.item != "item-unlinked.xml"}
        self.moved = {each.offered: path for path, each in self.pages.items() if each.offered}
        self.built = max((each.modified or each.published for each in self.articles), default=moments()[0])

    def respond(self, asked: str) -> Response:
        if asked in self.moved:
            return Response(301, {"Location": self.base + self.moved[asked]}, b"")
        if asked in self.pages:
            return self.page(self.pages[asked])
        if asked == self.outlet.feed:
            return answer(200, self.feed().encode(), self.outlet.feed_type, modified=self.built)
        if asked == f"/{self.outlet.folder}/":
            return answer(200, self.whole("front.html").encode(), modified=self.built)
        return answer(404, self.whole("missing.html").encode())

    def page(self, article: Article) -> Response:
        """The page of an article, in the encoding that it has and with the one that it says."""
        if article.gone_at and article.gone_at <= self.now:
            return answer(410, self.whole("gone.html").encode())
        body = self.whole(article.page, **self.values(article)).encode(article.encoded, "xmlcharrefreplace")
        return answer(200, body, charset=article.declared, modified=self.built)

    def feed(self) -> str:
        """All that has been published, the newest first."""
        items = (Template(self.outlet.file(each.item)).substitute(self.values(each)) for each in self.articles)
        return self.whole("feed.xml", items="\n".join(items))

    def whole(self, template: str, **values: str) -> str:
        """A page or feed: what it says of itself, in the frame of the outlet."""
        shared = {
            "site": self.outlet.name,
            "base": self.base,
            "feed": self.outlet.feed,
            "built": stamp(self.built),
            "built_rfc": format_datetime(self.built, usegmt=True),
            "nav": self.outlet.each("nav", self.outlet.sections),
            "latest": self.teasers(),
        }
        return Template(self.outlet.file(template)).substitute(shared | values)

    def values(self, article: Article) -> dict[str, str]:
        """What templates say of an article: escaped for HTML, and as JSON under `json_…`."""
        plain, outlet = self.plain(article), self.outlet
        dated = {name: Template(outlet.fragments[name]).substitute(plain) for name in ("changed", "feed_changed")}
        return {
            **{name: html.escape(value) for name, value in plain.items()},
            **{f"json_{name}": json.dumps(value, ensure_ascii=False) for name, value in plain.items()},
            **(dated if article.modified else dict.fromkeys(dated, "")),
            **{name: outlet.each(name, article.tags) for name in ("tags", "tag_metas", "feed_tags")},
            "feed_authors": outlet.each("feed_authors", article.authors),
            "json_authors": json.dumps([{"@type": "Person", "name": name} for name in article.authors]),
            "json_free": json.dumps(article.access == "free"),
            "raw_title": article.title,
            "body": self.body(article),
            "related": self.teasers(article),
        }

    def plain(self, article: Article) -> dict[str, str]:
        """Its words, addresses and times."""
        modified = article.modified or article.published
        address = self.base + self.outlet.address(article)
        return {
            **{name: getattr(article, name) for name in ("title", "summary", "section", "slug", "caption", "language")},
            "section_id": ident(article.section),
            "keywords": ", ".join(article.tags),
            "tier": TIERS[article.access],
            "url": address,
            "offered": self.base + article.offered if article.offered else address + self.outlet.tracking,
            "byline": " and ".join(article.authors) or self.outlet.name,
            "published": stamp(article.published),
            "published_shown": article.published.strftime(self.outlet.shown_date),
            "published_rfc": format_datetime(article.published, usegmt=True),
            "modified": stamp(modified),
            "modified_shown": modified.strftime(self.outlet.shown_date),
        }

    def teasers(self, of: Article | None = None) -> str:
        """Links to the newest articles, or to the newest others of a section."""
        found = [(path, each) for path, each in self.pages.items() if of is None or near(each, of)]
        pattern = Template(self.outlet.fragments["teaser"])
        shown = found[: RELATED if of else LATEST]
        return "\n".join(pattern.substitute(link=path, title=html.escape(each.title)) for path, each in shown)

    def body(self, article: Article) -> str:
        """Paragraphs as HTML, with the outlet's own lines in the midst of longer ones; `fill` repeats the last."""
        blocks = [block(each) for each in article.body.split("\n\n")]
        if len(blocks) > LATEST:
            blocks.insert(RELATED, self.outlet.file("interlude.html"))
        return "\n".join(blocks + [blocks[-1]] * (article.fill // (len(blocks[-1]) or 1)))


def as_of(article: Article, now: datetime) -> Article:
    """The article as it stood at that time."""
    for change in article.change:
        if change.at <= now:
            body, title = article.body.replace(change.old, change.new), change.title or article.title
            summary = change.summary or article.summary
            article = replace(article, body=body, title=title, summary=summary, modified=change.at)
    if article.gone_at and article.gone_at <= now:
        return replace(article, title=article.gone_title or article.title, modified=article.gone_at)
    return article


def near(one: Article, other: Article) -> bool:
    return one.section == other.section and one.slug != other.slug


def block(text: str) -> str:
    """A paragraph or subheading as HTML; markup passes."""
    if text.startswith("<"):
        return text
    return f"<h2>{html.escape(text[3:])}</h2>" if text.startswith("## ") else f"<p>{html.escape(text, quote=False)}</p>"


def answer(
    status: int, body: bytes, kind: str = "text/html", *, charset: str = "utf-8", modified: datetime | None = None
) -> Response:
    """A response that can be asked for again by its etag, and by its time where it has one."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = {"Content-Type": f"{kind}; charset={charset}", "ETag": etag}
    if modified:
        headers["Last-Modified"] = format_datetime(modified, usegmt=True)
    return Response(status, headers, body)


def stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def ident(name: str) -> str:
    """A name as it stands in addresses."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
