"""`newsroom steps` lists every step, in sequence."""

import json

import pytest
from click.testing import CliRunner

from pipeline import config
from pipeline.clean import rules
from pipeline.cli import newsroom
from pipeline.landing import land
from pipeline.model import Annotation
from pipeline.parse import Parser
from pipeline.steps import all_steps, is_stale
from pipeline.store.folder import FolderStore
from pipeline.tables import publish_articles
from tests.documents_made_up import document

NAMES = [step.name for step in all_steps()]


def test_steps_lists_them_in_sequence(folder_store: FolderStore) -> None:
    said = CliRunner().invoke(newsroom, ["steps", "--store", folder_store.url]).stdout
    head, *lines, _ = said.splitlines()
    assert head.split() == ["step", "version", "task", "languages", "needs", "model", "tables", "stale"]
    assert [line.split()[0] for line in lines] == NAMES


def test_steps_json_says_what_each_declares() -> None:
    rows = {
        row["step"]: row
        for row in map(json.loads, CliRunner().invoke(newsroom, ["steps", "--json"]).stdout.splitlines())
    }
    assert list(rows) == NAMES
    assert rows["topics"]["task"] == "topics"
    assert rows["signature"]["languages"] is None
    assert rows["summary"]["needs"] == ["sentences", "quotes"]
    assert all(row["version"] >= 1 for row in rows.values())


def layers(**other: Annotation) -> dict[str, Annotation]:
    """Every layer as the installed step would make it, but for some."""
    parser = Parser()
    return {
        step.name: Annotation(version=step.version, model=step.model_of(parser, "en"), value=[]) for step in all_steps()
    } | other


@pytest.fixture
def landed(folder_store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> FolderStore:
    """Four documents: all is as it should be, a layer is of an older version, of another model, missing."""
    monkeypatch.setattr(rules, "RULES", 7)
    missing = layers()
    del missing["places"]
    old, other = Annotation(version=0, value=[]), Annotation(version=1, model="another", value=[])
    for number, made in enumerate([layers(), layers(places=old), layers(topics=other), missing]):
        land(folder_store, document(number, url=f"https://tern.example/news/{number}-day", layers=made))
    publish_articles(folder_store, {key.key.split("/")[2] for key in folder_store.keys("documents/")})
    return folder_store


def test_steps_counts_stale_documents(landed: FolderStore) -> None:
    said = CliRunner().invoke(newsroom, ["steps", "--store", landed.url]).stdout.splitlines()
    counts = {line.split()[0]: line.split()[-1] for line in said[1:-1]}
    assert {name for name, count in counts.items() if count != "0"} == {"places", "topics"}
    assert (counts["places"], counts["topics"]) == ("2", "1")
    assert said[-1] == (
        "4 documents, 3 stale by their layers, 0 by their cleaning rules: "
        "`newsroom replay --date 2026-11-22` makes them anew"
    )


def test_steps_counts_documents_of_older_rules(landed: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "RULES", 8)
    said = CliRunner().invoke(newsroom, ["steps", "--store", landed.url]).stdout.splitlines()
    assert "4 by their cleaning rules" in said[-1]


def test_steps_lists_them_where_no_store_is(folder_store: FolderStore) -> None:
    folder_store.put("tables/documents/_delta_log/00000000000000000000.json", b"not a table")
    done = CliRunner().invoke(newsroom, ["steps", "--json", "--store", folder_store.url])
    assert [json.loads(line)["stale"] for line in done.stdout.splitlines()] == [None] * len(NAMES)
    assert done.stderr.startswith("newsroom: how many documents are stale is not known: file:")


@pytest.mark.parametrize(
    ("made_by", "expected"),
    [(None, True), ("2 m 1", False), ("1 m 1", True), ("2 m 2", True), ("2", True), ("3 m 9", False)],
)
def test_steps_a_layer_is_stale_by_version_or_model(made_by: str | None, expected: bool) -> None:
    assert is_stale(made_by, 2, {"m 1"}) is expected


def test_steps_says_which_model_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "settings", lambda: config.read({"NEWSROOM_SPACY_MODEL": "no_such_model"}))
    error = CliRunner().invoke(newsroom, ["steps"]).exception
    assert str(error).startswith("the spaCy model no_such_model is not installed: ")
