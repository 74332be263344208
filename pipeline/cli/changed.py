"""How the changes of an article look in a terminal; without colour, marks say the same."""

from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING

from pipeline.changes import sentences as every_sentence
from pipeline.changes.sentences import Edit, Span, Words
from pipeline.cli.diff import Change, Side
from pipeline.cli.reader import MARK, headed, spoken, visible
from pipeline.documents import GONE, Key, gone_since
from pipeline.model import Document

if TYPE_CHECKING:
    from rich.text import Text

OLD, NEW = "red strike", "bold green"
MARKS = {
    "kept": (" ", MARK),
    "added": ("+", NEW),
    "removed": ("-", OLD),
    "reworded": ("~", ""),
    "moved": (">", "bold blue"),
}
LEGEND = "+ added   - removed   ~ reworded: [-old-] {+new+}   > moved"
AROUND = 1
"""Sentences before and after a change that are shown as they are; of others their number."""

KINDS = {
    "retraction": "retracted",
    "note": "editor's note",
    "correction": "correction",
    "addition": "addition",
    "removal": "removal",
    "update": "update of a running story",
    "rewording": "rewording",
    "style": "style only",
    "terms": "terms of access only",
}


def page(document: Document, captures: list[Key], changes: list[Change], file: IO[str]) -> None:
    """Prints all changes; colours go out on a terminal alone, and not where NO_COLOR is set."""
    from rich.text import Text

    console = headed(document, file)
    console.print(Text(standing(captures, len(changes))))
    for change in changes:
        console.print("", Text(heading(change), "bold"), *(proof(side) for side in change[:2]), "", sep="\n")
        for line in lines(change, colour=console.color_system is not None):
            console.print(line)
    if changes:
        console.print("", Text(LEGEND, MARK), sep="\n")


def standing(captures: list[Key], changes: int) -> str:
    """How often it was looked at and what came of it, in a sentence or two."""
    there = [key for key in captures if key.version != GONE]
    first, last, gone = spoken(there[0].at), spoken(there[-1].at), gone_since(captures)
    looked = f"{len(there)} captures, {first} to {last}" if there[1:] else f"1 capture, {first}"
    if changes:
        found = f"{changes} change{'s' if changes > 1 else ''}"
    elif len({key.edition for key in there}) > 1:
        found = "no change within one edition of the cleaning rules, and versions of several are not compared"
    else:
        found = "only one version, nothing changed"
    since = f" The page is gone since {spoken(gone)}; its last text stays." if gone else ""
    return f"{looked}: {found}.{since}"


def heading(change: Change) -> str:
    """When, of which kind, where, how much."""
    found = change.changes
    kind = KINDS[found.kind] + (f" ({', '.join(found.corrected)})" if found.corrected else "")
    sums = ", ".join(f"{count} {kind}" for kind, count in found.counts.items() if count)
    parts = (kind, ", ".join(found.where), f"{found.amount:.1%} of the words", f"sentences: {sums}" if sums else "")
    return f"{spoken(change.before.key.at)} → {spoken(change.after.key.at)}\n{' · '.join(filter(None, parts))}"


def proof(side: Side) -> str:
    """Where the capture of a version lies."""
    place = f"\n  {side.place.key} at byte {side.place.offset}" if side.place else ""
    return " ".join(filter(None, (side.key.version, side.record))) + place


def lines(change: Change, *, colour: bool) -> Iterator["Text"]:
    """Title and byline where they changed, then the sentences, a blank line between paragraphs."""
    from rich.text import Text

    before, after, found = change.before.document, change.after.document, change.changes
    if found.title:
        title = after.title or ""
        yield Text("~ Title: ").append_text(
            woven(before.title or "", title, found.title, Span(0, len(title)), colour=colour)
        )
    if before.authors != after.authors:
        old, new = (", ".join(document.authors) or "nobody" for document in (before, after))
        yield Text(visible(f"~ By: {old} → {new}"))
    if "terms" in found.where:
        yield Text(visible(f"~ Access: {before.access} {before.rights or ''} → {after.access} {after.rights or ''}"))
    yield from sentences(before, after, colour=colour)


def sentences(before: Document, after: Document, *, colour: bool) -> Iterator["Text"]:
    """Those that changed, with a neighbour on each side; how many others stand between."""
    from rich.text import Text

    every = every_sentence(before, after)
    near = {n + d for n, edit in enumerate(every) if edit.kind != "kept" for d in range(-AROUND, AROUND + 1)}
    left_out = 0
    for number, edit in enumerate(every):
        if number not in near:
            left_out += 1
            continue
        if left_out:
            yield Text(f"  … {left_out} as before", MARK)
            left_out = 0
        yield sentence(edit, before.text, after.text, colour=colour)
    if left_out and near:
        yield Text(f"  … {left_out} as before", MARK)


def sentence(edit: Edit, before: str, after: str, *, colour: bool) -> "Text":
    from rich.text import Text

    mark, style = MARKS[edit.kind]
    shown = Text(f"{mark} ", style)
    if edit.kind == "reworded" and edit.before and edit.after:
        return shown.append_text(woven(before, after, edit.words, edit.after, colour=colour))
    text, span = (after, edit.after) if edit.after else (before, edit.before)
    return shown.append(visible(text[slice(*span)]) if span else "", style)


def woven(before: str, after: str, words: Iterable[Words], new: Span, *, colour: bool) -> "Text":
    """A sentence of the new text with the words that went beside those that came in their place."""
    from rich.text import Text

    shown, at = Text(), new.start
    for gone, come in words:
        shown.append(visible(after[at : come.start]))
        went, came = visible(before[slice(*gone)]), visible(after[slice(*come)])
        if went:
            shown.append("" if came else " ").append(went if colour else f"[-{went}-]", OLD).append(" " if came else "")
        if came:
            shown.append(came if colour else f"{{+{came}+}}", NEW)
        at = come.end
    return shown.append(visible(after[at : new.end]))
