"""Quotes of German, Spanish and French texts, by tables of cue words; where it is not sure who speaks, nobody does."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import takewhile
from typing import Any, NamedTuple

from pipeline import seeds
from pipeline.quoting.marks import CLAUSE, Quoted, is_clause
from pipeline.sentences import spans

CUE_WORDS = "cue_words.tsv"
Span = tuple[int, int]

NEAR = 200  # characters on either side in which the words for cue and speaker may stand
LONGEST_SPEECH = 1_000  # characters behind a dash
FAR = 800  # characters from one paragraph's speaker to the pronoun of another
LONGEST = 9  # words for a speaker
FRAGMENT = 3  # words, that no title in small letters has
SHY = 60  # characters between a cue verb and the fragment that it brings in
WORD = re.compile(r"[^\W_](?:[\w'’.-]*\w)?\.?|[^\w\s]")
ARTICLES = frozenset(
    ("der", "die", "das", "ein", "eine", "el", "la", "los", "las", "un", "una", "le", "les", "l", "une")
)
FULL_NAME = re.compile(r"(?:[^\W\d_a-zà-ÿ][\w'’.-]+\s+(?:(?:de|von|van|der|la|del|di)\s+)*){1,4}[^\W\d_a-zà-ÿ][\w'’-]+")
ENDED = re.compile(r"[.?!…][\s\"”“»«)]*$")
DIALOGUE = re.compile(r"^[—–]\s?(?=[\w¿¡])", re.MULTILINE)


class Cue(NamedTuple):
    """The word that tells of a quote, who it says speaks, by a pronoun or none; `whole`: a verb of saying behind it."""

    start: int
    end: int
    speaker: Span | None
    pronoun: bool = False
    whole: bool = False


class Tongue(NamedTuple):
    """The cue words of a language, as patterns."""

    code: str
    follows: re.Pattern[str]  # right after a quote
    verbs: re.Pattern[str]
    source: re.Pattern[str]
    end: frozenset[str]
    pronoun: frozenset[str]


@cache
def tongue(code: str) -> Tongue:
    table = {kind: words for language, kind, words in seeds.rows(CUE_WORDS) if language == code}
    any_of = {kind: "|".join(map(re.escape, words.split())) for kind, words in table.items()}
    inverted = r"(?:-(?:t-)?(?P<it{0}>ils?|elles?))?"
    helper = rf"(?:(?:{any_of['helper']})" + inverted.format(1) + r"\s+(?:\w+\s+)?)?"
    verb = rf"\b{helper}(?P<verb>{any_of['verb']}{{}})" + inverted.format(2) + r"(?![\w-])"
    source = rf"(?P<source>{any_of['source']})(?!\w)"
    return Tongue(
        code,
        re.compile(rf"\s*[,;–—-]?\s*(?:{verb.format('')}|{source})"),
        re.compile(verb.format("|" + any_of["fragment"])),
        re.compile(rf"(?<!\w){source}", re.IGNORECASE),
        frozenset(table["end"].split()),
        frozenset(table["pronoun"].split()),
    )


def rule_quotes(text: str, language: str, quotes: Sequence[Quoted]) -> Iterator[dict[str, Any]]:
    """Quotes in order: `start`, `end`, `kind`, and spans for `speaker` and `cue`, None where not sure."""
    words, last = tongue(language), None
    for number, quote in enumerate(quotes):
        whole = is_clause(text, quote)
        cue = _after(text, number, quotes, words) or _before(text, number, quotes, words)
        if cue is None and (not whole or _is_name(text, quote)):
            if not _is_fragment(text, quote):
                continue
            whole = False
        whole = whole or (cue is not None and cue.whole and _is_sentence(text, quote))
        speaker = cue.speaker if cue else None
        far = 0 if cue and not text[cue.end : cue.end + 1].isalpha() and language == "es" else FAR
        if cue and cue.pronoun and last and quote.line - last[1] < far:
            speaker = last
        last = speaker or (None if cue else last)
        yield {
            "start": quote.start,
            "end": quote.end,
            "kind": "direct" if whole else "partial",
            "speaker": speaker,
            "cue": (cue.start, cue.end) if cue else None,
        }


def spoken(text: str, language: str, quotes: Sequence[Quoted]) -> list[Quoted]:
    """Quotes with those that a dash opens at the start of a line and a verb of saying closes: "—No voy —dijo Ana."."""
    found, verbs = list(quotes), tongue(language).follows
    for dash in DIALOGUE.finditer(text):
        end = text.find("\n", dash.end())
        end = min(len(text) if end < 0 else end, dash.end() + LONGEST_SPEECH)
        if any(dash.start() <= quote.open < end for quote in quotes):
            continue
        for mark in re.finditer(r"(?<=[?!…])|\s*[,—–]", text[dash.end() : end]):
            close = dash.end() + mark.start()
            said = verbs.match(text, close, end)
            if said and said["verb"] and close > dash.end():
                found.append(Quoted(dash.end(), close, dash.start(), close, dash.start()))
                break
    return sorted(found)


def _is_sentence(text: str, quote: Quoted) -> bool:
    """Whether a quote opens its sentence and goes on behind: the comma stands outside the marks in these languages."""
    opens = text[quote.line : quote.open].rstrip()[-1:] in ("", *'.:?!…“”»"')
    return opens and not text[quote.start].islower() and len(text[quote.start : quote.end].split()) >= FRAGMENT


def _is_fragment(text: str, quote: Quoted) -> bool:
    """Whether a quote without a cue is somebody's words in the writer's sentence: three words or more, and no name."""
    return text[quote.start].islower() and len(text[quote.start : quote.end].split()) >= FRAGMENT


def _is_name(text: str, quote: Quoted) -> bool:
    """Whether a quote without a cue stands within a sentence as a title does, or is a slogan."""
    inside, before = text[quote.start : quote.end], text[quote.line : quote.open].rstrip()
    return inside[-1] not in ".?!…" and (before[-1:].isalnum() or len(inside.split()) < CLAUSE)


def _after(text: str, number: int, quotes: Sequence[Quoted], words: Tongue) -> Cue | None:
    """„…“, sagte Holm; « … », a-t-elle dit."""
    quote = quotes[number]
    end = _limit(text, quote.close, quotes[number + 1].open if number + 1 < len(quotes) else len(text), words.code)
    found = words.follows.match(text, quote.close, end)
    if not found or (text[quote.end - 1] == "." and text[quote.close : found.end()].lstrip()[0].isupper()):
        return None
    cue = _cue(text, found, end, words)._replace(whole=found["verb"] is not None)
    silent = words.code == "es" and not re.search(r"\w", text[cue.end : _phrase_end(text, cue.end, end, words)])
    return cue._replace(pronoun=True) if silent and not cue.speaker else cue


def _before(text: str, number: int, quotes: Sequence[Quoted], words: Tongue) -> Cue | None:
    """Holm sagte: „…“; Selon Holm, « … »."""
    quote = quotes[number]
    begin = max(quote.line, quotes[number - 1].close if number else 0, quote.open - NEAR)
    lead = text[begin : quote.open]
    if not lead.strip() or ENDED.search(lead):
        return None
    begin += spans(lead, words.code)[-1][0]
    if source := words.source.match(text, begin, quote.open):
        return _cue(text, source, quote.open, words)
    found = list(words.verbs.finditer(text, begin, quote.open))
    if not found or quote.open - found[-1].end() > SHY:
        return None
    cue = _cue(text, found[-1], quote.open, words)
    behind = cue.speaker if cue.speaker and FULL_NAME.fullmatch(text[slice(*cue.speaker)]) else None
    before = _phrase_before(text, begin, found[-1].start(), words)
    if before and not (behind and text[slice(*before)].split()[0].lower() in ARTICLES):
        return cue._replace(speaker=before, pronoun=False)
    named = behind or (cue.speaker and text[cue.speaker[0]].isupper() and words.code != "de")
    inverted = text[begin : found[-1].start()].split()[:1]
    return cue if named or (inverted and inverted[0].lower() in words.end) else cue._replace(speaker=None)


def _limit(text: str, start: int, end: int, code: str) -> int:
    """Where the sentence after a quote ends."""
    line = text.find("\n", start, end)
    end = min(end if line < 0 else line, start + NEAR)
    found = spans(text[start:end], code)
    return start + found[0][1] if found else end


def _cue(text: str, found: re.Match[str], end: int, words: Tongue) -> Cue:
    """The cue with the words for the speaker right behind it."""
    kind = "verb" if found.groupdict().get("verb") else "source"
    given = found.groupdict()
    if given.get("it1") or given.get("it2"):
        return Cue(*found.span(kind), None, pronoun=True)
    start, phrase_end = found.end(), _phrase_end(text, found.end(), end, words)
    phrase = text[start:phrase_end].strip(" .")
    if phrase.lower() in words.pronoun:
        return Cue(*found.span(kind), None, pronoun=True)
    return Cue(*found.span(kind), _named(text, start, phrase_end, end, is_verb=kind == "verb"))


def _phrase_end(text: str, start: int, end: int, words: Tongue) -> int:
    """Where the words for a speaker end: at a comma, a preposition, a word of time."""
    at = start
    for word in takewhile(
        lambda w: w[0][0].isalnum() and w[0].lower() not in words.end, WORD.finditer(text, start, end)
    ):
        if len(text[start : word.end()].split()) > LONGEST:
            break
        at = word.end()
    return at


def _named(text: str, start: int, phrase_end: int, end: int, *, is_verb: bool) -> Span | None:
    """The phrase where it names somebody; the name behind its comma where it only says who that is."""
    phrase = text[start:phrase_end]
    first = phrase.split()[:1]
    if first and first[0].lower().split("'")[0].split("’")[0] in ARTICLES and (name := _name_at(text, phrase_end, end)):
        return name
    bare = [word for word in phrase.split() if word[0].isupper()]
    if not bare and not (is_verb and first and first[0].lower() in ARTICLES and len(phrase.split()) > 1):
        return None
    begin = start + len(phrase) - len(phrase.lstrip())
    return begin, start + len(phrase.rstrip(" .'’-"))


def _phrase_before(text: str, begin: int, verb: int, words: Tongue) -> Span | None:
    """The last phrase before a verb, from its sentence's start or a comma, where it names somebody."""
    phrase = text[begin:verb].rstrip()
    if phrase.endswith(","):
        return _apposed(text, begin, begin + len(phrase))
    comma = phrase.rfind(",")
    start = begin + comma + 1 if comma >= 0 else begin
    parts = text[start:verb].split()
    if not parts or len(parts) > LONGEST or parts[0].lower() in words.end | words.pronoun:
        return None
    if parts[0].lower().split("’")[0].split("'")[0] not in ARTICLES and not parts[0][0].isupper():
        return None
    named = [part for n, part in enumerate(parts) if part[0].isupper() and (n or part.lower() not in ARTICLES)]
    while start < verb and text[start].isspace():
        start += 1
    return (start, start + len(text[start:verb].rstrip())) if named else None


def _name_at(text: str, comma: int, end: int) -> Span | None:
    """The name between a comma and the next mark."""
    name = FULL_NAME.match(text, comma + 2, end) if text[comma : comma + 2] == ", " else None
    return name.span() if name and text[name.end() : name.end() + 1] in (",", ".", "") else None


def _apposed(text: str, begin: int, end: int) -> Span | None:
    """ "Der Sprecher, Bo Lind," and "Bo Lind, der Sprecher,": the one that is a name."""
    parts = [part.span() for part in re.finditer(r"[^\s,][^,]*", text[begin:end])]
    named = [
        at
        for at in (*parts[-1:], *parts[:1])
        if len(parts) > 1 and FULL_NAME.fullmatch(text[begin + at[0] : begin + at[1]])
    ]
    return (begin + named[0][0], begin + named[0][1]) if named else None
