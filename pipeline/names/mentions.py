"""The names that the parse holds, cut to the name itself, with their types repaired by tables."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.model import EntityType
from pipeline.names import Mention, gazetteer
from pipeline.names.joining import PARTICLES
from pipeline.names.tables import known, no_names, titles

if TYPE_CHECKING:
    from spacy.tokens import Doc

TYPES: dict[str, EntityType] = {
    "PERSON": "person",
    "PER": "person",  # of the French model, whose fourth type, MISC, is as often none
    "ORG": "organisation",
    "GPE": "place",
    "LOC": "place",
    "FAC": "place",
    "NORP": "group",
    "EVENT": "event",
    "WORK_OF_ART": "work",
    "PRODUCT": "product",
    "LAW": "law",
}
LONGEST = 100  # characters; longer ones are lists and tables that the model took for a name
ABBREVIATED = re.compile(r"\b(?:\w\.)+$|\b(?:Inc|Jr|Sr|Co|Corp|Ltd|St|Bros|Ala|Calif|Fla|Mass|Pa)\.$")
POSSESSIVE = re.compile(r"(?:['’‘`]s?|['’]S)$")
ARTICLES = {
    "en": re.compile(r"(?:the|a|an)\s+", re.IGNORECASE),
    "fr": re.compile(r"(?:les?|la|du|des|aux?)\s+|[ld]['’]"),  # not Le Havre's
}
FRENCH_PEOPLE = re.compile(r"(?:[Ll]es?|[Ll]a|[Dd]es|aux?|[Uu]ne?|[Cc]es)\s+\w+(?:ien|éen|ain|ais|ois|ol)(?:n?es?|s)?")
FRENCH_TITLES = re.compile(r"(?:M|MM|Mmes?|Mlles?|Me|Mgr|Dr|Pr)\b\.?\s+")
BREAK = re.compile(r"\s*[\n“”\"«»„|•@/\\<>{}]\s*|\s+[-–—]+\s+")
PARTICLES_BEFORE = re.compile(r"(?<!\w)(?:(?:von|van|der|de|del|della|di|du|bin|ibn)\s)+$")
WHERE = re.compile(r"(?<!\w)(?:[Ii]n|[Nn]ear|[Aa]round|[Oo]utside)\s+(?:the\s+)?$")
"""Words that stand before places; a city's team plays "at" and "for" itself."""
ACRONYM = 3  # letters: nobody's name is all capitals in a text that has small letters
NUMBERED = re.compile(r"\W*\d[\d\s.,:%-]*\W*")


def mentions(parse: "Doc") -> list[Mention]:
    """In the order of the text; none overlaps another."""
    text = parse.text  # spaCy joins it anew each time it is asked
    entities = [ent for ent in parse.ents if ent.label_ in TYPES]
    found = [m for ent in entities for m in _cut(ent.text, ent.start_char, TYPES[ent.label_], parse.lang_)]
    whole = _with_particles(found, text) if parse.lang_ == "en" else _with_peoples(found, text)
    named = [m for m in whole if m.text not in no_names()]
    return _of_one_mind([m._replace(type=_repaired(m, text)) for m in named])


def _with_particles(found: list[Mention], text: str) -> list[Mention]:
    """Names that the model cut at "von der" and the like, whole again."""
    whole: list[Mention] = []
    for mention in found:
        before = whole[-1] if whole else None
        between = text[before.end : mention.start].split() if before else []
        near = before is not None and "\n" not in text[before.end : mention.start] and set(between) <= PARTICLES
        if before and near and (between or before.text.split()[-1] in PARTICLES):
            whole[-1] = Mention(before.start, mention.end, text[before.start : mention.end], "person", before.title)
            continue
        lead = PARTICLES_BEFORE.search(text, max(0, mention.start - 20), mention.start)
        if lead and (mention.type == "person" or not gazetteer.named(mention.text)):
            mention = mention._replace(start=lead.start(), text=text[lead.start() : mention.end], type="person")
        whole.append(mention)
    return whole


def _with_peoples(found: list[Mention], text: str) -> list[Mention]:
    """French names of two letters or more; "les Maliens", whom the model takes for a place, are a group."""
    return [
        m._replace(type="group") if m.type == "place" and FRENCH_PEOPLE.fullmatch(_with_word_before(m, text)) else m
        for m in found
        if len(m.text) > 1
    ]


def _with_word_before(mention: Mention, text: str) -> str:
    before = text[max(0, mention.start - 5) : mention.start]
    return before[before.rstrip().rfind(" ") + 1 :].lstrip("(\n") + mention.text


def _cut(text: str, start: int, kind: EntityType, language: str) -> Iterator[Mention]:
    """The first part of a name that goes across lines or marks; without article, title, possessive and marks around."""
    if lead := BREAK.match(text):
        text, start = text[lead.end() :], start + lead.end()
    text = BREAK.split(text, maxsplit=1)[0]
    title = ""
    before = None
    while before != text:
        before = text
        text, start = _without_edges(text, start, ARTICLES[language])
        if (lead := (FRENCH_TITLES if language == "fr" else titles()).match(text)) and (
            kind == "person" or (lead.end() < len(text) and known(text[lead.end() :]))
        ):
            title = lead[0].strip()
            text, start, kind = text[lead.end() :], start + lead.end(), "person"
    if text and len(text) <= LONGEST and any(c.isupper() for c in text) and not NUMBERED.fullmatch(text):
        yield Mention(start, start + len(text), text, kind, title)


def _without_edges(text: str, start: int, articles: re.Pattern[str]) -> tuple[str, int]:
    lead = re.match(r"[^\w]+", text)
    begin = lead.end() if lead else 0
    if article := articles.match(text, begin):
        begin = article.end()
    text = text[begin:].rstrip()
    text = POSSESSIVE.sub("", text).rstrip(" \t,;:!?-–—…([{*'’‘")
    if text.endswith(".") and not ABBREVIATED.search(text):
        text = text.rstrip(".")
    return text, start + begin


def _repaired(mention: Mention, text: str) -> EntityType:
    """Tables know better than a small model what a country, a leader or a body is."""
    kind = mention.type
    if entry := known(mention.text):
        return entry.type
    if kind == "person" and len(mention.text) >= ACRONYM and mention.text.isupper() and mention.text.isalpha():
        return "organisation" if not mention.title and not gazetteer.named(mention.text) else kind
    rows = () if mention.title or kind == "place" else gazetteer.named(mention.text)
    if not rows:
        return kind
    known_place = rows[0].kind == "country" or (rows[0].kind == "region" and rows[0].wikidata is not None)
    if known_place and kind != "person":
        return "place"
    if kind == "group" or WHERE.search(text, max(0, mention.start - 12), mention.start):
        return "place"
    return "place" if kind not in ("organisation", "group") and rows[0].wikidata else kind


def _of_one_mind(found: list[Mention]) -> list[Mention]:
    """One wording has one type in a text: that of most of its mentions, the first one's at a tie."""
    votes: dict[str, Counter[EntityType]] = {}
    for mention in found:
        votes.setdefault(mention.text, Counter())[mention.type] += 1
    return [m._replace(type=votes[m.text].most_common(1)[0][0]) for m in found]
