"""Writes the pages of docs/ that code knows better than a person; `--check` fails where one is out of date."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from pipeline.config import SETTINGS  # noqa: E402 - the checkout is on the path only now
from pipeline.layers import LAYERS  # noqa: E402
from pipeline.ledger import Run  # noqa: E402
from pipeline.model import Document, Outcome, Source  # noqa: E402

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


def configuration() -> str:
    """The settings and the keys of the sources file."""
    from pipeline.sources.declared import SOURCE_KEYS

    settings = "".join(f"| `{one.name}` | {one.default} | {one.what} |\n" for one in SETTINGS)
    keys = "".join(f"| `{name}` | {default_of(name)} | {what} |\n" for name, what in SOURCE_KEYS.items())
    return CONFIGURATION.format(settings=settings, keys=keys)


def default_of(name: str) -> str:
    field = next(field for field in msgspec.structs.fields(Source) if field.encode_name == name)
    if field.required:
        return "required"
    return "none" if not field.default else f"`{msgspec.json.encode(field.default).decode()}`"


CONFIGURATION = """# Configuration

Written by `make docs` from the code. The environment is read in one place, `pipeline/config.py`; an empty value is
none.

## Settings

| variable | where it is not given | what it is |
|---|---|---|
{settings}
`make run` remembers its store in `var/run.env`, which its owner alone can read, so that a plain `newsroom` in another
terminal finds it. A variable of the environment goes before it, `--store` and `--sources` before both.

## The sources file

Tables `[[source]]` of a TOML file, as in `seeds/sources.toml`. An unknown key or a bad value is an error that names
file, source and key: `newsroom sources check` fails on it, a run leaves that source out and takes the others.

| key | default | what it is |
|---|---|---|
{keys}
In Airflow `auth` may name a connection; its login and password are sent to the source's own host alone.
"""


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


GENERATORS: dict[str, Callable[[], str]] = {
    "configuration.md": configuration,
    "document.schema.json": document_schema,
    "ledger.schema.json": lambda: as_json(schema(Outcome, "Newsroom ledger line")[0]),
    "run.schema.json": lambda: as_json(schema(Run, "Newsroom run (run.json)")[0]),
}
"""File of docs/ to what writes it."""


def main(arguments: list[str]) -> int:
    stale = {name: text for name, write in GENERATORS.items() if not is_current(name, text := write())}
    if arguments == ["--check"]:
        for name in stale:
            print(f"docs/{name} is out of date: run `python docs/build.py`", file=sys.stderr)
        return int(bool(stale))
    for name, text in stale.items():
        (DOCS / name).write_text(text, encoding="utf-8")
        print(f"docs/{name} written")
    return 0


def is_current(name: str, text: str) -> bool:
    path = DOCS / name
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
