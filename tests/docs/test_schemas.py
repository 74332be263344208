"""The published schemas are those of the code, and what the pipeline writes holds to them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from pipeline.documents import encode
from pipeline.ledger import Run, SourceSum
from pipeline.model import Annotation, Outcome
from pipeline.parse import Parser
from pipeline.steps import Reading, all_steps
from tests.documents_made_up import NOON, document
from tests.rows_made_up import LAYERS, annotated, outcome

DOCS = Path(__file__).resolve().parents[2] / "docs"

NEWS = """“We will stop at noon,” said Ada Holm, who speaks for the ferry crews in Oslo, Norway.

The Baltic Line had offered them two per cent on Tuesday. “That is no offer,” Ms Holm told reporters."""


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((DOCS / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def errors(name: str, body: bytes) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(json.loads(body))]


def test_schemas_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, DOCS / "build.py", "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_schemas_say_that_a_page_is_out_of_date(tmp_path: Path) -> None:
    build = tmp_path / "docs" / "build.py"
    build.parent.mkdir()
    build.write_text((DOCS / "build.py").read_text(encoding="utf-8"))
    (tmp_path / "pipeline").symlink_to(DOCS.parent / "pipeline")
    (tmp_path / "seeds").symlink_to(DOCS.parent / "seeds")
    done = subprocess.run([sys.executable, build, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "document.schema.json is out of date: run `python docs/build.py`" in done.stderr


@pytest.mark.parametrize("made", [document(), annotated(), annotated(edition="f7")])
def test_schemas_hold_for_documents(made: Any) -> None:
    assert errors("document.schema.json", encode(made)) == []


def test_schemas_hold_for_what_every_step_makes() -> None:
    made, parser = document(text=NEWS, layers={}), Parser()
    for step in all_steps():
        layers = {**made.annotations, step.name: step.annotate(Reading(made, parser))}
        made = msgspec.structs.replace(made, annotations=layers)
    assert made.annotations
    assert errors("document.schema.json", encode(made)) == []


@pytest.mark.parametrize(
    ("layer", "value"),
    [
        ("language", {"code": "en"}),
        ("sentences", [[0, 5]]),
        ("entities", [{"id": "e1", "name": "Oslo", "type": "town", "mentions": []}]),
        ("places", [{"entity": "e1", "name": "Oslo", "country": "NO", "lat": "59.9", "lon": 10.7}]),
        ("quotes", [{"start": 1, "end": 3, "text": "We", "kind": "indirect"}]),
        ("topics", [{"id": "medtop:1", "score": 0.5}]),
        ("keyphrases", ["ferry"]),
        ("summary", [{"start": 0, "end": 5}]),
        ("signature", {"hash": 1}),
    ],
)
def test_schemas_refuse_a_layer_of_another_shape(layer: str, value: Any) -> None:
    wrong = document(layers={**LAYERS, layer: Annotation(version=1, value=value)})
    assert any(line.startswith(f"$.annotations.{layer}") for line in errors("document.schema.json", encode(wrong)))


def test_schemas_want_a_value_or_the_unknown_language() -> None:
    assert errors("document.schema.json", encode(document(layers={"topics": Annotation(version=1)})))
    assert not errors(
        "document.schema.json", encode(document(layers={"topics": Annotation(version=1, unsupported="xx")}))
    )
    assert not errors("document.schema.json", encode(document(layers={"mood": Annotation(version=1, value="any")})))


def test_schemas_hold_for_ledger_lines_and_runs() -> None:
    run = "20261122T101500Z-ab12"
    line: Outcome = outcome(run, 1, captured_at=NOON, ms={"clean": 26})
    assert errors("ledger.schema.json", msgspec.json.encode(line)) == []
    assert errors("ledger.schema.json", msgspec.json.encode(line).replace(b'"landed"', b'"lost"'))
    sums = Run(run=run, trigger="cli", started_at=NOON, entries=1, outcomes={"landed": 1}, sources={"t": SourceSum()})
    assert errors("run.schema.json", msgspec.json.encode(sums)) == []
