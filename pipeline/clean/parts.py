"""Parts of a page that extraction judges wrongly: boxes of the story stay, captions go."""

import re
from typing import TYPE_CHECKING

from pipeline.clean.furniture import without_furniture
from pipeline.clean.structured import is_data
from pipeline.clean.tree import inside, marked, plain

if TYPE_CHECKING:
    from lxml.html import HtmlElement

CAPTION = re.compile("caption|credit|legend|bildunterschrift|bildtext|leyenda")
CAPTIONS = ("div", "p", "span", "small", "em", "cite")
FORM = ("form", "input", "button")
FACTS = re.compile(r"fact|explain|glossar", re.IGNORECASE)
IS_BOX = re.compile(
    r"fact|info|box|explain|glossar|background|hintergrund|numbers|kasten|encadr|recuadro|timeline|key-", re.IGNORECASE
)
NO_BOX = re.compile(
    r"related|promo|newsletter|author|\bbio|about|share|social|\bads?\b|advert|sponsor|subscri|more|recommend|recirc|trending|"
    r"popular|most|comment|quote|tool|side-?bar|widget|nav|toc|teaser|signup|download|event|poll|weather",
    re.IGNORECASE,
)
# An icon in a link would also make a paragraph end there.
UNREAD = ("style", "svg", "link", "meta", "source", "track", "area", "param", "embed")
LONGEST_CAPTION, LONGEST_BOX, MOST_LINKED = 400, 3000, 0.25
SENTENCE = re.compile(r"\w\W+\w.{20,}[.!?]")


def prepare(tree: "HtmlElement") -> None:
    """Changes the tree so that its asides with prose of the story are text, and captions none."""
    for aside in list(tree.iter("aside"))[:100]:
        if _is_beside_text(aside) and _is_box(aside):
            aside.tag = "div"
            aside.attrib.clear()
    for caption in list(marked(tree, CAPTION, *CAPTIONS))[:500]:
        if caption.getparent() is not None and len(caption.text_content()) <= LONGEST_CAPTION:
            caption.drop_tree()


def prune(tree: "HtmlElement") -> None:
    """Takes out of the tree, before it is copied and searched again and again, what extraction throws away unread."""
    from lxml.etree import strip_elements

    for script in list(tree.iter("script")):
        if not is_data(script):
            script.drop_tree()
    strip_elements(tree, *UNREAD, with_tail=False)


def _is_beside_text(aside: "HtmlElement") -> bool:
    """Whether an aside stands among paragraphs, and is for reading only."""
    around = aside.getparent()
    stands = inside(aside, "article", "main") or (around is not None and len(around.findall("p")) > 1)
    return stands and next(aside.iter(*FORM), None) is None


def _is_box(aside: "HtmlElement") -> bool:
    """Whether an aside has sentences, hardly links, and a heading or a name of a box."""
    name, text = f"{aside.get('class')} {aside.get('id')}", plain(aside.text_content())
    heading = next(
        (plain(e.text_content()) for e in aside.iter("h2", "h3", "h4", "h5", "h6", "header", "strong", "b")), ""
    )
    linked = sum(len(plain(link.text_content())) for link in aside.iter("a"))
    if len(text) > LONGEST_BOX or linked > MOST_LINKED * len(text) or NO_BOX.search(heading):
        return False
    if NO_BOX.search(name) and not FACTS.search(name):
        return False
    is_named = bool(without_furniture([heading])) if heading else bool(IS_BOX.search(name))
    return is_named and bool(SENTENCE.search(text))
