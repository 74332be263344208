"""A made-up crawl, and what it gives undisturbed; both are made once, so no test may write to them."""

from pathlib import Path

import pytest

from pipeline.store.folder import FolderStore
from tests.archives.made_up import spread, warc
from tests.stages.crawls import ARTICLES, DAYS, take


@pytest.fixture(scope="session")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return warc(tmp_path_factory.mktemp("crawl") / "crawl.warc.gz", spread(ARTICLES, DAYS))


@pytest.fixture(scope="session")
def whole(crawl: Path, tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    """What the archive gives undisturbed."""
    store = FolderStore(tmp_path_factory.mktemp("whole").as_uri())
    take(store, crawl)
    return store
