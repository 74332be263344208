"""Which sentences of two texts are the same, moved, reworded, added or removed; and the words by which two differ."""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from msgspec import Struct

from pipeline.sentences import spans

LIKE = 0.5
"""Share of words in common from which two sentences are one reworded; less where both stand alone at one place."""

ALONE = 0.3
NEAREST = 20  # sentences that one is compared with: bounds the work on hostile pages
LONGEST = 400  # words of a sentence of which the differing ones are told

TOKEN = re.compile(r"\d+(?:[.,:/]\d+)*|[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]+(?:[’'-][^\W\d_]+)*|\S")


class Span(NamedTuple):
    """A stretch of a text, in code points."""

    start: int
    end: int


class Words(NamedTuple):
    """Words that others took the place of; where some were only added or taken out, one of both is empty."""

    before: Span
    after: Span


class Edit(Struct, frozen=True, kw_only=True):
    """What became of a sentence: offsets into both texts, and for a reworded one the words that differ."""

    kind: Literal["kept", "added", "removed", "reworded", "moved"]
    before: Span | None = None
    after: Span | None = None
    words: tuple[Words, ...] = ()


def split(text: str, language: str | None) -> list[Span]:
    return [Span(*found) for found in spans(text, language or "")]


def aligned(before: str, after: str, language: str | None) -> tuple[Edit, ...]:
    """Every sentence of both texts: in the order of the new one, removed ones where they stood."""
    old, new = split(before, language), split(after, language)
    same = _same([_folded(before, s) for s in old], [_folded(after, s) for s in new])
    stay = _in_order(same)
    like = dict(_reworded(before, after, old, new, same, stay))
    found = dict[int, Edit]()
    for i, j in same:
        found[j] = Edit(kind="kept" if (i, j) in stay else "moved", before=old[i], after=new[j])
    for i, j in like.items():
        words = tuple(differing(before, old[i], after, new[j]))
        found[j] = Edit(kind="reworded", before=old[i], after=new[j], words=words)
    told = [(j, -1, found.get(j) or Edit(kind="added", after=span)) for j, span in enumerate(new)]
    follows, last = dict(stay) | like, -1
    gone = set(range(len(old))) - {i for i, _ in same} - like.keys()
    for i, span in enumerate(old):
        last = follows.get(i, last)
        if i in gone:
            told.append((last, i, Edit(kind="removed", before=span)))
    return tuple(edit for _, _, edit in sorted(told, key=lambda one: one[:2]))


def _same(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Sentences that both texts have; the first of several alike goes with the first."""
    where = defaultdict(list)
    for j, said in reversed(list(enumerate(new))):
        where[said].append(j)
    return [(i, where[said].pop()) for i, said in enumerate(old) if where[said]]


def _in_order(same: list[tuple[int, int]]) -> set[tuple[int, int]]:
    """The most of them that keep their order: these stay, the others moved."""
    tails, ends, back = list[int](), list[int](), list[int]()
    for number, (_, j) in enumerate(same):
        at = bisect_left(tails, j)
        back.append(ends[at - 1] if at else -1)
        tails[at : at + 1], ends[at : at + 1] = [j], [number]
    kept, number = set(), ends[-1] if ends else -1
    while number >= 0:
        kept.add(same[number])
        number = back[number]
    return kept


def _reworded(
    before: str, after: str, old: list[Span], new: list[Span], same: list[tuple[int, int]], stay: set[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Pairs of old and new sentences between the same neighbours, the likest first."""
    taken_old, taken_new = {i for i, _ in same}, {j for _, j in same}
    begin_old = begin_new = 0
    for i, j in (*sorted(stay), (len(old), len(new))):
        left = [n for n in range(begin_old, i) if n not in taken_old]
        right = [n for n in range(begin_new, j) if n not in taken_new]
        yield from _likest(_counted(before, old, left), _counted(after, new, right))
        begin_old, begin_new = i + 1, j + 1


def _counted(text: str, spans: list[Span], numbers: list[int]) -> dict[int, Counter[str]]:
    return {n: Counter(TOKEN.findall(text[spans[n].start : spans[n].end].casefold())) for n in numbers}


def _likest(left: dict[int, Counter[str]], right: dict[int, Counter[str]]) -> Iterator[tuple[int, int]]:
    enough = ALONE if len(left) == len(right) == 1 else LIKE
    places = list(right)
    ranked = []
    for at, (i, words) in enumerate(left.items()):
        near = at * len(right) // len(left)
        for j in places[max(0, near - NEAREST) : near + NEAREST]:
            alike = 2 * (words & right[j]).total() / (words.total() + right[j].total())
            if alike >= enough:
                ranked.append((-alike, i, j))
    done_left, done_right = set[int](), set[int]()
    for _, i, j in sorted(ranked):
        if i not in done_left and j not in done_right:
            done_left.add(i)
            done_right.add(j)
            yield i, j


def differing(before: str, one: Span, after: str, other: Span) -> Iterator[Words]:
    """The words by which two sentences differ; of very long ones everything."""
    left, right = tokens(before, one), tokens(after, other)
    if max(len(left), len(right)) > LONGEST:
        yield Words(one, other)
        return
    matcher = SequenceMatcher(None, [before[a:b] for a, b in left], [after[a:b] for a, b in right], autojunk=False)
    for tag, i, k, j, m in matcher.get_opcodes():
        if tag != "equal":
            yield Words(_around(left, i, k, one), _around(right, j, m, other))


def tokens(text: str, span: Span) -> list[Span]:
    return [Span(*match.span()) for match in TOKEN.finditer(text, span.start, span.end)]


def _around(spans: list[Span], first: int, end: int, sentence: Span) -> Span:
    """From the first word to the last; where there is none, the place between."""
    if first < end:
        return Span(spans[first].start, spans[end - 1].end)
    at = spans[first - 1].end if first else sentence.start
    return Span(at, at)


def _folded(text: str, span: Span) -> str:
    return " ".join(text[span.start : span.end].split())
