"""The changes of an article in the terminal and as JSON: by any of its URLs, with the captures that prove them."""

import json
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from pipeline.cli import newsroom
from pipeline.cli.changed import page
from pipeline.cli.diff import changes
from pipeline.identity import article_id, version_of
from pipeline.landing import gone, history, land, see
from pipeline.ledger import batch_key, lines
from pipeline.model import CaptureRef, Document, Outcome
from pipeline.store.folder import FolderStore
from tests.documents_made_up import NOON, URL, document

RUN = "20261122T130000Z-ab12"
FIRST = """\
Crews in Solvik voted on Sunday to strike, and 300 passengers waited at the quay.
“We will not sail this winter,” Ada Holm of Nordline told the Tern. She called it a bad joke.
A spokesman declined to comment. The town has three ferries."""
SECOND = FIRST.replace("300", "400")
THIRD = SECOND.replace(" A spokesman declined to comment.", "") + "\nA new ferry comes in May."


def titled(document: Document, title: str) -> Document:
    version = version_of(title, document.text, document.authors, document.access, document.rights)
    return replace(document, title=title, version=version)


def store(folder: Path, *documents: Document) -> FolderStore:
    made = FolderStore(f"file://{folder}")
    for one in documents:
        land(made, one)
    return made


def run(store: FolderStore, *arguments: str) -> Result:
    return CliRunner().invoke(newsroom, ["diff", *arguments, "--store", store.url])


def test_diff_tells_every_change_with_its_marks(tmp_path: Path) -> None:
    kept = store(
        tmp_path, document(0, FIRST), document(60, SECOND), titled(document(120, THIRD), "Ferries stop for good")
    )
    shown = run(kept, URL).stdout
    assert "\x1b" not in shown
    words = " ".join(shown.split())
    assert "3 captures, 22 November 2026, 12:00 UTC to 22 November 2026, 14:00 UTC: 2 changes." in words
    assert "correction (number) · lead ·" in words
    assert "~ Crews in Solvik voted on Sunday to strike, and [-300-] {+400+} passengers waited at the quay." in words
    assert "update of a running story · headline, body" in words
    assert "~ Title: Ferries stop {+for good+}" in words
    assert "+ A new ferry comes in May." in words


def test_diff_names_the_captures_of_both_sides(tmp_path: Path) -> None:
    kept = store(tmp_path, document(0, FIRST), document(60, SECOND))
    ref = CaptureRef("raw/date=2026-11-22/r-001.warc.gz", 4096, 100)
    line = Outcome(
        run=RUN, batch="001", source="tern", url="https://tern.example/feed?id=7", title=None, guid=None, queued_as="7",
        digest="0", outcome="landed", stage="land", reason=None, captured_at=document(60).captured_at, capture=ref,
        id=article_id(URL),
    )  # fmt: skip
    kept.put_new(batch_key(RUN, "001"), lines([line]))
    words = " ".join(run(kept, "https://tern.example/feed?id=7").stdout.split())
    assert f"{document(0, FIRST).version} urn:uuid:00000000 {document(0, SECOND).version}" in words
    assert "urn:uuid:00000060 raw/date=2026-11-22/r-001.warc.gz at byte 4096" in words


def test_diff_as_json_has_offsets_that_hold(tmp_path: Path) -> None:
    kept = store(tmp_path, document(0, FIRST), document(60, SECOND))
    (told,) = map(json.loads, run(kept, article_id(URL), "--json").stdout.splitlines())
    assert (told["kind"], told["corrected"], told["where"]) == ("correction", ["number"], ["lead"])
    assert (told["before"]["version"], told["after"]["version"]) == (
        document(0, FIRST).version,
        document(0, SECOND).version,
    )
    ((words,),) = [edit["words"] for edit in told["edits"]]
    assert words["before"] == {"start": FIRST.index("300"), "end": FIRST.index("300") + 3, "text": "300"}
    assert words["after"]["text"] == "400"


def test_diff_goes_back_and_forth(tmp_path: Path) -> None:
    """An article that went back to what it had said changed twice."""
    kept = store(tmp_path, document(0, FIRST), document(60, SECOND))
    see(kept, document(120, FIRST))
    told = [json.loads(line) for line in run(kept, URL, "--json").stdout.splitlines()]
    versions = [(one["before"]["version"], one["after"]["version"]) for one in told]
    assert versions == [versions[0], versions[0][::-1]]
    assert told[1]["after"]["captured_at"] == "2026-11-22T14:00:00Z"
    assert told[1]["after"]["record"] is None


def test_diff_of_one_version_says_so(tmp_path: Path) -> None:
    kept = store(tmp_path, document(0, FIRST))
    assert "1 capture, 22 November 2026, 12:00 UTC: only one version, nothing changed." in run(kept, URL).stdout


def test_diff_says_that_the_page_is_gone(tmp_path: Path) -> None:
    kept = store(tmp_path, document(0, FIRST))
    for hour in (13, 14):
        gone(kept, article_id(URL), NOON.replace(hour=hour), f"urn:uuid:{hour}", "c7")
    assert "The page is gone since 22 November 2026, 13:00 UTC; its last text stays." in " ".join(
        run(kept, URL).stdout.split()
    )


def test_diff_compares_no_versions_of_two_editions(tmp_path: Path) -> None:
    kept = store(tmp_path, document(0, FIRST, edition="c7"), document(60, SECOND, edition="c8"))
    assert run(kept, URL, "--json").stdout == ""
    assert "no change within one edition" in " ".join(run(kept, URL).stdout.split())


def test_diff_of_an_unknown_article_is_an_error(tmp_path: Path) -> None:
    assert "newsroom why" in str(run(store(tmp_path), "https://tern.example/none").exception)


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_go_to_a_terminal_and_hostile_text_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    kept = store(tmp_path, document(0, FIRST), document(60, SECOND + "\nIt \x1b[2J was."))
    captures = history(kept, article_id(URL))
    page(document(60), captures, changes(kept, article_id(URL), captures), out := Terminal())
    assert "\x1b[" in out.getvalue()
    assert "\x1b[2J" not in out.getvalue()
    assert "[-300-]" not in out.getvalue()
