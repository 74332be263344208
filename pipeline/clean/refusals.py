"""Knows what is no article: walls, stubs, soft 404s, lists of links, mere pictures, by seeds/tables/refusals.tsv."""

import re
from functools import cache

from pipeline import seeds
from pipeline.clean.furniture import without_furniture
from pipeline.clean.signs import Signs
from pipeline.errors import Rejected
from pipeline.model import Access

FEWEST_WORDS = 25
"""The shortest news item of 273 evaluation pages has more."""

SHORT = 200
"""Words: a page that says in its title what it is instead has links and advice below this."""

LONGEST_REFUSAL = 4000
"""Characters: consent walls have up to 400 words, and no longer text is asked whether it is one."""

STUB = 65
"""Words: the least that a page for subscribers shows of its article to everybody, on all of 154 pages."""

WALLED_STUB = 100
"""The same where the page is declared to be for subscribers and shows the wall."""

BLURB = 60
"""Words that stand above a list, a film or pictures and are no article, where the page is declared to be none."""

VISIBLE = 1200
"""Characters: what can be read on a page that is all wall; more is the frame of a site."""

ADDRESS = 0.04
"""Of the words of a text that speaks to its reader, so many are "you" and "we"."""

REPORTING, SPEAKING, BEGUN = 0.25, 0.6, 0.8
"""The share of other words that is let through: in any text, in one that speaks to its reader, if it begins so."""

TEASERS, PICTURES = 5, 4
"""So many make a page of them where nothing else is on it."""

WORD = re.compile(r"[^\W_]\S*")
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
SENTENCES = re.compile(r"(?<=[.!?…])\s+(?=[^\W\d_a-zß-ÿ])|(?<=[.!?…])\s+(?=[¿¡“„«])")
BROKEN_OFF = re.compile(r"(?:…|\.\.\.|[^.!?:;)\]\"'”’»“。」])$")
STUBS = ("paywall stub", "login wall")


def prose(said: list[str], page: Signs, access: Access = "free") -> list[str]:
    """The paragraphs of the article without furniture; raises `Rejected` with what the page is where it is none."""
    kept = without_furniture(said)
    kind = None if page.is_article else _by_shape(kept, page)
    if kind is None and sum(map(len, kept)) <= LONGEST_REFUSAL:
        kind = _by_words(said, kept, page) or _stub(said, kept, page, access)
    if kind:
        raise Rejected(kind)
    if (left := sum(map(words, kept))) < FEWEST_WORDS:
        raise Rejected(_named(page) or (f"too short: {left} words" if left else "empty"))
    return kept


def words(text: str) -> int:
    """Words of a text; in scripts that do not set them apart, half of the characters."""
    unspaced = len(UNSPACED.findall(text))
    rest = UNSPACED.sub(" ", text) if unspaced else text
    return (unspaced + 1) // 2 + len(WORD.findall(rest))


def _by_shape(kept: list[str], page: Signs) -> str | None:
    """The kind of a page that is declared as no article, or that shows nothing but teasers or pictures."""
    kind = next((kind for kind in _kinds() if patterns(kind, "type").search(page.types)), None)
    own = sum(words(text) for text in kept if not page.beside(text))
    if kind == "section page":
        return kind if own < BLURB and len(page.teasers) > 1 else None
    if kind:
        return kind if own < BLURB else None
    if own >= FEWEST_WORDS:
        return None
    return _of_lists(page)


def _of_lists(page: Signs) -> str | None:
    return "gallery only" if page.pictures >= PICTURES else "section page" if len(page.teasers) >= TEASERS else None


def _by_words(said: list[str], kept: list[str], page: Signs) -> str | None:
    """The kind that a heading of a short text says, or whose lines leave too few others for an article."""
    total = sum(map(words, said))
    for kind in _kinds() if total < SHORT else ():
        if any(patterns(kind, "title").fullmatch(part) for part in page.headings):
            return kind
    parts = [part for text in kept for part in _parts(text)]
    longest = _counted(parts)
    speaks = not page.is_article and _speaks(kept)
    for kind in _kinds():
        share = REPORTING if not speaks else BEGUN if all(_tells(kind, part) for part in parts[:1]) else SPEAKING
        fewest = max(min(FEWEST_WORDS, total / 2), total * share)
        if _says_less(fewest, kind, longest) and any(_tells(kind, text) for text in said):
            return kind
    return None


def _counted(texts: list[str]) -> list[tuple[int, str]]:
    """Texts with their words, the longest first."""
    return sorted(((words(text), text) for text in texts), reverse=True)


def _says_less(fewest: float, kind: str, counted: list[tuple[int, str]]) -> bool:
    """Whether texts hold fewer words than that which tell nothing of the kind; an article is seen by its first."""
    left = 0
    for number, text in counted:
        if not _tells(kind, text) and (left := left + number) >= fewest:
            return False
    return left < fewest


def _parts(text: str) -> list[str]:
    """The sentences of a paragraph; one that reports is held together."""
    return [text] if patterns("news", "line").search(text) else SENTENCES.split(text)


def _speaks(kept: list[str]) -> bool:
    """Whether a text speaks to its reader and reports nothing."""
    spoken_to = sum(len(patterns("address", "line").findall(text)) for text in kept)
    reports = any(patterns("news", "line").search(text) for text in kept)
    return not reports and spoken_to >= ADDRESS * sum(map(words, kept))


def _stub(said: list[str], kept: list[str], page: Signs, access: Access) -> str | None:
    """The beginning of an article before a wall."""
    longest = _counted(kept)
    for kind in STUBS:
        if not _says_less(WALLED_STUB, kind, longest):
            continue
        own, walls = [text for text in kept if not _tells(kind, text)], sum(_tells(kind, text) for text in said)
        is_cut = access == "paid" or walls > 1 or bool(walls and own and BROKEN_OFF.search(own[-1]))
        is_shown = access == "paid" and (walls or any(map(patterns(kind, "mark").search, page.marks)))
        if is_cut and _says_less(WALLED_STUB if is_shown else STUB, kind, longest):
            return kind
    return None


def _named(page: Signs) -> str | None:
    """What a page says of itself that has hardly any text: here a wrong name does no harm."""
    seen = page.visible if len(page.visible) < VISIBLE else ""
    for kind in _kinds():
        line, title, mark = (patterns(kind, where) for where in ("line", "title", "mark"))
        if any(map(mark.search, page.marks)) or any(map(title.fullmatch, page.headings)) or line.search(seen):
            return kind
    return _of_lists(page)


def _tells(kind: str, text: str) -> bool:
    """Whether a paragraph is such a page's, and no report of one."""
    return bool(patterns(kind, "line").search(text)) and not patterns("news", "line").search(text)


@cache
def _kinds() -> tuple[str, ...]:
    return tuple(dict.fromkeys(row[0] for row in seeds.rows("refusals.tsv") if row[0] not in ("news", "address")))


@cache
def patterns(kind: str, where: str) -> re.Pattern[str]:
    """The rows of a kind as one pattern, which fits nothing where there is none."""
    chosen = [pattern for row, place, pattern, _ in seeds.rows("refusals.tsv") if (row, place) == (kind, where)]
    return re.compile("|".join(f"(?:{pattern})" for pattern in chosen) or r"(?!)", re.IGNORECASE)
