"""An article in the terminal: found by id, any URL, or in a file; for a person to read; hostile text does nothing."""

import json
import re
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from pipeline.cli import newsroom
from pipeline.cli.reader import page, visible
from pipeline.documents import decode, encode, key_of
from pipeline.errors import StoreError
from pipeline.landing import gone, land
from pipeline.ledger import lines
from pipeline.model import Annotation, Document, Outcome
from pipeline.store.folder import FolderStore
from tests.documents_made_up import NOON, URL, document

TEXT = """\
Crews in Solvik voted to strike.
“We will not sail,” Ada Holm of Nordline told the Tern. She called it “a bad joke”."""


def span(words: str) -> dict[str, object]:
    start = TEXT.index(words)
    return {"start": start, "end": start + len(words), "text": words}


def entity(name: str, kind: str, number: int) -> dict[str, object]:
    return {"id": f"e{number}", "name": name, "type": kind, "mentions": [span(name)]}


LAYERS = {
    "entities": [entity("Ada Holm", "person", 1), entity("Solvik", "place", 2), entity("Nordline", "organisation", 3)],
    "quotes": [
        {**span("We will not sail,"), "kind": "direct", "speaker": {"entity": "e1", **span("Ada Holm")}},
        {**span("a bad joke"), "kind": "partial", "speaker": None},
    ],
    "topics": [{"id": "medtop:09000000", "name": "labour", "score": 0.81}],
    "keyphrases": [{**span("strike"), "score": 1.0}],
    "summary": [span("Crews in Solvik voted to strike.")],
}


def annotated(text: str = TEXT, **changes: object) -> Document:
    layers = {name: Annotation(version=1, value=value) for name, value in LAYERS.items()}
    return replace(document(text=text, layers=layers), **changes)


DEEP = b'{"annotations": {"x": {"version": 1, "value": ' + b"[" * 200_000 + b"]" * 200_000 + b"}}}"


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(newsroom, ["show", *arguments], input=stdin)


def test_show_says_who_says_what() -> None:
    shown = run("-", stdin=encode(annotated())).stdout
    assert "▸ Crews in Solvik voted to strike." in shown
    assert "“We will not sail,” [Ada Holm] Ada Holm of Nordline told the Tern." in " ".join(shown.split())
    assert "“a bad joke” [speaker unknown]." in " ".join(shown.split())
    listed = dict(re.findall(r"^(\w+(?: \w+)?)  +(.*\S)", shown, re.MULTILINE))
    assert listed["People"] == "Ada Holm"
    assert listed["Places"] == "Solvik"
    assert listed["Organisations"] == "Nordline"
    assert listed["Topics"] == "labour 0.81"
    assert listed["Keyphrases"] == "strike"
    assert "\x1b" not in shown


def test_show_heads_with_outlet_date_and_access() -> None:
    shown = run("-", stdin=encode(annotated(site_name="The Tern", access="metered", form="live blog"))).stdout
    head = "The Tern · Sunday, 22 November 2026, 12:00 UTC · Ada Holm · metered · live blog"
    assert shown.startswith(f"Ferries stop\n{head}\n{URL}")


def test_show_says_since_when_a_page_is_gone(folder_store: FolderStore) -> None:
    land(folder_store, annotated())
    assert "Gone" not in run(URL, "--store", folder_store.url).output
    for hours in (1, 5):
        gone(folder_store, annotated().id, NOON + timedelta(hours=hours), f"urn:uuid:{hours}", "c7")
    assert run(URL, "--store", folder_store.url).stdout.startswith("Gone since 2026-11-22 13:00 UTC")
    told = run(URL, "--json", "--store", folder_store.url)
    assert decode(told.stdout.encode()) == annotated()
    assert "Gone since" in told.stderr


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("1", False)])
def test_show_colours_on_a_terminal_where_colours_are_wanted(
    no_color: str | None, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", no_color)
    terminal = Terminal()
    page(annotated(), terminal)
    assert ("\x1b[1;32mAda Holm\x1b[0m" in terminal.getvalue()) is coloured


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b]0;owned\x07\x1b[2J",
        "\x9b31m",
        "[bold red]x[/bold red] [/nothing]",
        ":smile:",
        "a\u202eb\u2066c",
        "\r\x08\x00",
    ],
)
def test_show_prints_hostile_text_as_text(hostile: str) -> None:
    layers = {"entities": Annotation(version=1, value=[{**entity("Ada Holm", "person", 1), "name": hostile}])}
    nasty = annotated(hostile + TEXT, title=hostile, url=hostile, annotations=layers)
    terminal = Terminal()
    page(nasty, terminal)
    shown = run("-", stdin=encode(nasty)).stdout
    assert not set(shown) & set("\x1b\x9b\x07\r\x08\x00\u202e\u2066")
    assert not set(re.sub(r"\x1b\[[\d;]*m", "", terminal.getvalue())) & set("\x1b\x9b\x07\r\x08\x00\u202e\u2066")
    assert visible(hostile).splitlines()[0][:20] in shown


def test_show_visible_keeps_offsets_and_joined_emoji() -> None:
    family = "👩\u200d👧 \x00é\n"
    assert visible(family) == "👩\u200d👧 \ufffdé\n"


def test_show_prints_the_documents_of_a_file_and_says_what_is_none(tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    refused = b'{"input_id":7,"outcome":"rejected","reason":"too short"}\n'
    named = b'{"input_id":8,' + encode(annotated(title="Second"))[1:]
    file.write_bytes(encode(annotated()) + b"\n\n" + refused + named)
    result = run(str(file))
    assert result.exit_code == 0
    assert result.stdout.index("Ferries stop") < result.stdout.index("Second")
    assert result.stderr == f"newsroom: {file}: line 3: 7: rejected: too short\n"


def test_show_json_is_the_document() -> None:
    assert decode(run("-", "--json", stdin=encode(annotated())).stdout.encode()) == annotated()


def test_show_finds_a_landed_article_by_id_and_by_url(folder_store: FolderStore) -> None:
    made = annotated()
    land(folder_store, made)
    for name in (made.id, URL, URL.replace("https://", "http://www.") + "?utm_source=feed#top"):
        shown = run(name, "--store", folder_store.url, "--json")
        assert json.loads(shown.stdout)["id"] == made.id, name


def test_show_finds_an_article_by_the_url_that_it_was_offered_under(folder_store: FolderStore) -> None:
    made, offered = annotated(), "https://short.example/x7"
    land(folder_store, made)
    line = Outcome(
        run="20261122T120000Z-ab12",
        batch="000",
        source="tern",
        url=offered,
        title=None,
        guid=None,
        queued_as=offered,
        digest="d",
        outcome="landed",
        stage="land",
        reason=None,
        captured_at=NOON,
        id=made.id,
    )
    folder_store.put("ledger/date=2026-11-22/20261122T120000Z-ab12/000.jsonl", lines([line]))
    assert json.loads(run(offered, "--store", folder_store.url, "--json").stdout)["id"] == made.id


@pytest.mark.parametrize(
    ("name", "stdin", "said"),
    [
        ("https://tern.example/none", None, "has no article https://tern.example/none"),
        ("00000000000000000000", None, "has no article 0000"),
        ("-", b"<html>", "stdin: line 1 is no document"),
        ("-", b'{"id": 1}', "stdin: line 1 is no document"),
        ("-", DEEP, "stdin: line 1 is no document of `newsroom annotate`: JSON that is nested too deep"),
        (
            "-",
            encode(annotated(annotations={"quotes": Annotation(version=1, value=[{"start": "x"}])})),
            "layer quotes is not of its shape",
        ),
    ],
)
def test_show_says_in_one_line_what_is_wrong(
    name: str, stdin: bytes | None, said: str, folder_store: FolderStore
) -> None:
    result = run(name, "--store", folder_store.url, stdin=stdin)
    assert result.exit_code == 1
    assert said in str(result.exception)
    assert "\n" not in str(result.exception)


def test_show_survives_offsets_beyond_the_text() -> None:
    assert "Short." in run("-", stdin=encode(annotated("Short."))).stdout


def test_show_names_the_layers_that_do_not_read_the_language() -> None:
    layers = {"entities": Annotation(version=1, unsupported="sw"), "quotes": Annotation(version=1, unsupported="sw")}
    shown = run("-", stdin=encode(annotated(annotations=layers))).stdout
    assert re.search(r"Not read +entities, quotes: not in this language", shown)


@pytest.mark.parametrize(
    ("body", "said"), [(DEEP, "nested too deep"), (b"{", "truncated"), (b'{"id": "\xff"}', "utf-8")]
)
def test_show_names_the_key_of_what_is_no_document(body: bytes, said: str, folder_store: FolderStore) -> None:
    made = annotated()
    folder_store.put(key := str(key_of(made)), body)
    result = run(made.id, "--store", folder_store.url)
    assert result.exit_code == 1
    assert isinstance(result.exception, StoreError)
    assert re.fullmatch(rf"{folder_store.url}: {key} is no document: .*{said}.*", str(result.exception))
