"""The demo site as a function of path and time: three newspapers made up from the files of seeds/demo."""

import hashlib
import re
import tomllib
from datetime import datetime
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jinja2
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
RELATED = 3
LATEST = 5


class Response(NamedTuple):
    """What the site answers; headers have the names that HTTP gives them."""

    status: int
    headers: dict[str, str]
    body: bytes


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """From `at` on, `new` stands where `old` stood; title and summary where given; a silent one is not told."""

    at: datetime
    old: str
    new: str
    title: str | None = None
    summary: str | None = None
    silent: bool = False


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
    odd: str | None = None
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
    articles: tuple[Article, ...]

    def address(self, article: Article) -> str:
        """The path of an article's page."""
        place = {"section": ident(article.section), "published": article.published, "slug": article.slug}
        return article.path or self.path.format(**place)

    def offers(self, article: Article) -> str:
        """What the feed links to."""
        return article.offered or self.address(article) + self.tracking


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


@cache
def templates() -> jinja2.Environment:
    """The pages and feeds, which escape what they say."""
    loader = jinja2.FileSystemLoader(SITE)
    made = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    made.filters |= {"ident": ident, "stamp": stamp, "rfc": rfc, "shown": datetime.strftime}
    return made


def declared(port: int) -> str:
    """The sources file of a demo at this port, as TOML."""
    return templates().get_template("sources.toml").render(port=port)


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
        self.linked = [each for each in self.articles if each.odd != "unlinked"]
        self.built = max((each.modified or each.published for each in self.articles), default=moments()[0])

    def respond(self, asked: str) -> Response:
        for article in self.linked:
            if asked == self.outlet.address(article):
                return self.page(article)
            if asked == article.offered:
                return Response(301, {"Location": self.base + self.outlet.address(article)}, b"")
        if asked == self.outlet.feed:
            return answer(200, self.render(f"feed{Path(asked).suffix}"), self.outlet.feed_type, modified=self.built)
        if asked == f"/{self.outlet.folder}/":
            return answer(200, self.render("front.html"), modified=self.built)
        return answer(404, self.render("missing.html"))

    def page(self, article: Article) -> Response:
        """The page of an article, in the encoding that it has and with the one that it says."""
        if article.gone_at and article.gone_at <= self.now:
            return answer(410, self.render("gone.html"))
        near = [each for each in self.linked if each.section == article.section and each.slug != article.slug]
        body = self.render(article.page, article.encoded, article=article, related=near[:RELATED])
        return answer(200, body, charset=article.declared, modified=self.built)

    def render(self, template: str, encoding: str = "utf-8", **values: object) -> bytes:
        """A page or feed of the outlet."""
        latest = self.linked[:LATEST]
        now = {
            "outlet": self.outlet,
            "base": self.base,
            "built": self.built,
            "articles": self.articles,
            "latest": latest,
        }
        text = templates().get_template(f"{self.outlet.folder}/{template}").render(now | values)
        return text.encode(encoding, "xmlcharrefreplace")


def as_of(article: Article, now: datetime) -> Article:
    """The article as it stood at that time."""
    for change in article.change:
        if change.at <= now:
            body, title = article.body.replace(change.old, change.new), change.title or article.title
            summary = change.summary or article.summary
            told = article.modified if change.silent else change.at
            article = replace(article, body=body, title=title, summary=summary, modified=told)
    if article.gone_at and article.gone_at <= now:
        return replace(article, title=article.gone_title or article.title, modified=article.gone_at)
    return article


def answer(
    status: int, body: bytes, kind: str = "text/html", *, charset: str = "utf-8", modified: datetime | None = None
) -> Response:
    """A response that can be asked for again by its etag, and by its time where it has one."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = {"Content-Type": f"{kind}; charset={charset}", "ETag": etag}
    if modified:
        headers["Last-Modified"] = rfc(modified)
    return Response(status, headers, body)


def stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc(time: datetime) -> str:
    """A date as mail and HTTP write it."""
    return format_datetime(time, usegmt=True)


def ident(name: str) -> str:
    """A name as it stands in addresses."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
