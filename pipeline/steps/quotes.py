"""What people say in an article: each stretch between quotation marks, who says it, and the words that tell so."""

import re
from collections.abc import Sequence
from typing import Any

from pipeline.quoting.cues import Cue, cues, in_zone, nearest
from pipeline.quoting.marks import CLAUSE, Quoted, is_clause, quoted
from pipeline.quoting.rules import CUE_WORDS, rule_quotes, spoken
from pipeline.quoting.speakers import Cast, Words
from pipeline.quoting.zones import NEIGHBOURS, zone
from pipeline.steps import Reading, step

LINGERS = 40  # words after a quote, to the end of its paragraph, with which its speaker still speaks in the next
BESIDE = 25  # characters between a cue and the fragment it brings in: "called it the “Big Lie”"
SMALL = re.compile(r"(?:an?|and|as|at|by|for|from|in|of|on|or|the|to|with|vs)", re.IGNORECASE).fullmatch
TABLES = ("cue_verbs.txt", "first_names.tsv", CUE_WORDS, "abbreviations.tsv", "stop_words.tsv")


@step(
    version=1,
    task="names_and_quotes",
    needs=("entities",),
    languages=("de", "en", "es", "fr"),
    parse=("en",),
    tables=TABLES,
)
def quotes(reading: Reading) -> list[dict[str, Any]]:
    """Quotes in the order of the text; titles of works and words in scare quotes are left out."""
    spans = quoted(reading.text)
    if reading.language != "en":
        spans = spoken(reading.text, reading.language, spans)
        return [_by_rule(reading, found) for found in rule_quotes(reading.text, reading.language, spans)]
    if not spans:
        return []
    cast = Cast(reading.layer("entities"), reading.parse, spans)
    found: list[dict[str, Any]] = []
    for number in range(len(spans)):
        if quote := _quote(reading.text, number, spans, cast, found):
            found.append(quote)
    return found


def _by_rule(reading: Reading, found: dict[str, Any]) -> dict[str, Any]:
    """A quote that was found without a parse; the entity is the one of which a mention lies in the speaker's words."""
    text, (start, end) = reading.text, found["speaker"] or (0, 0)
    named = [(m["end"], e) for e in reading.layer("entities") for m in e["mentions"] if start <= m["start"] < end]
    people = sorted((at, e["id"]) for at, e in named if e["type"] == "person")
    entity = people[-1][1] if people else named[0][1]["id"] if len(named) == 1 else None
    return {
        **_piece(text, found["start"], found["end"]),
        "kind": found["kind"],
        "speaker": {"entity": entity, **_piece(text, start, end)} if found["speaker"] else None,
        "cue": _piece(text, *found["cue"]) if found["cue"] else None,
    }


def _quote(
    text: str, number: int, spans: Sequence[Quoted], cast: Cast, found: Sequence[dict[str, Any]]
) -> dict[str, Any] | None:
    quote = spans[number]
    around = zone(text, number, spans)
    near = spans[max(0, number - NEIGHBOURS) : number + NEIGHBOURS + 1]
    cue = _cue(text, quote, around, near, cast)
    whole = is_clause(text, quote) or _goes_on(text, quote, around, found)
    short = not whole and len(text[quote.start : quote.end].split()) < CLAUSE
    if (cue is None and short) or _is_title(text, quote, cue):
        return None
    if cue is None:
        cue = _announced(text, quote, near, cast)
    last = _last(found, quote, text)
    speaker = _speaker(text, quote, around, cue, cast, last, found)
    return {
        **_piece(text, quote.start, quote.end),
        "kind": "direct" if whole else "partial",
        "speaker": {"entity": speaker.entity, **_piece(text, speaker.start, speaker.end)} if speaker else None,
        "cue": _piece(text, cue.start, cue.end) if cue else None,
    }


def _piece(text: str, start: int, end: int) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text[start:end]}


def _cue(text: str, quote: Quoted, around: tuple[int, int], spans: Sequence[Quoted], cast: Cast) -> Cue | None:
    inside = [q for q in spans if q.open < around[1] and around[0] < q.close]
    there = [cue for cue in cues(cast.tokens(*around), inside) if in_zone(cue, around)]
    return nearest(there, quote, text, inside)


def _goes_on(text: str, quote: Quoted, around: tuple[int, int], found: Sequence[dict[str, Any]]) -> bool:
    """The rest of a sentence that the words of saying part: “We wait,” she said, “and see.”"""
    begun = bool(found) and found[-1]["kind"] == "direct" and found[-1]["start"] >= around[0]
    return begun and text[quote.end - 1] in ".?!…" and text[quote.line : quote.open].rstrip().endswith(",")


def _is_title(text: str, quote: Quoted, cue: Cue | None) -> bool:
    """Every word but small ones is written with a capital, within a sentence and not next to a cue: a book, a film."""
    great = [w for w in re.findall(r"[\w’']+", text[quote.start : quote.end]) if not SMALL(w)]
    if not great or not all(w[0].isupper() or w[0].isdigit() for w in great):
        return False
    if text[quote.line : quote.open].rstrip()[-1:] in ("", ".", ":", "?", "!", "”", '"'):
        return False
    return cue is None or min(abs(cue.start - quote.close), abs(quote.open - cue.end)) > BESIDE


def _announced(text: str, quote: Quoted, spans: Sequence[Quoted], cast: Cast) -> Cue | None:
    """The cue of the sentence that ends in a colon and a paragraph before: "Holm wrote:"."""
    before = text[: quote.line].rstrip()
    if text[quote.line : quote.open].strip() or not before.endswith(":"):
        return None
    start = max(before.rfind("\n"), before.rfind(". "), 0)
    inside = [q for q in spans if q.open < len(before) and start < q.close]
    return nearest(list(cues(cast.tokens(start, len(before)), inside)), quote, text, inside)


def _last(found: Sequence[dict[str, Any]], quote: Quoted, text: str) -> dict[str, Any] | None:
    """The quote before, where it stands in this paragraph or ends the one before."""
    if not found:
        return None
    here = [q for q in found[-4:] if q["start"] > quote.line]
    whole = [q for q in here if q["kind"] == "direct"]
    if here:
        return (whole or here)[-1]
    between = text[found[-1]["end"] : quote.open].strip()
    return found[-1] if "\n" not in between and len(between.split()) < LINGERS else None


def _speaker(
    text: str,
    quote: Quoted,
    around: tuple[int, int],
    cue: Cue | None,
    cast: Cast,
    last: dict[str, Any] | None,
    found: Sequence[dict[str, Any]],
) -> Words | None:
    """The cue's subject; without a cue the speaker before, else who is the subject of the sentence before."""
    before = next((q["speaker"]["entity"] for q in reversed(found[-NEIGHBOURS:]) if q["speaker"]), None)
    if cue and cue.subject is not None:
        return cast.words(cue.subject, before)
    if cue and (named := cast.adjacent(cue.start, cue.end)):
        return cast.mention(named)
    if cue and (words := cast.capitalised(cue.start, cue.end)):
        return words
    if last and last["speaker"]:
        return Words(last["speaker"]["start"], last["speaker"]["end"], last["speaker"]["entity"])
    if named := cast.subject_before(quote.line, quote.open):
        return cast.mention(named)
    return None
