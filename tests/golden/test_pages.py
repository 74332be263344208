"""The golden pairs: the demo's pages give the documents of pages.json. `make golden` writes them anew."""

import json
from typing import Any

import pytest

from tests.golden.pages import GOLDEN, pairs, written

EXPECTED: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else []
ARTICLES = [each for each in EXPECTED if "document" in each]


def name(pair: dict[str, Any]) -> str:
    return f"{pair['now']} {pair['page']}"


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, Any]]:
    return {name(pair): json.loads(written(pair)) for pair in pairs()}


def test_golden_pages_are_all_there(made: dict[str, dict[str, Any]]) -> None:
    assert list(made) == [name(pair) for pair in EXPECTED]


@pytest.mark.parametrize("expected", EXPECTED, ids=name)
def test_golden_page_gives_its_document(expected: dict[str, Any], made: dict[str, dict[str, Any]]) -> None:
    found, layers = made[name(expected)], expected.get("document", {}).get("annotations", {})
    for layer, annotation in layers.items():
        assert found["document"]["annotations"].get(layer) == annotation, layer
    assert found == expected


@pytest.mark.parametrize("expected", ARTICLES, ids=name)
def test_golden_document_misses_no_layer(expected: dict[str, Any]) -> None:
    assert expected["missing"] == {}


def test_golden_pages_hold_articles_and_what_is_none() -> None:
    assert {pair["outcome"] for pair in EXPECTED if "outcome" in pair} == {
        "Rejected: consent wall",
        "Rejected: paywall stub",
        "Rejected: soft 404",
    }
    assert len(ARTICLES) >= 20


def test_golden_file_is_small() -> None:
    assert GOLDEN.stat().st_size < 1_000_000
