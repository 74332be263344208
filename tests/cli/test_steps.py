"""`newsroom steps` lists every step, in sequence."""

import json

from click.testing import CliRunner

from pipeline.cli import newsroom
from pipeline.steps import all_steps

NAMES = [step.name for step in all_steps()]


def test_steps_lists_them_in_sequence() -> None:
    head, *lines = CliRunner().invoke(newsroom, ["steps"]).stdout.splitlines()
    assert head.split() == ["step", "version", "task", "languages", "needs", "model", "tables"]
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
