"""Of real pages with a known article hardly any is refused."""

import gzip
import json
from collections import Counter

from pipeline.clean import clean
from pipeline.errors import EntryError
from pipeline.model import Entry
from tests.clean.made_up import capture
from tests.shared import shared

ALLOWED = {"kr-HankookIlbo_2026_01_29": "empty"}
"""Its text is in a script."""


def test_refusals_of_pages_with_an_article_are_fewer_than_one_in_three_hundred() -> None:
    refused, forms = dict[str, str](), Counter[str]()
    for name in ("A_fundus", "A_scrapinghub"):
        folder = shared(f"data/{name}")
        for line in (folder / "gold.jsonl").read_text(encoding="utf-8").splitlines():
            gold = json.loads(line)
            body = gzip.decompress((folder / gold["html"]).read_bytes())
            try:
                forms[clean(capture(body, url=gold.get("url") or "", kind=""), Entry(source="gold")).form] += 1
            except EntryError as error:
                refused[gold["id"]] = error.reason
    assert refused == ALLOWED
    assert forms["article"] > 0.97 * forms.total()
