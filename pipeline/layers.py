"""The shapes of the annotation layers' values; steps may emit plain data of these shapes. Offsets are code points."""

from typing import Any, Literal

from msgspec import Struct, field

from pipeline.model import EntityType


class Language(Struct, frozen=True, kw_only=True):
    """The language of the text: ISO 639-1 code ("und" where none is found) and how sure the detector is, 0 to 1."""

    code: str
    score: float


class Span(Struct, frozen=True, kw_only=True):
    """A stretch of the text, such as a sentence."""

    start: int
    end: int


class Mention(Struct, frozen=True, kw_only=True):
    """A stretch of the text with what it says; also a sentence of the summary and the cue verb of a quote."""

    start: int
    end: int
    text: str


class Entity(Struct, frozen=True, kw_only=True):
    """One named thing with all of its mentions; `id` ("e1") is what other layers call it in this document."""

    id: str
    name: str
    type: EntityType
    wikidata: str | None = None
    geonames: int | None = None
    score: float | None = None
    mentions: list[Mention]


class Link(Struct, frozen=True, kw_only=True):
    """Which thing of the world an entity is; `unlinked` says why that is not told, where it is not."""

    entity: str
    wikidata: str | None = None
    geonames: int | None = None
    country: str | None = None
    score: float | None = None
    unlinked: Literal["ambiguous", "unknown"] | None = None


class Place(Struct, frozen=True, kw_only=True):
    """Where an entity lies: ISO 3166-1 alpha-2 country, its first-level region, degrees north and east."""

    entity: str
    name: str
    country: str | None = None
    region: str | None = None
    lat: float
    lon: float
    wikidata: str | None = None
    geonames: int | None = None


class Speaker(Struct, frozen=True, kw_only=True):
    """Who says a quote: the words that name the speaker, and the entity where it is known."""

    entity: str | None = None
    start: int
    end: int
    text: str


class Date(Struct, frozen=True, kw_only=True):
    """A day (`date`), or the first and last day of a week, weekend, month, year or decade (`from`, `to`)."""

    start: int
    end: int
    text: str
    granularity: Literal["day", "week", "weekend", "month", "year", "decade"]
    date: str | None = None
    first: str | None = field(default=None, name="from")
    to: str | None = None


class Quote(Struct, frozen=True, kw_only=True):
    """What stands between quotation marks, marks excluded: a clause or more ("direct"), or a fragment ("partial")."""

    start: int
    end: int
    text: str
    kind: Literal["direct", "partial"]
    speaker: Speaker | None = None
    cue: Mention | None = None


class Topic(Struct, frozen=True, kw_only=True):
    """A subject of the whole document; `id` such as "medtop:20000593"; `ancestors`: those above it, nearest first."""

    id: str
    name: str
    score: float
    ancestors: list[str] = []


class Keyphrase(Struct, frozen=True, kw_only=True):
    """A phrase that tells this document from others, where it stands first."""

    text: str
    start: int
    end: int
    score: float


class Readability(Struct, frozen=True, kw_only=True):
    """How easy the text is to read, from about 100 to 0, by the named formula; no score where it is short."""

    score: float | None
    grade: Literal["very easy", "easy", "plain", "difficult", "very difficult"] | None
    formula: str
    words: int
    sentences: int
    syllables: int


LAYERS: dict[str, Any] = {
    "language": Language,
    "sentences": list[Span],
    "entities": list[Entity],
    "links": list[Link],
    "places": list[Place],
    "quotes": list[Quote],
    "dates": list[Date],
    "topics": list[Topic],
    "keyphrases": list[Keyphrase],
    "summary": list[Mention],
    "readability": Readability,
    "signature": list[int] | str,
}
"""Layer name to the shape of its value; a layer that is not named here has a shape of its own step's."""
