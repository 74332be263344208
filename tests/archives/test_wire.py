"""Damaged files of agencies cost their damaged items; every file of the evaluation data gives an answer for each."""

import gzip
import json
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.archives import format_of, wire
from pipeline.archives.pieces import NOT_CLOSED
from pipeline.archives.places import opened
from pipeline.clean.worker import Page
from pipeline.errors import EntryError, Failed, Rejected
from pipeline.web.coding import MOST_BYTES
from tests.archives import test_newsml, test_ninjs, test_nitf
from tests.archives.exports import answers, cleaned, file_of, pages, reasons
from tests.shared import shared

WHOLE = {
    "newsml-g2": test_newsml.message(*(test_newsml.item(guid=f"urn:tern:{number}") for number in range(20))),
    "newsml 1": test_newsml.ONE,
    "nitf": test_nitf.nitf(),
    "ninjs": json.dumps([test_ninjs.ONE | {"uri": f"urn:tern:{number}"} for number in range(20)]),
}


def test_wire_packed_file_is_the_same(tmp_path: Path) -> None:
    plain = pages(wire, file_of(tmp_path, "a.xml", WHOLE["newsml-g2"]))
    assert format_of("b.xml.gz") == "wire"
    packed = pages(wire, file_of(tmp_path, "b.xml.gz", gzip.compress(WHOLE["newsml-g2"].encode())))
    assert [page.entry for page in packed] == [page.entry for page in plain]
    assert len(plain) == 20


def test_wire_items_of_a_cut_file_are_read_up_to_the_cut(tmp_path: Path) -> None:
    for name in ("newsml-g2", "ninjs"):
        file = file_of(tmp_path, "a", WHOLE[name][: len(WHOLE[name]) * 3 // 4])
        assert 13 < len(pages(wire, file)) < 17
        assert reasons(wire, file)[0] == NOT_CLOSED


def test_wire_item_too_large_costs_itself(tmp_path: Path) -> None:
    large = test_newsml.item(guid="urn:tern:large").replace("<p>", "<p>" + "a " * (MOST_BYTES // 2), 1)
    file = file_of(tmp_path, "a.xml", test_newsml.message(test_newsml.item(), large, test_newsml.item()))
    assert len(pages(wire, file)) == 2
    assert reasons(wire, file) == ["too large: more than 10 MB"]


def test_wire_of_a_changed_file_is_not_taken_for_another(tmp_path: Path) -> None:
    file = file_of(tmp_path, "a.xml", test_newsml.message(test_newsml.item()))
    items = list(wire.index(file))
    file = file_of(tmp_path, "a.xml", test_newsml.message(test_newsml.item().replace("keeps", "loses")))
    assert str(next(wire.read(file, items, "a"))).startswith("archive has changed: file:///")


def test_wire_broken_json_is_named(tmp_path: Path) -> None:
    said = '[{"uri": "a", "title": "b", "x": tru}, {"uri": "a", "type": "picture"}]'
    broken, picture = reasons(wire, file_of(tmp_path, "a.json", said))
    assert broken.startswith("broken JSON: ")
    assert picture == "not text: picture"


def test_wire_stray_quote_between_items_costs_none(tmp_path: Path) -> None:
    rows = [json.dumps(test_ninjs.ONE | {"uri": f"urn:tern:{number}"}) for number in range(3)]
    assert len(pages(wire, file_of(tmp_path, "a.json", "\n".join([rows[0], '"', *rows[1:]])))) == 3


def test_wire_open_comment_in_cdata_costs_no_other_item(tmp_path: Path) -> None:
    odd = test_newsml.item(guid="urn:tern:odd").replace("<p>", "<p><![CDATA[<!-- ]]>", 1)
    rows = [odd, *(test_newsml.item(guid=f"urn:tern:{number}") for number in range(3))]
    assert len(pages(wire, file_of(tmp_path, "a.xml", test_newsml.message(*rows)))) == 4


def test_wire_json_nested_deep_is_named(tmp_path: Path) -> None:
    (found,) = reasons(wire, file_of(tmp_path, "a.json", '{"uri": ' + "[" * 200_000 + "]" * 200_000 + "}"))
    assert found.startswith("broken JSON: ")


@pytest.mark.parametrize("name", ["newsml-g2", "ninjs"])
def test_wire_damage_costs_few(tmp_path: Path, name: str) -> None:
    chance = random.Random(11)
    for _ in range(25):
        content = bytearray(WHOLE[name].encode())
        content[chance.randrange(len(content))] = chance.randrange(256)
        found = answers(wire, file_of(tmp_path, "a", bytes(content)))
        guids = {answer.entry.guid for _, answer in found if isinstance(answer, Page)}
        # An XML item stands by itself; a bracket or quotation mark of JSON may be that of the whole list.
        assert len(guids & {f"urn:tern:{number}" for number in range(20)}) >= (18 if name == "newsml-g2" else 0)
        assert len(found) >= 1


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(WHOLE)), st.lists(st.tuples(st.integers(0, 40_000), st.binary(max_size=6)), max_size=6))
def test_wire_never_fails_on_what_it_is_given(tmp_path: Path, name: str, damage: list[tuple[int, bytes]]) -> None:
    content = bytearray(WHOLE[name].encode())
    for at, junk in damage:
        content[at % len(content) : at % len(content) + len(junk) // 2] = junk
    assert answers(wire, file_of(tmp_path, "a", bytes(content)))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text("<>&;\"'[]{}:/!-? anewsItmgu", max_size=80).map(str.encode))
@example(b"\x1f\x8b")
@example(b"\x28\xb5\x2f\xfd")
@example(b"\xff\xfe<")
def test_wire_takes_any_bytes(tmp_path: Path, content: bytes) -> None:
    assert answers(wire, file_of(tmp_path, "a", content))


@pytest.mark.shared
def test_wire_has_an_answer_for_every_file_of_other_agencies() -> None:
    root = shared("data/B_wire_formats")
    documents, outcomes = 0, list[EntryError]()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        file = opened(path.as_uri(), path.relative_to(root).as_posix())
        assert file
        items = list(wire.index(file))
        for answer in wire.read(file, items, "tern-archive"):
            try:
                documents += bool(cleaned(answer).text) if isinstance(answer, Page) else 0
            except EntryError as error:
                outcomes.append(error)
            if isinstance(answer, EntryError):
                outcomes.append(answer)
    assert documents >= 73
    assert not [error for error in outcomes if isinstance(error, Failed)]
    kinds = {error.reason.partition(":")[0] for error in outcomes if isinstance(error, Rejected)}
    assert kinds == {"not text", "no news item", "no text in the item", "withheld by its publisher", "too short"}
