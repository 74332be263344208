"""Days, weeks, months and years that an article speaks of, resolved against its publication; by a table of words.

Words become letters (`M` a month, `W` a weekday …), and shapes are looked for among the letters, so that one grammar
serves all languages of the table. What cannot be told for sure is left out.
"""

import re
from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

from pipeline import seeds
from pipeline.steps import Reading, step

WORDS = "date_words.tsv"
LANGUAGES = ("de", "en", "es", "fr")
KINDS = (
    *("month", "weekday", "offset", "unit", "units", "shift", "count"),
    *("ago", "before", "in", "of", "name", "future", "past"),
)
LETTERS = dict(zip(KINDS, "MWOUVSCABIKX+-", strict=True))
SHAPES = re.compile(
    r"(?P<none>X(?:[WO]|NK?M|MN)|WX|(?:NK?M|MN)Y?X|SUK)|(?P<date>W?(?:NK?M|MN)(?:K?Y)?|D)"
    r"|(?P<month>MK?Y|M(?:SU|K?US)|SM|MS|(?<=I)M)"
    r"|(?P<weekday>S?WS?)|(?P<offset>O)|(?P<unit>SU|US|[CN][UV]A|B[CN][UV])|(?P<decade>E)|(?P<year>(?<=I)Y|(?<=IU)Y)"
)
YEARS = range(1800, 2101)
SOON = {-1: 21, 0: 60}
"""Days by tense: so far ahead may lie what is told without "will"; news gives the year of what is further off."""

REACH = 12  # letters on each side among which a word tells past from future
JOINED = re.compile(r"[ \t\u00a0]{1,2}|, |['’-]")
ENDINGS = {"past_ending": "~", "future_ending": "+"}  # the first is a weak sign: "will be closed"
PHRASE = re.compile(r"\w+(?:[ '’-]\w+){0,3}")  # no entry is longer


class Word(NamedTuple):
    """A word, number or pause of the text: its letter, what it says, and where it stands."""

    letter: str
    value: Any = None
    start: int = 0
    end: int = 0


Span = tuple[str, date, date]
"""Granularity, first and last day."""


@step(version=1, task="names_and_quotes", needs=("language",), languages=LANGUAGES, tables=(WORDS,))
def dates(reading: Reading) -> list[dict[str, Any]]:
    """The dates in the order of the text; none where neither publication nor capture is known."""
    published = reading.document.published_at or reading.document.captured_at
    if published is None:
        return []
    today, found = published.date(), []
    words = list(_words(reading.text, reading.language))
    letters = "".join(word.letter for word in words)
    for match in SHAPES.finditer(letters):
        told = {word.letter: word.value for word in words[match.start() : match.end()]}
        try:
            span = _span(match.lastgroup or "", told, today, _tense(letters, match.start(), match.end()))
        except (ValueError, OverflowError):  # the 31st of June
            span = None
        if span:
            start, end = words[match.start()].start, words[match.end() - 1].end
            found.append({"start": start, "end": end, "text": reading.text[start:end], **_said(*span)})
    return found


def _said(granularity: str, first: date, last: date) -> dict[str, Any]:
    day = first.isoformat() if first == last else None
    bounds = {"from": first.isoformat(), "to": last.isoformat()} if day is None else {"from": None, "to": None}
    return {"granularity": granularity, "date": day, **bounds}


def _words(text: str, language: str) -> Iterator[Word]:
    """The words, with a pause (`|`, and `.` after a sentence) where two do not stand side by side."""
    token, known, openings, _ = _table(language)
    end, dotted, skip = 0, False, 0
    for match in token.finditer(text):
        start = match.start()
        if start < skip:
            continue
        gap = text[end:start]
        if gap != " " and not (JOINED.fullmatch(gap) or (dotted and gap in (". ", "., "))):
            yield Word("." if re.search(r"[.!?;\n]", gap) else "|")
        words = _longest(text, start, known) if match[0].lower() in openings else match[0]
        end = skip = start + len(words)
        letter, value, dotted = _number(words, language) if words[0].isdigit() else _meaning(words, language)
        yield Word(letter, value, start, end)


Meaning = tuple[str, Any, bool]
"""A letter, a value, and whether a dot may follow."""


def _longest(text: str, start: int, known: dict[str, Meaning]) -> str:
    """The longest entry of several words that stands here, else the first word."""
    ahead = PHRASE.match(text, start)
    words = ahead[0] if ahead else text[start]
    while words.replace("’", "'").lower() not in known and (cut := re.search(r"[ '’-]\w+$", words)):
        words = words[: cut.start()]
    return words


@lru_cache(maxsize=20_000)  # articles say the same words, but a hostile one may say any
def _meaning(word: str, language: str) -> Meaning:
    _, known, _, endings = _table(language)
    plain = word.replace("’", "'")
    if plain in known:
        return known[plain]
    spelt = (plain.title() if len(plain) > len("MAY") else "") if plain.isupper() else plain.lower()
    return known.get(spelt) or (next((sign for ending, sign in endings if plain.endswith(ending)), "_"), None, False)


def _number(word: str, language: str) -> Meaning:
    """A day of a month, a year, a decade or a whole date; numbers with a fraction or a clock's are none."""
    parts = [int(n) for n in re.findall(r"\d+", word)]
    if re.fullmatch(r"\d{4}-\d\d-\d\d", word):
        return "D", tuple(parts), False
    if re.fullmatch(r"\d{1,2}[./]\d{1,2}[./]\d{4}", word) and language != "en":  # whose day comes first is not told
        return "D", tuple(parts[::-1]), False
    if len(parts) != 1:
        return "_", None, False
    if word.endswith("s") and parts[0] % 10 == 0:
        return "E", parts[0], False
    if parts[0] in YEARS:
        return "Y", parts[0], False
    return ("N", parts[0], False) if 1 <= parts[0] <= 31 else ("_", None, False)


@cache
def _table(language: str) -> tuple[re.Pattern[str], dict[str, Meaning], frozenset[str], list[tuple[str, str]]]:
    """What words of a text look like, what the table's mean, the first words of its phrases, endings of verbs."""
    rows = [row for row in seeds.rows(WORDS) if row[0] == language]
    known: dict[str, Meaning] = {}
    for _, kind, value, words in rows:
        for word in words.split("|") if kind in LETTERS else ():
            meaning = LETTERS[kind], int(value) if value.lstrip("-").isdigit() else value, word.endswith(".")
            known.setdefault(word.rstrip("."), meaning)
    ordinal = next(words for _, kind, _, words in rows if kind == "ordinal")
    whole = r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{4}"
    token = rf"{whole}|\d+(?:[.,:]\d+)+|\d{{4}}s\b|\d+(?:(?:{ordinal})(?!\w))?|[^\W\d_]+"
    openings = frozenset(re.split(r"[ '-]", word)[0].lower() for word in known if re.search(r"[ '-]", word))
    endings = [(end, ENDINGS[kind]) for _, kind, _, ends in rows if kind in ENDINGS for end in ends.split("|")]
    return re.compile(token), known, openings, endings


def _tense(letters: str, start: int, end: int) -> int:
    """-1 or 1 as the nearest telling word before says, at the beginning of a sentence the next one after; else 0."""
    sentence = letters[max(0, start - REACH) : start].rsplit(".", 1)[-1]
    ahead = letters[end : end + REACH].split(".", 1)[0]
    told = re.findall(r"[+-]", sentence)[-1:] or re.findall("~", sentence) or re.findall(r"[+-]", ahead)[:1]
    return 0 if not told else 1 if told[0] == "+" else -1


def _span(shape: str, told: dict[str, Any], today: date, tense: int) -> Span | None:
    """What a shape means on the day of publication; None where that cannot be told."""
    if shape == "date":
        day = date(*told["D"]) if "D" in told else _day(told["M"], told["N"], told.get("Y"), today, tense)
        return ("day", day, day) if day else None
    if shape == "weekday":
        day = _weekday(told["W"], told.get("S"), today, tense)
        return "day", day, day
    if shape == "offset":
        return _unit("day", today, told["O"])
    if shape == "month":
        year = today.year + told["S"] if told.get("U") == "year" else told.get("Y")
        return _month(told["M"], year, told.get("S"), today, tense) if told.get("U", "year") == "year" else None
    if shape == "unit" and not (told.get("U") == "day" and "S" in told):  # "the last day" of what?
        unit = told.get("U") or told["V"]
        return _unit(unit, today, told["S"] if "S" in told else -(told.get("C") or told["N"]))
    if shape == "year":
        return "year", date(told["Y"], 1, 1), date(told["Y"], 12, 31)
    return ("decade", date(told["E"], 1, 1), date(told["E"] + 9, 12, 31)) if shape == "decade" else None


def _day(month: int, day: int, year: int | None, today: date, tense: int) -> date | None:
    if year:
        return date(year, month, day)
    return _nearest([date(y, month, day) for y in _years(month, day, today)], today, tense)


def _years(month: int, day: int, today: date) -> list[int]:
    """The years around in which there is such a day."""
    return [y for y in range(today.year - 1, today.year + 2) if day <= monthrange(y, month)[1]]


def _nearest(days: list[date], today: date, tense: int) -> date | None:
    """The first day from today on where the tense is future, else the last one until soon; None where it may be two."""
    at = bisect_left(days, today + timedelta(0 if tense > 0 else SOON[tense] + 1))
    if tense > 0 or not at:
        return days[at] if tense > 0 and at < len(days) else None
    unsure = tense == 0 and at < len(days) and days[at] - today < today - days[at - 1]
    return None if unsure else days[at - 1]


def _weekday(weekday: int, shift: int | None, today: date, tense: int) -> date:
    """Without more, the last one until the day of publication: news tells what was."""
    monday = today - timedelta(today.weekday())
    if shift is not None and shift >= 0:
        return monday + timedelta(weekday + 7 * shift)
    if tense > 0 and shift is None:
        return today + timedelta((weekday - today.weekday()) % 7)
    back = (today.weekday() - weekday) % 7
    return today - timedelta(back or (7 if shift else 0))


def _month(month: int, year: int | None, shift: int | None, today: date, tense: int) -> Span | None:
    this = today.replace(day=1)
    if year is None and shift == 0:
        year = today.year
    elif year is None and shift is not None:
        year = today.year + shift * ((month >= today.month) if shift < 0 else (month <= today.month))
    elif year is None:
        found = _nearest([date(y, month, 1) for y in range(today.year - 1, today.year + 2)], this, tense)
        year = found.year if found else None
    return ("month", date(year, month, 1), date(year, month, monthrange(year, month)[1])) if year else None


def _unit(unit: str, today: date, shift: int) -> Span:
    """The day, week (from Monday), weekend, month or year that lies so many of its kind off."""
    if unit == "year":
        return unit, date(today.year + shift, 1, 1), date(today.year + shift, 12, 31)
    if unit == "month":
        year, month = divmod(today.year * 12 + today.month - 1 + shift, 12)
        return unit, date(year, month + 1, 1), date(year, month + 1, monthrange(year, month + 1)[1])
    if unit == "weekend" and not (shift or today.weekday()):  # on a Monday "this weekend" is over
        shift = -1
    day = today + timedelta(shift * (1 if unit == "day" else 7))
    first = {"day": day, "week": day - timedelta(day.weekday())}.get(unit, day - timedelta(day.weekday() - 5))
    return unit, first, first + timedelta({"day": 0, "week": 6}.get(unit, 1))
