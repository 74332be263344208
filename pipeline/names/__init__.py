"""Names in English text: found, cut to what is the name, joined into entities, looked up in tables."""

import unicodedata
from functools import cache
from typing import NamedTuple

from pipeline.model import EntityType


class Mention(NamedTuple):
    """A stretch of the text that names something; `title` is what stood before a person's name ("Mr")."""

    start: int
    end: int
    text: str
    type: EntityType
    title: str = ""


@cache
def folded(name: str) -> str:
    """What two spellings of one name share: no accents, one kind of apostrophe, dash and space; case stays."""
    bare = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    return " ".join(bare.replace("’", "'").replace("‑", "-").replace("–", "-").split())
