"""Capture → document: what the page's article says, and what is known of it. The only caller of trafilatura."""

import logging
import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from msgspec.structs import replace

from pipeline.clean.decoding import CONTROLS, content_type, decode, is_page, require_text
from pipeline.clean.forms import form_of
from pipeline.clean.furniture import without_furniture
from pipeline.clean.metadata import Metadata
from pipeline.clean.names import names
from pipeline.clean.parts import prepare, prune
from pipeline.clean.refusals import prose, words
from pipeline.clean.rules import RULES
from pipeline.clean.signs import Signs
from pipeline.clean.structured import letters
from pipeline.clean.tree import parsed, plain
from pipeline.errors import EntryError, Failed, Rejected
from pipeline.identity import article_id, article_url, content_id, path_id, version_of
from pipeline.languages import UNKNOWN, detect
from pipeline.model import Capture, Document, Entry, Extraction, RawRef

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from trafilatura.settings import Extractor

INVISIBLE = re.compile("[\u00ad\ufeff]")  # hyphens that show at the end of a line only, and a mark of byte order
SENTENCE_END = re.compile(r"""[.,;:…][)"'”’»]*$""")
HEADINGS = 3  # paragraphs at the beginning among which headings of the page may stand
LONGEST_TITLE = 150  # characters of a first line
SURE = 0.8
"""From this score on, the language that is found counts for more than the one that the page declares."""


def clean(capture: Capture, entry: Entry, source: str | None = None) -> Document:
    """The document of a page; `Rejected` where it is no article, `Failed` where its markup defeats us."""
    if capture.status >= 400:
        raise Rejected(f"no page: status {capture.status}")
    kind = content_type(capture.headers)
    require_text(capture.body, kind)
    text = decode(capture.body, kind)
    if kind.lower().startswith("text/plain") and not is_page(capture.body):
        return _plain_page(capture, entry, source, text)
    return _guarded(capture, entry, source, text, "page")


def clean_body(entry: Entry, capture: Capture, source: str | None = None) -> Document:
    """The document of an article that its feed carries whole; the capture is the feed's."""
    body = f"<html><body><article>{CONTROLS.sub('', entry.body or '')}</article></body></html>"
    return _guarded(capture, entry, source, body, "feed")


def clean_text(
    text: str, *, title: str | None = None, url: str | None = None, captured_at: datetime | None = None
) -> Document:
    """The document of plain text, one paragraph a line; `Rejected` where it holds no word.

    Where no title is given, a first line that stands like one is the title.
    """
    paragraphs = _paragraphs(text)
    if title is None:
        title, paragraphs = _titled(paragraphs)
    paragraphs = without_furniture(paragraphs)
    if not any(map(words, paragraphs)):
        raise Rejected("empty")
    title, said = plain(title) if title else None, "\n".join(paragraphs)
    address = article_url(url, None) if url else None
    return Document(
        id=article_id(address) if address else content_id(title or "", said),
        version=version_of(title, said, (), "free", {}),
        url=address,
        source=None,
        captured_at=captured_at,
        title=title,
        language=_language(title, said, None),
        text=said,
        raw=None,
        extraction=Extraction("page", RULES),
    )


def _guarded(
    capture: Capture, entry: Entry, source: str | None, text: str, method: Literal["page", "feed"]
) -> Document:
    """The one place here that catches everything: markup brings libraries to every kind of error."""
    try:
        tree = parsed(text)
        about = Metadata(tree, capture.url, capture.at)
        entry = replace(entry, source=source or entry.source)
        known = Known.of(about, entry) if method == "page" else Known.of_feed(about, entry)
        prepare(tree)
        prune(tree)
        said = _untitled(extracted(tree), [known.title or "", *about.headings])
        signs = Signs(about)
        text = "\n".join(prose(said, signs, about.access))
        form = form_of(about, signs, known.title, known.authors, text)
        return replace(_made(capture, entry, about, known, text, method), form=form)
    except (EntryError, MemoryError):
        raise
    except Exception as error:
        raise Failed(f"cleaning failed: {type(error).__name__}: {str(error)[:200]}") from error


class Known(NamedTuple):
    """What page and entry both may say."""

    url: str
    title: str | None
    authors: tuple[str, ...]
    published_at: datetime | None
    modified_at: datetime | None
    tags: tuple[str, ...]

    @classmethod
    def of(cls, page: Metadata, entry: Entry) -> Self:
        """The page is trusted first."""
        said = cls.of_entry(entry)
        url = page.url or page.canonical or ""
        title, authors = page.title or said.title, page.authors or said.authors
        published, modified = page.published_at or said.published_at, page.modified_at or said.modified_at
        return cls(url, title, authors, published, modified, page.tags or said.tags)

    @classmethod
    def of_feed(cls, page: Metadata, entry: Entry) -> Self:
        """A body in a feed says nothing of itself but, at times, who wrote it."""
        said = cls.of_entry(entry)
        return said._replace(url=said.url or page.url, authors=said.authors or page.authors)

    @classmethod
    def of_entry(cls, entry: Entry) -> Self:
        title = plain(entry.title or "") or None
        return cls(
            entry.url or "", title, names(entry.authors), entry.published_at, entry.updated_at, tuple(entry.tags)
        )


def extracted(tree: "HtmlElement") -> list[str]:
    """The paragraphs of the article."""
    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # our outcomes say it
    # Without its metadata, a third cheaper: ours come from the same tree, and its regular expressions over
    # JSON-LD take a second on live blogs.
    found = bare_extraction(tree, options=_options())
    return _paragraphs(getattr(found, "text", None) or "")


@cache
def _options() -> "Extractor":
    from trafilatura.settings import Extractor

    return Extractor(output_format="python", fast=True, comments=False, with_metadata=False)


def _made(
    capture: Capture, entry: Entry, about: Metadata, known: Known, text: str, method: Literal["page", "feed"]
) -> Document:
    """The document of a page or a feed's body."""
    url = article_url(known.url, about.canonical) if known.url else None
    began, changed = known.published_at, known.modified_at
    rights = entry.rights | about.rights
    return Document(
        id=_id(url, entry, known.title or "", text),
        version=version_of(known.title, text, known.authors, about.access, rights),
        url=url,
        source=entry.source or None,
        captured_at=capture.at,
        captured_from=capture.at_from,
        published_at=began,
        modified_at=changed if changed and (began is None or changed > began) else None,
        title=known.title,
        authors=known.authors,
        site_name=about.site_name,
        section=about.section,
        tags=known.tags,
        image=about.image,
        language=_language(known.title, text, about.language or entry.language),
        access=about.access,
        rights=rights,
        text=text,
        raw=RawRef(capture.record, capture.digest),
        extraction=Extraction(method, RULES),
    )


def _id(url: str | None, entry: Entry, *said: str) -> str:
    """By its URL, else by its path in an archive, else by what it says."""
    if url:
        return article_id(url)
    return path_id(entry.path) if entry.path else content_id(*said)


def _plain_page(capture: Capture, entry: Entry, source: str | None, text: str) -> Document:
    """A capture of plain text, such as a file of an archive."""
    document = clean_text(text, title=entry.title, url=capture.url or None, captured_at=capture.at)
    authors = names(entry.authors)
    return replace(
        document,
        id=_id(document.url, entry, document.title or "", document.text),
        version=version_of(document.title, document.text, authors, "free", entry.rights),
        source=source or entry.source or None,
        captured_from=capture.at_from,
        published_at=entry.published_at,
        authors=authors,
        tags=tuple(entry.tags),
        rights=entry.rights,
        raw=RawRef(capture.record, capture.digest),
    )


def _paragraphs(text: str) -> list[str]:
    """The lines that say something, white space folded."""
    lines = (" ".join(INVISIBLE.sub("", line).split()) for line in CONTROLS.sub("", text).splitlines())
    return [line for line in lines if line]


def _untitled(paragraphs: list[str], headings: Iterable[str]) -> list[str]:
    """Without the headings of the page that the text begins with, once the article's own kicker is past."""
    known = {letters(heading) for heading in headings}
    begins = next((n for n, text in enumerate(paragraphs[:HEADINGS]) if letters(text) in known), None)
    return paragraphs if begins is None else paragraphs[:begins] + _untitled(paragraphs[begins + 1 :], known)


def _titled(paragraphs: list[str]) -> tuple[str | None, list[str]]:
    """Title and text: a first line is a title when it is short, ends like no sentence, and longer ones follow."""
    first, rest = paragraphs[0] if paragraphs else "", paragraphs[1:]
    is_title = len(first) <= LONGEST_TITLE and not SENTENCE_END.search(first) and any(len(p) > len(first) for p in rest)
    return (first, rest) if is_title else (None, paragraphs)


def _language(title: str | None, text: str, declared: str | None) -> str | None:
    """What is found where it is sure, else what is declared, else what is found."""
    found, score = detect(title, text)
    if found != UNKNOWN and (score >= SURE or not declared):
        return found
    return declared
