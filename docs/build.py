"""Writes the pages of docs/ that code knows better than a person; `--check` fails where one is out of date."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from pipeline.layers import LAYERS  # noqa: E402 - the checkout is on the path only now
from pipeline.ledger import Run  # noqa: E402
from pipeline.model import Document, Outcome  # noqa: E402

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(record: type, title: str, *more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The JSON Schema of a record, and of the types beside it; definitions are in the first."""
    (found, *others), definitions = msgspec.json.schema_components((record, *more), ref_template="#/$defs/{name}")
    for definition in definitions.values():
        for name, shape in definition.get("properties", {}).items():
            if name.endswith("_at"):  # all our moments are UTC, which msgspec's schema does not say
                shape.get("anyOf", [shape])[0]["format"] = "date-time"
    return {"$schema": DIALECT, "title": title, **found, "$defs": definitions}, others


def document_schema() -> str:
    """A document; each layer that has a known shape is spelled out, others may have any value."""
    found, shapes = schema(Document, "Newsroom document", *LAYERS.values())
    definitions = found["$defs"]
    annotation = definitions["Annotation"]
    annotation["oneOf"] = [{"required": ["value"]}, {"required": ["unsupported"]}]
    layers = {
        name: {"allOf": [{"$ref": "#/$defs/Annotation"}], "properties": {"value": shape}}
        for name, shape in zip(LAYERS, shapes, strict=True)
    }
    definitions["Document"]["properties"]["annotations"] = {
        "type": "object",
        "properties": layers,
        "additionalProperties": {"$ref": "#/$defs/Annotation"},
    }
    return as_json(found)


def ledger_schema() -> str:
    return as_json(schema(Outcome, "Newsroom ledger line")[0])


def run_schema() -> str:
    return as_json(schema(Run, "Newsroom run (run.json)")[0])


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


GENERATORS: dict[str, Callable[[], str]] = {
    "document.schema.json": document_schema,
    "ledger.schema.json": ledger_schema,
    "run.schema.json": run_schema,
}
"""File of docs/ to what writes it."""


def main(arguments: list[str]) -> int:
    stale = [name for name, write in GENERATORS.items() if not is_current(name, write())]
    if arguments == ["--check"]:
        for name in stale:
            print(f"docs/{name} is out of date: run `python docs/build.py`", file=sys.stderr)
        return int(bool(stale))
    for name in stale:
        (DOCS / name).write_text(GENERATORS[name](), encoding="utf-8")
        print(f"docs/{name} written")
    return 0


def is_current(name: str, text: str) -> bool:
    path = DOCS / name
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
