"""`newsroom annotate`: every input is answered, in its order, and what cannot be read is said."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ARTICLE = (
    "Ferries between Estonia and Finland stayed in port on Monday. “We regret this,” said Ann Lee, who leads the "
    "company. Thousands of passengers looked for another way across the sea, and many slept in the terminal.\n"
) * 4
HEAD = "<head><title>Ferries stay in port</title></head>"
PAGE = f"<html lang=en>{HEAD}<body><article><p>{ARTICLE}</p></article></body></html>"


def call(*words: Any, stdin: str = "") -> tuple[int, list[dict[str, Any]], str]:
    code = "from pipeline.cli import main; main()"
    words = tuple(map(str, words))
    done = subprocess.run(
        [sys.executable, "-c", code, "annotate", *words],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_annotate_files_of_every_kind_in_their_order(tmp_path: Path) -> None:
    inputs = {
        "page.html": PAGE.encode(),
        "article.txt": ARTICLE.encode(),
        "empty.txt": b"",
        "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
        "missing.html": None,
        "last.txt": ARTICLE.encode(),
    }
    for name, body in inputs.items():
        if body is not None:
            (tmp_path / name).write_bytes(body)
    status, lines, said = call(*(tmp_path / name for name in inputs))
    assert status == 1
    assert [Path(line["input_id"]).name for line in lines] == list(inputs)
    assert ["text" in line for line in lines] == [True, True, False, False, False, True]
    assert all(line["reason"] for line in lines if "text" not in line)
    assert len(said.splitlines()) == 3


def test_annotate_all_is_well_with_a_page() -> None:
    status, [document], said = call("-", stdin=PAGE)
    assert (status, said) == (0, "")
    assert document["title"] == "Ferries stay in port"
    assert (document["captured_at"], document["raw"], document["source"]) == (None, None, None)
    assert document["annotations"]["quotes"]["value"][0]["text"] == "We regret this,"


def test_annotate_json_lines_keep_their_order_and_their_ids(tmp_path: Path) -> None:
    records: list[Any] = [
        {"id": "a", "url": "https://tern.example/a", "html": PAGE, "captured_at": "2026-11-22T10:15:00Z"},
        "{no json",
        {"id": 7, "text": ARTICLE, "title": "Ferries"},
        {"id": "none"},
        {"id": "empty", "html": ""},
        {"id": "odd", "html": 5},
        {"id": None, "html": ""},
        {"id": "last", "text": ARTICLE},
    ]
    path = tmp_path / "in.jsonl"
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records))
    status, lines, said = call("--jsonl", path)
    assert [line["input_id"] for line in lines] == ["a", 2, 7, "none", "empty", "odd", 7, "last"]
    outcomes = [None, "failed", None, "failed", "rejected", "failed", "rejected", None]
    assert [line.get("outcome") for line in lines] == outcomes
    assert ["text" in line for line in lines] == [outcome is None for outcome in outcomes]
    assert lines[0]["captured_at"] == "2026-11-22T10:15:00Z"
    assert status == 1
    assert "unreadable line" in said


@pytest.mark.parametrize("words", [("https://tern.example/a",), ("http://127.0.0.1:9/",), ("https://10.0.0.8/",)])
def test_annotate_asks_no_publisher_without_a_contact(words: tuple[str, ...]) -> None:
    status, [line], said = call(*words)
    assert (status, line["reason"]) == (1, "NEWSROOM_CONTACT is not set")
    assert "NEWSROOM_CONTACT" in said
