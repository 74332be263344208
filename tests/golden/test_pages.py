"""The golden pairs: the demo's pages give the documents of pages.json. `make golden` writes them anew."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from pipeline.config import moment
from pipeline.local.demo_site import as_of, outlets
from tests.golden.pages import GOLDEN, pairs, written

EXPECTED: list[dict[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else []
ARTICLES = [each for each in EXPECTED if "document" in each]
WRITTEN = {(outlet.address(each), each.page): each for outlet in outlets() for each in outlet.articles}
FURNITURE = (
    "Sign up",
    "Sign Up",
    "Advertisement",
    "Read more",
    "Story continues",
    "Share",
    "Photograph:",
    "Recommended",
)


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


@pytest.mark.parametrize("expected", ARTICLES, ids=name)
def test_golden_text_is_the_article_whole_and_nothing_of_the_site(expected: dict[str, Any]) -> None:
    """The golden file itself is held to what the demo's files say: writing it anew can't make a fault the rule."""
    document = expected["document"]
    article = WRITTEN.get((urlsplit(document["url"]).path, "page.html"))
    assert article, "a page that is no article landed"
    source = as_of(article, moment(expected["now"])).body.split("\n\n")
    prose = [paragraph.removeprefix("## ") for paragraph in source if not paragraph.startswith("<")]
    lines = document["text"].split("\n")
    assert [line for line in lines if line in prose] == prose
    assert [line for line in lines if line.startswith(FURNITURE)] == []
    assert document["authors"] == list(article.authors)
    assert document["section"] == article.section
    assert document["access"] == article.access


def test_golden_pages_hold_articles_and_what_is_none() -> None:
    assert {pair["outcome"] for pair in EXPECTED if "outcome" in pair} == {
        "Rejected: consent wall",
        "Rejected: paywall stub",
        "Rejected: soft 404",
    }
    assert len(ARTICLES) >= 20


def test_golden_file_is_small() -> None:
    assert GOLDEN.stat().st_size < 1_000_000
