"""How an annotated article looks in a terminal; without colour, marks and lists say the same."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

import msgspec

from pipeline.errors import NewsroomError
from pipeline.layers import LAYERS, Entity, Quote
from pipeline.model import Document

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDEST = 100  # columns: longer lines are hard to read
JOINERS = "\u200c\u200d"  # invisible, but emoji and Persian need them

STYLES = {"person": "bold green", "place": "bold cyan", "organisation": "bold magenta"}
LISTS = {"person": "People", "place": "Places", "organisation": "Organisations"}
OTHER, QUOTE, MARK = "bold blue", "italic yellow", "dim"
SUMMARY = "▸ "
STEERING = ("Cc", "Cf", "Cs")
CLOSING = "”’\"'»«“‘›"
Layers = dict[str, Any]


def page(document: Document, file: IO[str]) -> None:
    """Prints the article; colours go out on a terminal alone, and not where NO_COLOR is set."""
    from rich.table import Table
    from rich.text import Text

    layers = layers_of(document)
    console = headed(document, file)
    for paragraph in paragraphs(visible(document.text), layers):
        console.print(paragraph, "", sep="\n")
    lists = Table.grid(padding=(0, 2))
    for heading, style, said in below(document, layers):
        if said:
            lists.add_row(Text(heading, style), Text(visible(said)))
    console.print(lists)


def headed(document: Document, file: IO[str]) -> "Console":
    """A console of a width that can be read, with the title and what is known of the article at its top."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, highlight=False, markup=False, emoji=False)
    console.width = min(console.width, WIDEST)
    console.print(Text(visible(document.title or "(no title)"), "bold"))
    console.print(Text(visible(about(document)), MARK), "", sep="\n")
    return console


def layers_of(document: Document) -> Layers:
    """The layers by name, of the shapes that docs/document.md gives."""
    found = {}
    for name, layer in document.annotations.items():
        if name in LAYERS and layer.value is not msgspec.UNSET:
            try:
                found[name] = msgspec.convert(layer.value, LAYERS[name])
            except msgspec.ValidationError as error:
                raise NewsroomError(f"article {document.id}: layer {name} is not of its shape: {error}") from None
    return found


def visible(text: str) -> str:
    """The text with each control and direction character replaced by one that does nothing: offsets stay true."""
    return "".join(
        one if one == "\n" or one in JOINERS or unicodedata.category(one) not in STEERING else "\ufffd" for one in text
    )


def about(document: Document) -> str:
    """Outlet, date, authors, access, what it is where it is no plain article; then its address."""
    at = document.published_at or document.captured_at
    said = (
        document.site_name or document.source,
        f"{at:%A}, {spoken(at)}{'' if document.published_at else ' (captured)'}" if at else None,
        ", ".join(document.authors),
        document.access,
        document.form if document.form != "article" else None,
    )
    return "\n".join(filter(None, (" · ".join(filter(None, said)), document.url)))


def spoken(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def paragraphs(text: str, layers: Layers) -> Iterator["Text"]:
    """The text in colour, with the speaker after each quote and a mark before each sentence of the summary."""
    from rich.text import Text

    whole = Text(text)
    for quote in layers.get("quotes", ()):
        whole.stylize(QUOTE, quote.start, quote.end)
    for entity in layers.get("entities", ()):
        for mention in entity.mentions:
            whole.stylize(STYLES.get(entity.type, OTHER), mention.start, mention.end)
    marks = sorted((min(max(at, 0), len(text)), mark) for at, mark in inserted(text, layers))
    pieces = whole.divide([at for at, _ in marks])
    shown = pieces[0]
    for (_, mark), piece in zip(marks, pieces[1:], strict=True):
        shown.append(visible(mark), MARK).append_text(piece)
    yield from (line for line in shown.split("\n") if line.plain.strip())


def inserted(text: str, layers: Layers) -> Iterator[tuple[int, str]]:
    """What stands in the article for the reader, and where."""
    names = {entity.id: entity.name for entity in layers.get("entities", ())}
    for quote in layers.get("quotes", ()):
        yield quote.end + (text[quote.end : quote.end + 1] in tuple(CLOSING)), f" [{speaker(quote, names)}]"
    for sentence in layers.get("summary", ()):
        yield sentence.start, SUMMARY


def speaker(quote: Quote, names: dict[str, str]) -> str:
    """Who says it: the entity's name, else the words that name them."""
    if quote.speaker is None:
        return "speaker unknown"
    return names.get(quote.speaker.entity or "", quote.speaker.text)


def below(document: Document, layers: Layers) -> Iterator[tuple[str, str, str]]:
    """What is listed under the article, which is the legend too: heading, style, words."""
    entities: list[Entity] = layers.get("entities", [])
    for kind, heading in LISTS.items():
        yield heading, STYLES[kind], counted(one for one in entities if one.type == kind)
    yield "Other names", OTHER, counted(one for one in entities if one.type not in LISTS)
    if quotes := layers.get("quotes"):
        said = Counter(speaker(quote, {one.id: one.name for one in entities}) for quote in quotes)
        yield "Quotes", QUOTE, listed(said)
    yield "Topics", "bold", ", ".join(f"{topic.name} {topic.score:.2f}" for topic in layers.get("topics", ()))
    yield "Keyphrases", "bold", ", ".join(phrase.text for phrase in layers.get("keyphrases", ()))
    yield "Summary", "bold", f"the sentences marked {SUMMARY.strip()}" if layers.get("summary") else ""
    without = [name for name, layer in document.annotations.items() if layer.unsupported is not msgspec.UNSET]
    yield "Not read", "bold", f"{', '.join(without)}: not in this language" if without else ""


def counted(entities: Iterable[Entity]) -> str:
    return listed({entity.name: len(entity.mentions) for entity in entities})


def listed(counts: Mapping[str, int]) -> str:
    """What there is most of first."""
    ranked = sorted(counts.items(), key=lambda one: -one[1])
    return ", ".join(name if count == 1 else f"{name} ×{count}" for name, count in ranked)
