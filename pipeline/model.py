"""The records that move through the pipeline; every one of them is plain data and knows nothing of storage."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

Verdict = Literal["landed", "unchanged", "duplicate", "skipped", "rejected", "failed"]
Access = Literal["free", "metered", "paid"]
Form = Literal["article", "live blog", "press release", "sponsored"]
EntityType = Literal["person", "organisation", "place", "group", "event", "work", "product", "law", "other"]
TimeFrom = Literal["record", "sidecar", "item", "file"]
"""What says when something was captured: its record, a table beside it, itself, or the time of its file."""


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where news comes from: one table of the sources file. Keys as in docs/configuration.md."""

    name: str
    url: str
    kind: str = "feed"
    outlet: str | None = None
    country: str | None = None
    language: str | None = None
    every: str = "15m"
    full_text: bool = False
    allow_hosts: tuple[str, ...] = ()
    auth: str | None = None
    per_host_delay: float | None = None
    limit: int | None = None
    first: date | None = msgspec.field(default=None, name="from")
    last: date | None = msgspec.field(default=None, name="to")

    @property
    def is_archive(self) -> bool:
        """Whether it is read day by day, from its first to its last, and never polled."""
        return self.first is not None


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One item that a source offers: a URL with what the source says of it. Times are UTC."""

    source: str
    url: str | None = None
    guid: str | None = None
    title: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    summary: str | None = None
    body: str | None = None  # HTML of the whole article, where the source carries it
    fallback: str | None = None  # the same, where pages are fetched: should the page not be had
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str | None = None
    path: str | None = None  # names an article without URL: its own URN, or its path below the archive's root
    rights: dict[str, str] = {}

    @property
    def key(self) -> str:
        """What the queue knows the entry by: its URL as offered, else its guid, else what was said of it."""
        return self.url or self.guid or f"digest:{self.digest}"

    @property
    def digest(self) -> str:
        """16 hex digits over what says that the article is new or changed; counters in summaries don't."""
        said = (self.url, self.guid, self.title, self.published_at, self.updated_at, self.body)
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]


def header(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """The last header of a name, in whatever case it came."""
    return {key.lower(): value for key, value in headers}.get(name)


class Exchange(Struct, frozen=True, kw_only=True):
    """One HTTP request and the response to it, as they went over the wire (body still in its coding)."""

    url: str
    at: datetime
    request_headers: tuple[tuple[str, str], ...]  # without secrets
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    payload: bytes
    truncated: str | None = None  # WARC's word: "length", "time" or "disconnect"


class Capture(Struct, frozen=True, kw_only=True):
    """One HTTP response (or archived record) as read back from WARC; the body is out of its content coding."""

    url: str
    at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    record: str  # urn:uuid:…
    digest: str  # sha1:… of the payload as it came
    at_from: TimeFrom = "record"


class RawRef(Struct, frozen=True):
    """Where the capture of a document is found in raw/."""

    record: str
    digest: str


class Extraction(Struct, frozen=True):
    """What made the text: `method` is "page" or "feed", `version` the number of the cleaning rules and tables."""

    method: Literal["page", "feed"]
    version: int

    @property
    def edition(self) -> str:
        return f"{'c' if self.method == 'page' else 'f'}{self.version}"


class Annotation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one step says of one document: a value, or the language that the step does not know.

    `tables` is a digest of the tables that the step reads; none where it read none of them.
    """

    version: int
    model: str | None = None
    tables: str | None = None
    value: Any = UNSET
    unsupported: str | UnsetType = UNSET

    @property
    def made_by(self) -> str:
        """Version, model and tables of the step, as the column `layers` has it: `1 lid.176 tables 9f3a01c2`."""
        return " ".join([str(self.version), *filter(None, [self.model, self.tables and f"tables {self.tables}"])])


class Document(Struct, frozen=True, kw_only=True):
    """One version of one article: cleaned text and metadata, and its annotations. Offsets are code points."""

    schema: int = 1
    id: str
    version: str
    url: str | None
    source: str | None
    captured_at: datetime | None
    captured_from: TimeFrom = "record"
    published_at: datetime | None = None
    modified_at: datetime | None = None
    title: str | None
    authors: tuple[str, ...] = ()
    site_name: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    image: str | None = None
    language: str | None = None
    access: Access = "free"
    form: Form = "article"
    rights: dict[str, str] = {}
    text: str
    raw: RawRef | None
    extraction: Extraction
    annotations: dict[str, Annotation] = {}


class CaptureRef(Struct, frozen=True):
    """Where a capture lies: key of a WARC file of the bucket or URL of an archive's file; offset and length in bytes.

    In what is one gzip stream these are of what it unpacks to.
    """

    key: str
    offset: int
    length: int


class Item(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that an archive holds, as its index knows it.

    `at_from` says what told the time; `payload` where the body of a revisit lies, `payload_digest` what that is there;
    `refers` which day its original is of that another file has; `broken` why it cannot be read.
    """

    ref: CaptureRef
    at: datetime
    at_from: TimeFrom = "record"
    path: str = ""
    url: str | None = None
    record: str
    status: int = 200
    mime: str = "unk"
    digest: str = ""
    payload: CaptureRef | None = None
    payload_digest: str = ""
    refers: date | None = None
    broken: str | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of an entry: one line of the ledger. `ms` is wall time by stage."""

    run: str
    batch: str
    source: str
    url: str | None
    title: str | None
    guid: str | None
    queued_as: str  # key of the entry in the queue of its source
    digest: str  # of what the source said: the line settles no other
    outcome: Verdict
    stage: str
    reason: str | None
    again_at: datetime | None = None  # the entry stays pending until then, for another try
    captured_at: datetime | None = None
    capture: CaptureRef | None = None  # where it lies in raw/ or in an archive
    id: str | None = None
    version: str | None = None
    key: str | None = None
    look: bool = False  # the source said nothing new: its page was looked at again
    validators: dict[str, str] = {}  # what a conditional GET of this capture would send
    missing: dict[str, str] = {}  # layers that failed, with their reason
    ms: dict[str, int] = {}


class Taken(Struct, kw_only=True, omit_defaults=True):
    """An entry taken up by a batch, and what has become of it so far; final once `outcome` is set."""

    entry: Entry
    queued_as: str  # its key in the queue of its source
    item: Item | None = None  # of an archive
    tries: int = 1
    twin: str | None = None  # "source queued_as" of the entry of this batch that offers the same article first
    look: bool = False
    article: str | None = None  # its id, where it has landed before
    validators: dict[str, str] = {}  # what is sent, and after the fetch what a later one would send
    capture: CaptureRef | None = None
    record: str | None = None  # of the capture
    captured_at: datetime | None = None
    document: Document | None = None
    vector: bytes = b""  # what the topics step made of it, from a child process to its parent: see pipeline/vectors.py
    known: bool = False  # the folder has this version already: no step needs to run
    key: str | None = None
    outcome: Verdict | None = None
    stage: str | None = None
    reason: str | None = None
    again_at: datetime | None = None
    missing: dict[str, str] = {}
    ms: dict[str, int] = {}
