"""What a replay changes: counted, and a few documents of each kind as examples."""

from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct

from pipeline.documents import Key
from pipeline.model import Document

EXAMPLES = 3
"""Documents shown of each kind of change."""


class Example(Struct, frozen=True):
    """A document as it was and as it is; `before` is null where its capture was no document of its own."""

    key: str
    before: Document | None
    after: Document

    @property
    def says_else(self) -> bool:
        """Whether title, text, authors, access or rights are others; else some of its layers are."""
        return self.before is None or self.before.version != self.after.version

    @property
    def layers(self) -> list[str]:
        """The layers that are not as they were."""
        was = self.before.annotations if self.before else {}
        return sorted(name for name, layer in self.after.annotations.items() if self.before and was.get(name) != layer)


class Sums(Struct, kw_only=True):
    """What a replay would change, or has changed."""

    articles: int = 0
    captures: int = 0
    changed: int = 0  # articles whose folder is not as it was
    documents_before: int = 0  # versions of all these articles
    documents_after: int = 0
    texts: int = 0  # documents that say something else than before
    lifted: int = 0  # documents that say the same in a newer edition
    layers: dict[str, int] = {}  # documents whose layer is another, by layer
    kept: dict[str, int] = {}  # captures whose key stands as it was, by reason
    failed: dict[str, int] = {}  # documents that a step failed on: the layer of before stands, where the text does
    examples: list[Example] = []

    def keep(self, reason: str, captures: int = 1) -> None:
        self.kept[reason] = self.kept.get(reason, 0) + captures

    def fail(self, layers: Iterable[str]) -> None:
        for name in layers:
            self.failed[name] = self.failed.get(name, 0) + 1

    def count(self, keys: Iterable[Key], want: Iterable[Key]) -> None:
        """An article's captures, and its versions before and after."""
        before = list(keys)
        self.articles += 1
        self.captures += len(before)
        self.documents_before += sum(key.kind == "json" for key in before)
        self.documents_after += sum(key.kind == "json" for key in want)

    def compare(self, key: Key, before: Document | None, after: Document) -> None:
        """Takes up a document that is to be written."""
        one = Example(str(key), before, after)
        if one.says_else:
            self.texts += 1
        elif before and before.extraction != after.extraction:
            self.lifted += 1
        for name in one.layers:
            self.layers[name] = self.layers.get(name, 0) + 1
        self.show(one)

    def show(self, one: Example) -> None:
        """Keeps it where there are few of its kind."""
        alike = sum(other.says_else == one.says_else for other in self.examples)
        if alike < EXAMPLES and (one.says_else or one.layers):
            self.examples.append(one)

    def add(self, other: "Sums") -> None:
        """Takes up what was counted elsewhere."""
        for name in ("articles", "captures", "changed", "documents_before", "documents_after", "texts", "lifted"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("layers", "kept", "failed"):
            setattr(self, name, dict(Counter(getattr(self, name)) + Counter(getattr(other, name))))
        for one in other.examples:
            self.show(one)

    def words(self) -> Iterator[str]:
        """The sums for a person, line by line."""
        if not self.articles:
            yield "nothing to take: nothing of these days is stale, or nothing was captured on them"
            return
        yield f"{self.articles} articles with {self.captures} captures: {self.changed} change"
        if self.changed:
            yield f"  versions: {self.documents_before} before, {self.documents_after} after"
            yield f"  documents that say something else: {self.texts}"
            yield f"  documents that say the same, in the new edition: {self.lifted}"
        for what, counts in (
            ("layers that differ", self.layers),
            ("captures whose key stands as it was", self.kept),
            ("documents that a step failed on", self.failed),
        ):
            if counts:
                yield f"  {what}: {', '.join(f'{name} {number}' for name, number in sorted(counts.items()))}"
