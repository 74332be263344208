"""The page's own structured data: finds the article among the JSON-LD of a page."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lxml.html import HtmlElement

Node = dict[str, Any]

LARGEST = 1_000_000  # characters of one script; live blogs have some 300,000
DEEPEST = 6  # levels of nested nodes that are looked at
MOST = 2_000  # nodes of a page that are looked at

# schema.org's kinds of article and what stands for one; the lower number is the better match.
KINDS = {"article": 0, "posting": 0, "report": 0, "review": 1, "claimreview": 1, "webpage": 2, "itempage": 2}
WRAPPED = (("<!--", "-->"), ("//<![CDATA[", "//]]>"), ("<![CDATA[", "]]>"), ("", ";"))
TRAILING_COMMA = re.compile(r",(?=\s{0,99}[]}])")


def data_of(tree: "HtmlElement") -> list[Any]:
    """The JSON-LD of a page, script by script."""
    return [data for script in _scripts(tree) if (data := _load(script)) is not None]


def roots(data: list[Any]) -> list[Node]:
    """The nodes that stand by themselves, not inside others."""
    listed = [one for value in data for one in (value[:MOST] if isinstance(value, list) else [value])]
    nodes = [node for node in listed if isinstance(node, dict)]
    graphs = [graph for node in nodes if isinstance(graph := node.get("@graph"), list)]
    return [*nodes, *(node for graph in graphs for node in graph[:MOST] if isinstance(node, dict))]


def kinds(node: Node) -> list[str]:
    """schema.org's types of a node, in lower case."""
    types = node.get("@type")
    return [name.lower() for name in (types if isinstance(types, list) else [types]) if isinstance(name, str)]


def is_article(node: Node) -> bool:
    """Whether a node is an article, not only a page that may hold one."""
    return (_rank(node) or 0) < 2 and _rank(node) is not None


def article_of(data: list[Any], titles: Iterable[str]) -> Node:
    """The node that describes the page's article, references resolved one level deep; empty where there is none.

    Of several the one counts whose headline is a title of the page, then the better kind, then the first.
    """
    said = {letters(title) for title in titles}
    nodes = list(_nodes(data))
    ranked = [(rank, node) for node in nodes if (rank := _rank(node)) is not None]
    if not ranked:
        return {}
    best = min(ranked, key=lambda pair: (pair[0] > 1, letters(headline(pair[1])) not in said, pair[0]))[1]
    named = {name: node for node in nodes if isinstance(name := node.get("@id"), str) and len(node) > 1}
    return {key: _resolved(value, named) for key, value in best.items()}


def headline(node: Node) -> str:
    """What the node calls itself."""
    return first(node.get("headline")) or first(node.get("name"))


def first(value: Any) -> str:
    """The first text in a value, a list of values, or a node that has a name, an address or an id."""
    return next(texts(value), "")


def texts(value: Any) -> Iterator[str]:
    """The texts in a value, in a list of values, or of a node that has a name, an address or an id."""
    if isinstance(value, list):
        for one in value[:100]:
            yield from texts(one) if not isinstance(one, list) else ()
    elif isinstance(value, dict):
        for key in ("name", "url", "@value", "@id"):
            if found := first(value.get(key)) if not isinstance(value.get(key), dict) else "":
                yield found
                return
    elif isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
        yield str(value)


def _scripts(tree: "HtmlElement") -> Iterator[str]:
    for script in tree.iter("script"):
        if is_data(script) and script.text and len(script.text) <= LARGEST:
            yield script.text


def is_data(script: "HtmlElement") -> bool:
    """Whether a script is JSON-LD."""
    return "ld+json" in script.get("type", "").lower()


def _load(script: str) -> Any:
    """The data of a script, also of one with a comment around it or a comma too many."""
    text = script.strip()
    for opening, closing in WRAPPED:
        text = text.removeprefix(opening).removesuffix(closing).strip()
    for form in (str, lambda t: TRAILING_COMMA.sub("", t)):
        try:
            return json.loads(form(text), strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(data: Any) -> Iterator[Node]:
    """Nodes from the outside in, so that what a page embeds comes after what it is."""
    level, left = [data], MOST
    for _ in range(DEEPEST):
        below = list[Any]()
        for value in level:
            if isinstance(value, dict):
                left -= 1
                yield value
                below.extend(v for k, v in value.items() if isinstance(v, dict | list) and k != "hasPart")
            elif isinstance(value, list):
                below.extend(value[:MOST])
            if left < 0 or len(below) > 10 * MOST:
                return
        level = below


def _rank(node: Node) -> int | None:
    ranks = (rank for name in kinds(node) for kind, rank in KINDS.items() if name.endswith(kind))
    return next(ranks, None)


def _resolved(value: Any, named: dict[str, Node]) -> Any:
    if isinstance(value, list):
        return [_resolved(one, named) if isinstance(one, dict) else one for one in value[:100]]
    if isinstance(value, dict) and len(value) == 1 and isinstance(name := value.get("@id"), str):
        return named.get(name, value)
    return value


def letters(text: str) -> str:
    """What is left of a text to compare by: no white space, punctuation or capitals."""
    return re.sub(r"[\W_]+", "", text).casefold()
