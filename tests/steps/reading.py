"""Runs the steps of the first task on a text, as tests ask for them."""

from typing import Any

import msgspec

from pipeline.parse import Parser
from pipeline.steps import Reading, all_steps
from tests.documents_made_up import document

FIRST = [s for s in all_steps() if s.task == "names_and_quotes" and s.name != "language"]
PARSER = Parser()


def layers(text: str) -> dict[str, Any]:
    """Layer name to plain value; the text counts as English however short it is."""
    made = document(text=text)
    reading = Reading(made, PARSER)
    for step in FIRST:
        made.annotations[step.name] = step.annotate(reading)
    return {name: msgspec.to_builtins(annotation.value) for name, annotation in made.annotations.items()}


def names(text: str) -> dict[str, list[str]]:
    """Entity name to the words of its mentions."""
    return {e["name"]: [m["text"] for m in e["mentions"]] for e in layers(text)["entities"]}
