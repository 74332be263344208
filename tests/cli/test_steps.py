"""`newsroom steps` lists every step, in sequence."""

import json

import pytest
from click.testing import CliRunner

from pipeline import config, seeds
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
    assert [line.split()[0] for line in lines] == ["clean", *NAMES]


def test_steps_json_says_what_each_declares() -> None:
    rows = {
        row["step"]: row
        for row in map(json.loads, CliRunner().invoke(newsroom, ["steps", "--json"]).stdout.splitlines())
    }
    assert list(rows) == ["clean", *NAMES]
    assert rows["clean"]["version"] == rules.RULES
    assert rows["topics"]["task"] == "topics"
    assert rows["signature"]["languages"] is None
    assert rows["summary"]["needs"] == ["sentences", "quotes"]
    assert all(row["version"] >= 1 for row in rows.values())


def layers(**other: Annotation) -> dict[str, Annotation]:
    """Every layer as the installed step would make it, but for some."""
    parser = Parser()
    return {
        step.name: Annotation(
            version=step.version,
            model=step.model_of(parser, "en"),
            tables=seeds.digest(step.tables),
            value=[],
        )
        for step in all_steps()
    } | other


@pytest.fixture
def landed(folder_store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> FolderStore:
    """Six documents, one of the day after.

    All is as it should be, a layer is of an older version, of another model, of other tables, missing.
    """
    monkeypatch.setattr(rules, "RULES", 7)
    missing = layers()
    del missing["places"]
    old, other = Annotation(version=0, value=[]), Annotation(version=1, model="another", value=[])
    tables = Annotation(version=1, tables="00000000", value=[])
    made = [layers(), layers(places=old), layers(topics=other), layers(dates=tables), missing, layers(places=old)]
    for number, one in enumerate(made):
        minute = 24 * 60 if number == 5 else 0
        land(folder_store, document(minute, url=f"https://tern.example/news/{number}-day", layers=one))
    publish_articles(folder_store, {key.key.split("/")[2] for key in folder_store.keys("documents/")})
    return folder_store


def test_steps_counts_stale_documents_by_day(landed: FolderStore) -> None:
    said = CliRunner().invoke(newsroom, ["steps", "--store", landed.url]).stdout.splitlines()
    counts = {line.split()[0]: line.split()[-1] for line in said[1:-3]}
    assert {name: count for name, count in counts.items() if count != "0"} == {
        "places": "3",
        "topics": "1",
        "dates": "1",
    }
    assert said[-3:] == [
        "2026-11-22: 4 of 5 documents are stale: dates 1, places 2, topics 1",
        "2026-11-23: 1 of 1 documents are stale: places 1",
        "6 documents, 5 of them stale: `newsroom replay --date 2026-11-22 --to 2026-11-23` makes them anew",
    ]


def test_steps_json_counts_stale_documents_by_day(landed: FolderStore) -> None:
    said = CliRunner().invoke(newsroom, ["steps", "--json", "--store", landed.url]).stdout.splitlines()
    rows = {row["step"]: row for row in map(json.loads, said)}
    assert rows["places"]["stale"] == 3
    assert rows["places"]["days"] == {"2026-11-22": 2, "2026-11-23": 1}
    assert (rows["clean"]["stale"], rows["clean"]["days"]) == (0, {})


def test_steps_counts_documents_of_older_rules(landed: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "RULES", 8)
    said = CliRunner().invoke(newsroom, ["steps", "--store", landed.url]).stdout.splitlines()
    assert said[-3] == "2026-11-22: 5 of 5 documents are stale: clean 5, dates 1, places 2, topics 1"


def test_steps_lists_them_where_no_store_is(folder_store: FolderStore) -> None:
    folder_store.put("tables/documents/_delta_log/00000000000000000000.json", b"not a table")
    done = CliRunner().invoke(newsroom, ["steps", "--json", "--store", folder_store.url])
    assert [json.loads(line)["stale"] for line in done.stdout.splitlines()] == [None] * (len(NAMES) + 1)
    assert done.stderr.startswith("newsroom: how many documents are stale is not known: file:")


@pytest.mark.parametrize(
    ("made_by", "expected"),
    [(None, True), ("2 m 1", False), ("1 m 1", True), ("2 m 2", True), ("2", True), ("3 m 9", False)],
)
def test_steps_a_layer_is_stale_by_version_or_model(made_by: str | None, expected: bool) -> None:
    assert is_stale(made_by, 2, {"2 m 1"}) is expected


def test_steps_a_layer_says_the_tables_it_was_made_with_where_it_read_them() -> None:
    entities = next(step for step in all_steps() if step.name == "entities")
    model, tables = Parser().model("en"), seeds.digest(entities.tables)
    assert f"1 {model} tables {tables}" in entities.made_by(Parser())
    assert "1" in entities.made_by(Parser()), "of a text in a language that it does not know"


def test_steps_says_which_model_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "settings", lambda: config.read({"NEWSROOM_SPACY_MODEL": "no_such_model"}))
    error = CliRunner().invoke(newsroom, ["steps"]).exception
    assert str(error).startswith("the spaCy model no_such_model is not installed: ")
