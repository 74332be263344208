"""Runs the steps of the first task on a text, as tests ask for them."""

from typing import Any

import msgspec

from pipeline.model import Annotation
from pipeline.parse import Parser
from pipeline.steps import Reading, all_steps
from tests.documents_made_up import document

FIRST = [s for s in all_steps() if s.task == "names_and_quotes" and s.name != "language"]
PARSER = Parser()


def layers(text: str, language: str = "en") -> dict[str, Any]:
    """Layer name to plain value; the text counts as of the language however short it is."""
    made = document(text=text, layers={"language": Annotation(version=1, value={"code": language, "score": 1.0})})
    reading = Reading(made, PARSER)
    for step in FIRST:
        made.annotations[step.name] = step.annotate(reading)
    return {
        name: msgspec.to_builtins(annotation.value)
        for name, annotation in made.annotations.items()
        if annotation.value is not msgspec.UNSET
    }


def names(text: str, language: str = "en") -> dict[str, list[str]]:
    """Entity name to the words of its mentions."""
    return {e["name"]: [m["text"] for m in e["mentions"]] for e in layers(text, language)["entities"]}
