"""Who the words before or after a quote mean: the entity they name, or that a pronoun stands for."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline import seeds
from pipeline.quoting.marks import Quoted

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

PRONOUNS = {"he": "he", "she": "she", "him": "he", "her": "she", "they": "", "it": "it"}
LONGEST = 14  # words for a speaker
NEAR = 40  # characters between a cue and the name that stands for its subject
LONGEST_NAME = 100  # characters
BACK = 1_500  # characters that a pronoun looks back
NAMES = ("compound", "appos", "nmod", "flat")


class Named(NamedTuple):
    """A mention of an entity outside quotes that can speak; `subject` where a verb has it as its subject."""

    start: int
    end: int
    entity: str
    type: str
    subject: bool


class Words(NamedTuple):
    """The words for a speaker and the entity they mean."""

    start: int
    end: int
    entity: str | None


class Cast:
    """Everybody whom a text names outside its quotes, in order, with what tells men from women."""

    def __init__(self, entities: Sequence[dict[str, Any]], parse: "Doc", quotes: Sequence[Quoted]) -> None:
        self.parse = parse
        self.text = parse.text  # spaCy joins it anew each time it is asked
        self.starts = [token.idx for token in parse]
        self.quotes = quotes
        self.opens = [q.open for q in quotes]
        self.named: list[Named] = []
        for entity in entities:
            for m in entity["mentions"]:
                if not self._quoted(m["start"]):
                    subject = self._is_subject(m["start"], m["end"])
                    self.named.append(Named(m["start"], m["end"], entity["id"], entity["type"], subject))
        self.named.sort()
        self.named_at = [n.start for n in self.named]
        self.gender = {e["id"]: _gender(e["name"]) for e in entities if e["type"] == "person"}

    def tokens(self, start: int, end: int) -> Sequence["Token"]:
        """The tokens of a stretch of the text."""
        return list(self.parse[bisect_left(self.starts, start) : bisect_left(self.starts, end)])

    def between(self, start: int, end: int) -> list[Named]:
        """Who is named in a stretch of the text, outside quotes."""
        return self.named[bisect_left(self.named_at, start) : bisect_left(self.named_at, end)]

    def _is_subject(self, start: int, end: int) -> bool:
        """Of a main clause: who acts in a subordinate one is not what the next sentence's pronoun means."""
        subjects = [t for t in self.tokens(start, end) if t.dep_ in ("nsubj", "nsubjpass")]
        return any(t.head.dep_ in ("ROOT", "conj") for t in subjects)

    def words(self, head: "Token", last: str | None) -> Words:
        """What a subject says and means; `last` is the last speaker."""
        start, end = self._phrase(head)
        if head.lower_ in PRONOUNS:
            return Words(head.idx, head.idx + len(head), self._stands_for(head, last))
        return Words(start, end, self._entity(head, start))

    def mention(self, named: Named) -> Words:
        return Words(named.start, named.end, named.entity)

    def adjacent(self, start: int, end: int) -> Named | None:
        """Who is named right after or before a cue that has no subject: "said Smith", "Smith said"."""
        after, before = self.between(end + 1, end + NEAR), self.between(start - NEAR, start)
        near = [n for n in (*after[:1], *before[-1:]) if n.type in ("person", "organisation")]
        near = [n for n in near if not any(c in self.text[min(n.end, end) : max(n.start, start)] for c in '\n“”"')]
        return min(near, key=lambda n: n.start - end if n.start > end else start - n.end, default=None)

    def capitalised(self, start: int, end: int) -> Words | None:
        """A name right after a cue that is no entity of the text."""
        there = self.tokens(end, end + 60)
        name = []
        for token in there:
            if not token.text[0].isupper() or self._quoted(token.idx):
                break
            name.append(token)
        return Words(name[0].idx, name[-1].idx + len(name[-1]), None) if name else None

    def subject_before(self, start: int, end: int) -> Named | None:
        """The last one in a stretch who is a subject, else the last one named."""
        there = [n for n in self.between(max(start, end - BACK), end) if n.type == "person"]
        return next((n for n in reversed(there) if n.subject), there[-1] if there else None)

    def _phrase(self, head: "Token") -> tuple[int, int]:
        """The noun phrase around its head: to the left as far as it goes, to the right until a comma or a clause."""
        left = right = head
        for token in self.parse[max(head.left_edge.i, head.i - LONGEST) : head.i]:
            if "\n" not in self.text[token.idx : head.idx] and not self._quoted(token.idx):
                left = token
                break
        for token in self.parse[head.i + 1 : min(head.right_edge.i + 1, head.i + LONGEST)]:
            if token.is_punct or token.is_space or token.tag_.startswith(("W", "VB", "``")) or self._quoted(token.idx):
                break
            right = token
        return left.idx, right.idx + len(right)

    def _quoted(self, at: int) -> bool:
        before = bisect_right(self.opens, at) - 1
        return before >= 0 and at < self.quotes[before].close

    def _entity(self, head: "Token", start: int) -> str | None:
        """The entity whose name holds the head, or a name that stands beside it: "the senator, Ada Holm,"."""
        beside = [head, *(c for c in head.children if c.dep_ in NAMES)]
        found = [n for t in beside for n in self.between(t.idx - LONGEST_NAME, t.idx + 1) if t.idx < n.end]
        people = [n for n in found if n.type == "person"]
        at_head = [n for n in found if n.start <= head.idx < n.end]
        best = (people or at_head)[:1]
        return best[0].entity if best else None

    def _stands_for(self, pronoun: "Token", last: str | None) -> str | None:
        """The nearest person before who was a subject and may be meant, the last speaker where nobody came between."""
        wanted = PRONOUNS[pronoun.lower_]
        if not wanted:
            return last
        kinds = ("organisation", "group") if wanted == "it" else ("person",)
        before = [n for n in self.between(pronoun.idx - BACK, pronoun.idx) if n.type in kinds]
        fits = [n for n in before if self.gender.get(n.entity) in (None, "", wanted)]
        known = {n.entity for n in fits}
        subjects = [n for n in fits if n.subject]
        if last and self.gender.get(last) in ("", wanted) and not any(n.entity != last for n in subjects[-2:]):
            return last
        if subjects:
            return subjects[-1].entity
        return last if last in known else fits[-1].entity if fits else None


@cache
def _genders() -> dict[str, str]:
    return {name: gender for gender, names in seeds.rows("first_names.tsv") for name in names.split()}


def _gender(name: str) -> str:
    """ "he", "she" or empty, by the first name."""
    return _genders().get(name.split()[0].removesuffix("."), "")
