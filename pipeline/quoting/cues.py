"""The verb, or "according to", that brings in a quote; and the words that stand for the speaker."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pipeline.quoting.marks import Quoted
from pipeline.quoting.zones import Span, verbs

if TYPE_CHECKING:
    from spacy.tokens import Token

SUBJECTS = ("nsubj", "csubj")
PASSIVE = "nsubjpass"
LIFTS = ("conj", "xcomp", "advcl", "aux", "auxpass", "ccomp", "pcomp", "prep", "dep", "parataxis")
"""Where a verb has no subject, that of the verb above it speaks: "rose and said", "went on to say", "before adding"."""
RELATIVES = ("who", "which", "that")
SPOKEN_OF = frozenset(("quoted", "cited", "heard", "recorded", "reported"))
"""Passives whose subject is the one who speaks: "was quoted as saying"."""
HIGHEST = 6  # steps up the tree


class Cue(NamedTuple):
    """What brings in a quote, and the head of the words for the speaker where the sentence has them."""

    start: int
    end: int
    subject: "Token | None"
    strong: bool
    bare: bool = False  # an infinitive or participle: who it speaks of is less sure


def cues(tokens: Sequence["Token"], inside: Sequence[Quoted]) -> Iterator[Cue]:
    """All cues among the tokens that stand outside the quotes."""
    for token in tokens:
        if _within(token.idx, inside):
            continue
        word = token.lower_
        if word == "according":
            if found := _according(token):
                yield found
        elif word in verbs() and token.tag_.startswith("VB"):
            subject = _subject(token, inside)
            yield Cue(token.idx, token.idx + len(token), subject, verbs()[word], token.tag_ in ("VB", "VBG", "VBN"))


def nearest(found: Sequence[Cue], quote: Quoted, text: str, others: Sequence[Quoted]) -> Cue | None:
    """The cue fewest words away; one without a speaker, a weak one, or one behind another quote counts as farther."""
    return min(found, key=lambda cue: (_distance(cue, quote, text, others), cue.start), default=None)


def _distance(cue: Cue, quote: Quoted, text: str, others: Sequence[Quoted]) -> int:
    after = cue.start >= quote.end
    between = text[quote.close : cue.start] if after else text[cue.end : quote.open]
    first, last = sorted((cue.start, quote.open))
    parted = sum(first <= q.open < last for q in others if q is not quote)
    words = len(between.split())
    led = text[quote.end - 1] in ",?!" if after else between.rstrip()[-1:] in (",", ":")
    return words + 12 * (cue.subject is None) + 5 * (not cue.strong) + 3 * cue.bare + 4 * parted - 4 * led


def _according(token: "Token") -> Cue | None:
    """The object of "according to"."""
    following = token.nbor(1) if token.i + 1 < len(token.doc) else None
    if following is None or following.lower_ != "to":
        return None
    named = next((c for c in following.children if c.dep_ == "pobj"), None)
    named = named or next((c for c in token.children if c.dep_ == "pobj"), None)
    return Cue(token.idx, following.idx + len(following), named, True) if named is not None else None


def _subject(verb: "Token", inside: Sequence[Quoted]) -> "Token | None":
    """The one who says: the verb's subject, that of the verb it hangs on, or the noun that it describes."""
    at = verb
    for _ in range(HIGHEST):
        own = [c for c in at.children if c.dep_ in SUBJECTS or (c.dep_ == PASSIVE and at.lower_ in SPOKEN_OF)]
        own = [c for c in own if not _within(c.idx, inside)]
        if own:
            return at.head if own[0].lower_ in RELATIVES and at.dep_ == "relcl" else own[0]
        if at.dep_ in ("acl", "relcl") and at.tag_ != "VBN":
            return at.head
        if at.dep_ not in LIFTS or at.head is at:
            return None
        at = at.head
    return None


def _within(at: int, spans: Sequence[Quoted]) -> bool:
    return any(q.open <= at < q.close for q in spans)


def in_zone(cue: Cue, zone: Span) -> bool:
    return zone[0] <= cue.start < zone[1]
