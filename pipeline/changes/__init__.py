"""What changed between two versions of an article: by sentence, where, how much, and of which kind. Pure."""

from collections import Counter
from itertools import pairwise
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from pipeline.changes.kinds import Side, phrases, says_the_same, sorts
from pipeline.changes.sentences import TOKEN, Edit, Span, Words, aligned, differing, split, tokens
from pipeline.model import Document

Kind = Literal["retraction", "note", "correction", "addition", "removal", "update", "rewording", "style", "terms"]
Place = Literal["headline", "byline", "lead", "body", "terms"]

LEAD = 80  # characters: shorter paragraphs are a subtitle or dateline, and the next belongs to the lead
LEAD_SENTENCES = 3
CORRECTED = ("number", "name", "quote", "byline")
MUCH, LITTLE = 0.2, 0.1
"""Shares of the words: from the one on a story that was added to goes on, up to the other a cut is by the way."""


class Changes(Struct, frozen=True, kw_only=True):
    """How one version differs from the one before; offsets are code points into both texts."""

    kind: Kind
    corrected: tuple[str, ...]  # number, name, quote, byline
    where: tuple[Place, ...]
    amount: float  # share of the words of title and text, of both versions together
    counts: dict[str, int]  # sentences added, removed, reworded, moved
    title: tuple[Words, ...]  # offsets into both titles
    edits: tuple[Edit, ...]  # in the order of the new text


def compare(before: Document, after: Document) -> Changes:
    """The changes from an earlier version of an article to a later one of the same edition."""
    title = _titles(before, after)
    text = Pair(before, after, tuple(edit for edit in sentences(before, after) if edit.kind != "kept"))
    where = _where(text, title)
    counts = {"added": 0, "removed": 0, "reworded": 0, "moved": 0} | Counter(edit.kind for edit in text.edits)
    amount = (text.changed() + title.changed()) / max(1, text.words() + title.words())
    sort = text.sorts() + title.sorts()
    sort["byline"] += bool(before.authors) and before.authors != after.authors
    kind = text.told() or title.told() or _kind(counts, sort, where, amount)
    if kind in ("addition", "removal", "update") and not title.edits and says_the_same(*text.tokens()):
        kind = "style"  # sentences were parted or joined
    return Changes(
        kind=kind,
        corrected=tuple(one for one in CORRECTED if sort[one]) if kind in ("correction", "note", "retraction") else (),
        where=where,
        amount=round(amount, 3),
        counts=counts,
        title=title.edits[0].words if title.edits else (),
        edits=text.edits,
    )


def sentences(before: Document, after: Document) -> tuple[Edit, ...]:
    """Every sentence of both texts, those that were kept too, in the order of the new text."""
    return aligned(before.text, after.text, after.language or before.language)


class Pair(NamedTuple):
    """Two versions of a text, or of a title, and what became of the sentences."""

    before: Document
    after: Document
    edits: tuple[Edit, ...]

    def sorts(self) -> Counter[str]:
        """How often each sort of rewording occurs."""
        sides = Side(self.before), Side(self.after)
        return Counter(sort for edit in self.edits if edit.kind == "reworded" for sort in sorts(edit, *sides))

    def told(self) -> Literal["retraction", "note"] | None:
        """Whether a sentence that is new here says that the article was retracted or corrected."""
        for kind in ("retraction", "note"):
            was = phrases(kind, self.before.text)
            new = (edit.after for edit in self.edits if edit.after and edit.kind != "moved")
            if any(phrases(kind, self.after.text[start:end]) - was for start, end in new):
                return kind
        return None

    def changed(self) -> int:
        """Words added, removed and taken the place of, on both sides."""
        count = 0
        for edit in self.edits:
            if edit.kind != "moved":
                for old, new in edit.words or ((edit.before, edit.after),):
                    count += len(tokens(self.before.text, old)) if old else 0
                    count += len(tokens(self.after.text, new)) if new else 0
        return count

    def words(self) -> int:
        return sum(map(len, self.tokens()))

    def tokens(self) -> tuple[list[str], list[str]]:
        return TOKEN.findall(self.before.text), TOKEN.findall(self.after.text)


def _titles(before: Document, after: Document) -> Pair:
    """Both titles, each as one sentence."""
    old, new = before.title or "", after.title or ""
    heads = replace(before, text=old, annotations={}), replace(after, text=new, annotations={})
    if old.split() == new.split():
        return Pair(*heads, ())
    one, other = Span(0, len(old)), Span(0, len(new))
    edit = Edit(kind="reworded", before=one, after=other, words=tuple(differing(old, one, new, other)))
    return Pair(*heads, (edit,))


def _where(text: Pair, title: Pair) -> tuple[Place, ...]:
    before, after = text.before, text.after
    leads = _lead(before), _lead(after)
    in_lead = [_is_lead(edit, *leads) for edit in text.edits]
    places: dict[Place, bool] = {
        "headline": bool(title.edits),
        "byline": before.authors != after.authors,
        "lead": any(in_lead),
        "body": not all(in_lead),
        "terms": (before.access, before.rights) != (after.access, after.rights),
    }
    return tuple(place for place, changed in places.items() if changed)


def _lead(document: Document) -> int:
    """Where the lead ends: the first paragraph with what stands above it, three sentences at most."""
    first = split(document.text, document.language)[:LEAD_SENTENCES]
    for (_, end), following in pairwise(first):
        if end >= LEAD and "\n" in document.text[end : following.start]:
            return end
    return first[-1].end if first else 0


def _is_lead(edit: Edit, old: int, new: int) -> bool:
    return any(span is not None and span.start < end for span, end in ((edit.before, old), (edit.after, new)))


def _kind(counts: dict[str, int], sort: Counter[str], where: tuple[Place, ...], amount: float) -> Kind:
    """What an editor would call it, by what was done to the sentences."""
    added, removed = counts["added"], counts["removed"]
    facts = any(sort[one] for one in CORRECTED)
    if added and (amount > MUCH or added > removed > 0 or facts or (sort["wording"] and "headline" in where)):
        return "update"
    if added and not removed:
        return "addition"
    if facts and not (removed and amount > LITTLE):
        return "correction"
    if removed > added:
        return "removal"
    if added or sort["wording"]:
        return "rewording"
    if where == ("byline",):
        return "addition"
    return "terms" if where == ("terms",) else "style"
