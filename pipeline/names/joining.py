"""Mentions of one thing, joined: full name and surname, name and abbreviation, spellings of one country."""

import re
from collections.abc import Iterable

from pipeline.names import Mention, folded
from pipeline.names.gazetteer import Place, demonym
from pipeline.names.tables import known

Key = tuple[str, str]
"""What mentions of one thing share: type, and the name by which it is known."""

SUFFIX = re.compile(r",?\s+(?:Inc|Corp|Co|Ltd|LLC|LLP|PLC|plc|AG|SA|NV|GmbH|Group|Company|Corporation)\.?$")
AFTER_NAME = frozenset(["jr", "sr", "ii", "iii", "iv", "md", "phd"])
PARTICLES = frozenset(
    [
        "de",
        "da",
        "do",
        "dos",
        "del",
        "della",
        "di",
        "du",
        "la",
        "le",
        "van",
        "von",
        "der",
        "den",
        "ten",
        "ter",
        "bin",
        "ibn",
        "al",
        "el",
    ]
)
SMALL = frozenset(["of", "the", "and", "for", "in", "on", "de", "la", "du", "des", "und", "et"])


def join(mentions: Iterable[Mention], places: dict[str, Place]) -> dict[Key, list[Mention]]:
    """The mentions of each thing, things in the order in which the text names them first."""
    found = list(mentions)
    people = People(m for m in found if m.type == "person")
    short = {
        s: key
        for key in reversed([_key(m, places) for m in found if m.type == "organisation"])
        for s in initials(key[1])
    }
    groups: dict[Key, list[Mention]] = {}
    for mention in found:
        key = _key(mention, places)
        if person := _person(mention, people, places):
            key = ("person", person)
        elif mention.type != "place" and folded(mention.text).replace(".", "") in short:
            key = short[folded(mention.text).replace(".", "")]
        groups.setdefault(key, []).append(mention._replace(type=key[0]))  # type: ignore[arg-type]
    return groups


def _key(mention: Mention, places: dict[str, Place]) -> Key:
    if mention.type == "place" and (place := places.get(mention.text)):
        return "place", str(place.geonames or place.wikidata)
    if mention.type == "group" and (home := demonym(mention.text)):
        return "group", str(home.geonames or home.wikidata)
    if mention.type != "person" and (entry := known(mention.text)):
        return mention.type, entry.name
    name = SUFFIX.sub("", folded(mention.text)) if mention.type == "organisation" else folded(mention.text)
    return mention.type, name if name.isupper() else name.casefold() if mention.type == "place" else name


def words(name: str) -> list[str]:
    """The words of a person's name that tell who it is, folded and in lower case."""
    bare = [w.strip(".,'’").casefold() for w in folded(name).split()]
    return [w for w in bare if w and w not in AFTER_NAME]


def surname(name: str) -> str:
    """The last word of a person's name as written, empty where the name is one word only."""
    told = words(name)
    last = [w for w in name.split() if w.strip(".,'’").casefold() not in AFTER_NAME]
    return last[-1].strip(".,") if len(told) > 1 else ""


class People:
    """Each person whom the text names in full: the first full name, all words of the names that are theirs."""

    def __init__(self, mentions: Iterable[Mention]) -> None:
        self.words: dict[str, list[str]] = {}
        self.by_word: dict[str, list[str]] = {}
        for mention in mentions:
            told = words(mention.text)
            if len(told) > 1:
                self._add(mention.text, told)

    def _add(self, name: str, told: list[str]) -> None:
        same = self.same(told)
        if same is None or len(told) > len(self.words[same]):
            self.words[same or name] = told
            for word in told:
                known_by = self.by_word.setdefault(word, [])
                if (same or name) not in known_by:
                    known_by.append(same or name)

    def same(self, told: list[str]) -> str | None:
        """The person of a full name."""
        alike = (name for word in reversed(told) for name in self.by_word.get(word, ()))
        return next((name for name in alike if _same_person(told, self.words[name])), None)

    def by_surname(self, word: str) -> str | None:
        """The first person who bears a surname."""
        return next((name for name in self.by_word.get(word, ()) if self.words[name][-1] == word), None)

    def by_any(self, word: str) -> str | None:
        """The person who alone has this word in the name."""
        found = self.by_word.get(word, ()) if word not in PARTICLES else ()
        return found[0] if len(found) == 1 else None


def _same_person(a: list[str], b: list[str]) -> bool:
    """The same surname, and a first name that is the other's, its initial or its beginning."""
    if a[-1] != b[-1]:
        return set(a) < set(b) or set(b) < set(a)
    return a[0].startswith(b[0]) or b[0].startswith(a[0]) or a[0] in b or b[0] in a


def _person(mention: Mention, people: People, places: dict[str, Place]) -> str | None:
    """The person of a mention: by the full name, by the surname, then by a first name that one person bears."""
    if mention.type in ("group", "law") or (mention.type == "place" and mention.text in places and not mention.title):
        return None
    told = words(mention.text)
    if len(told) > 1:
        return people.same(told) if mention.type == "person" else None
    if told and (bearer := people.by_surname(told[0])):
        return bearer
    if mention.type != "person":
        return None
    return (people.by_any(told[0]) if told else None) or folded(mention.text)


def initials(name: str) -> set[str]:
    """How a body of two words or more may be abbreviated: "World Health Organization" is WHO."""
    parts = [w for w in re.split(r"[\s-]+", name) if w]
    if len(parts) < 2:
        return set()
    great = "".join(w[0] for w in parts if w.casefold() not in SMALL and w[0].isalpha())
    every = "".join(w[0] for w in parts if w[0].isalpha())
    return {s.upper() for s in (great, every) if len(s) > 1}
