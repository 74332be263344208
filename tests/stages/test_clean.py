"""The clean stage knows the source: a page in another language than it declares is refused."""

from dataclasses import replace

import pytest

from pipeline.clean import clean as document_of
from pipeline.config import read
from pipeline.model import Source, Taken
from pipeline.stages.clean import conclude
from pipeline.stages.desk import open_desk
from pipeline.store import Store
from tests.clean.made_up import ENTRY, capture, page
from tests.test_languages import GERMAN


@pytest.mark.parametrize(("declared", "outcome"), [("en", "rejected"), ("de", None), (None, None)])
def test_clean_refuses_another_language_than_the_source_declares(
    declared: str | None, outcome: str | None, folder_store: Store
) -> None:
    source = Source(name="tern", url="https://tern.example/feed", language=declared)
    desk = replace(open_desk(read({}), folder_store), sources={"tern": source})
    document = document_of(capture(page(f"<p>{GERMAN}</p>", lang="en")), ENTRY)
    concluded = conclude(desk, Taken(entry=ENTRY, queued_as=ENTRY.key), document)
    assert concluded.outcome == outcome
    assert concluded.reason == ("wrong language: de" if outcome else None)
