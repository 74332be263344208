"""XML of strangers as a tree: without entities, DTDs and namespaces, mended where it is broken."""

import re
from collections.abc import Iterator
from html import escape
from html.entities import html5
from typing import TYPE_CHECKING

from pipeline.clean.decoding import decode
from pipeline.errors import Rejected
from pipeline.sources.markup import paragraphs

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
OWN = {"amp", "lt", "gt", "quot", "apos"}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MARKED = re.compile(r"</?(?:p|br|div)\b[^<>]*>", re.IGNORECASE)
DEEPEST = 100
"""Elements within each other; libxml2 lets 2,000 pass, and no article has more than twenty."""

KEPT = {name: name for name in ("p", "h2", "h3", "h4", "ul", "ol", "li", "dl", "dt", "dd", "table", "tr", "td", "th")}
KEPT |= {"h1": "h2", "hl1": "h2", "hl2": "h2", "bq": "blockquote", "blockquote": "blockquote", "br": "br", "pre": "pre"}
AROUND = dict.fromkeys(("block", "div", "section", "article"), "div")
"""Elements of NITF and XHTML, and of what holds them, to those of the body that is made; of others the text is kept."""

LEFT_OUT = {
    "head", "header", "footer", "aside", "nav", "script", "style", "figure", "media", "object", "img", "svg", "iframe",
    "video", "audio", "form", "body.head", "body.end",
}  # fmt: skip


def tree(piece: bytes, encoding: str) -> "Element":
    """The root element, all names without namespace; raises `Rejected` where there is none.

    `encoding` is what the file declares; what is sound UTF-8 is read as that.
    """
    from lxml.etree import XMLParser, XMLSyntaxError, fromstring

    text = ENTITY.sub(_character, decode(piece, f"text/xml; charset={encoding}"))
    parser = XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    try:
        root = fromstring(re.sub(r"^\s*<\?xml[^>]*>", "", text).encode(), parser)
    except (XMLSyntaxError, ValueError):
        root = None
    if root is None:
        raise Rejected("no news item: neither XML nor JSON objects")
    for element in root.iter("*"):
        name = element.tag.rpartition("}")[2].rpartition(":")[2]
        element.tag = name if NAME.fullmatch(name) else "other"
    return root


def _character(entity: re.Match[str]) -> str:
    """HTML's entities as characters, which old NITF uses; what another DTD may define is text."""
    if entity[1] in OWN:
        return entity[0]
    found = html5.get(f"{entity[1]};")
    return escape(found) if found else f"&amp;{entity[1]};"


def said(root: "Element | None", *paths: str) -> str:
    """The text of the first of these elements that has any, in one line."""
    if root is None:
        return ""
    return next((text for path in paths for one in root.iterfind(path) if (text := line(one))), "")


def every(root: "Element", path: str, attribute: str | None = None) -> list[str]:
    """The texts of all such elements, or of an attribute of theirs."""
    found = (one.get(attribute) or "" if attribute else line(one) for one in root.iterfind(path))
    return [text for text in found if text.strip()]


def line(element: "Element") -> str:
    return " ".join("".join(element.itertext()).split())


def body(element: "Element") -> str:
    """The HTML of an article out of NITF or XHTML; plain text becomes paragraphs, markup that was escaped is itself."""
    inside = next(element.iter("body.content"), None)
    if inside is None:
        inside = next(element.iter("body"), element)
    else:
        unwrap(inside)
    if any(one.tag in KEPT for one in inside.iterdescendants("*")):
        return "".join(_markup(inside, 0)).strip()
    text = "".join(inside.itertext()).strip()
    return text if MARKED.search(text) else paragraphs(text) if text else ""


def unwrap(inside: "Element") -> None:
    """NITF breaks its lines as terminals need them: one break is a space, two are an end."""
    for br in list(inside.iter("br")):
        following = br.getnext()
        if following is None or following.tag != "br" or (br.tail or "").strip():
            br.tag, br.text = "space", " "


def _markup(element: "Element", depth: int) -> Iterator[str]:
    yield escape(element.text or "", quote=False)
    for child in element:
        name = KEPT.get(child.tag) or AROUND.get(child.tag)
        if name == "pre":
            yield paragraphs("".join(child.itertext()))
        elif depth > DEEPEST:
            yield escape(line(child), quote=False)
        elif child.tag not in LEFT_OUT:
            yield f"<{name}>" if name else ""
            yield from _markup(child, depth + 1)
            yield f"</{name}>" if name and name != "br" else ""
        yield escape(child.tail or "", quote=False)
