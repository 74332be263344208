"""What an agency's item says of itself, whatever its format: a document's metadata, and the HTML of its text."""

import re
from collections.abc import Iterable
from datetime import datetime
from html import escape, unescape

from msgspec import Struct

from pipeline.archives.texts import address
from pipeline.clean.structured import letters
from pipeline.errors import Rejected
from pipeline.model import Entry
from pipeline.sources.dates import instant
from pipeline.sources.markup import LONGEST, MARKUP, names, plain
from pipeline.veil import without_login

NOT_TEXT = {
    "picture", "photo", "audio", "video", "graphic", "graphics", "animation", "still", "event", "planning", "package",
    "concept", "knowledge", "catalog",
}  # fmt: skip
WITHHELD = {"withheld", "canceled", "cancelled", "killed"}
BASIC = re.compile(r"(\d{8})T(\d\d):?(\d\d):?(\d\d)?(?:[.,]\d+)?(.*)")
LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_].*)?", re.IGNORECASE)
PARAGRAPH = re.compile(r"<p\b[^<>]*>\s*", re.IGNORECASE)
OPENING = 200
"""Characters of a text among which a place stands that it begins with."""


class Told(Struct, frozen=True, kw_only=True):
    """`kind` is the item's class and `status` its publication's, by the words of the format, without their scheme."""

    guid: str = ""
    names: str = ""  # what names the article, where the guid names a revision of it
    kind: str = ""
    status: str = ""
    changed: str = ""
    created: str = ""
    embargoed: str = ""
    title: str = ""
    authors: Iterable[str] = ()
    tags: Iterable[str] = ()
    language: str = ""
    rights: dict[str, str] = {}
    dateline: str = ""
    body: str = ""

    @property
    def at(self) -> datetime | None:
        """When this version was made."""
        return moment(self.changed) or moment(self.created)

    @property
    def url(self) -> str | None:
        """The guid, where it is a web address."""
        return address(self.guid)

    def entry(self, source: str, path: str) -> Entry:
        """The item as an entry with its body; raises `Rejected` for what is no news text or was withdrawn.

        `path` names an item that does so by nothing.
        """
        status, kind = word(self.status), word(self.kind)
        if status in WITHHELD:
            raise Rejected("withheld by its publisher")
        if kind in NOT_TEXT:
            raise Rejected(f"not text: {kind}")
        if not self.body.strip():
            raise Rejected("no text in the item")
        created, embargo = moment(self.created), moment(self.embargoed)
        rights = self.rights | ({"embargoed_until": f"{embargo:%Y-%m-%dT%H:%M:%SZ}"} if embargo else {})
        language = LANGUAGE.fullmatch(self.language.strip())
        return Entry(
            source=source,
            url=self.url,
            guid=without_login(self.guid)[: LONGEST["guid"]] or None,
            path=self.names or self.guid or path,
            title=plain(self.title, "title", is_html=False),
            published_at=max(filter(None, (created, embargo)), default=None) or self.at,
            updated_at=moment(self.changed),
            body=placed(self.body, self.dateline),
            authors=names(self.authors),
            tags=names(self.tags),
            language=language[1].lower() if language else None,
            rights={name: text for name, value in rights.items() if (text := " ".join(value.split())[:500])},
        )


def moment(written: str) -> datetime | None:
    """The instant of an ISO 8601 time; the basic form too: 20261122T101500+0100."""
    if basic := BASIC.fullmatch(written.strip()[:40]):
        day, hour, minute, second, zone = basic.groups()
        written = f"{day}T{hour}:{minute}:{second or '00'}{zone}"
    return instant(written)


def word(said: str) -> str:
    """The word of a code, without its scheme: `stat:usable`, or the end of a URI."""
    return re.split(r"[:/]", said.strip().rstrip("/"))[-1].lower()


def placed(body: str, dateline: str) -> str:
    """The body with its dateline at the head of the first paragraph, unless it is there or names no place."""
    dateline, first = " ".join(dateline.split())[:100], PARAGRAPH.search(body)
    place = re.split(r"[,(/]", dateline)[0].strip()
    if first is None or not place or any(letter.isdigit() for letter in place):
        return body
    begin = first.end()
    if letters(place) in letters(unescape(MARKUP.sub("", body[begin : begin + 5 * OPENING]))[:OPENING]):
        return body
    dash = " " if dateline[-1] in "-–—" else " – "
    return f"{body[:begin]}{escape(dateline, quote=False)}{dash}{body[begin:]}"
