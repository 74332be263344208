"""A folder of exports of every kind, by the index that is made of it: documents, and a reason for all else."""

import gzip
import json
from collections import Counter
from pathlib import Path

from pipeline import archives
from pipeline.archives import indexes
from pipeline.archives.indexes import Wanted
from pipeline.clean.worker import Page
from pipeline.errors import EntryError
from pipeline.store import open_store
from tests.archives import test_lines, test_newsml, test_ninjs, test_nitf, test_pages
from tests.archives.exports import PARAGRAPHS, cleaned, file_of
from tests.archives.test_texts import zstd

EXPORT = {
    "wire/g2.xml": test_newsml.message(test_newsml.item(), test_newsml.item(name="packageItem", guid="urn:tern:p")),
    "wire/one.xml": test_newsml.ONE,
    "wire/n.xml": test_nitf.nitf(),
    "wire/3.json": json.dumps([test_ninjs.ONE, test_ninjs.THREE | {"uri": "https://tern.example/three"}]),
    "pages/urls.csv": f"path,url,captured_at\nb.html,{test_pages.URL},2026-10-05T08:00:00Z\n",
    "pages/b.html": test_pages.page(),
    "pages/c.html": test_pages.page(),
    "lines/a.jsonl.gz": gzip.compress(test_lines.jsonl(test_lines.PAGE, b"{oops", test_lines.TEXT)),
    "lines/b.jsonl.zst": zstd(test_lines.jsonl(test_lines.TEXT)),
    "other.xml": "<rss/>",
}


def test_exports_are_indexed_by_day_and_read_again_by_their_index(tmp_path: Path) -> None:
    for name, content in EXPORT.items():
        file_of(tmp_path / "export", name, content)
    store = open_store((tmp_path / "store").as_uri())
    wanted = Wanted(source="archive", places=(str(tmp_path / "export"),))
    items = list(indexes.items(store, wanted))
    assert items == list(indexes.items(store, wanted))  # the second time from the index alone
    assert {item.at.date().isoformat() for item in items} == {"2026-10-02", "2026-10-05", "2026-11-02", "2026-11-03"}
    found = list(archives.read(store, items, "archive"))
    documents = [cleaned(answer) for answer in found if isinstance(answer, Page)]
    assert [document.text.split("\n") for document in documents] == [list(PARAGRAPHS)] * len(documents)
    assert sorted(answer.reason for answer in found if isinstance(answer, EntryError)) == [
        "no news item: <rss>",
        "not text: package",
        "unreadable line: 2: JSON is malformed: object keys must be strings (byte 1)",
    ]
    times = Counter((document.captured_from, document.url) for document in documents)
    assert times == {
        ("item", None): 6,
        ("item", "https://tern.example/three"): 1,
        ("sidecar", test_pages.URL): 1,
        ("file", "https://tern.example/ferry"): 1,
        ("file", None): 1,
    }


def test_exports_articles_without_url_keep_their_name(tmp_path: Path) -> None:
    """The same files below another root, on another day: the same articles."""
    ids = []
    for place in ("here", "there"):
        for name, content in EXPORT.items():
            file_of(tmp_path / place, name, content)
        store = open_store((tmp_path / f"{place}-store").as_uri())
        items = indexes.items(store, Wanted(source="archive", places=(str(tmp_path / place),)))
        found = archives.read(store, list(items), "archive")
        ids.append(sorted(cleaned(answer).id for answer in found if isinstance(answer, Page)))
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(ids[0]) - 1  # one is there as NewsML 1 and as ninjs, by the same URN
