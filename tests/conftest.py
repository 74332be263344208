"""Stores and servers that tests share."""

from pathlib import Path

import pytest

from pipeline.store.folder import FolderStore


@pytest.fixture
def folder_store(tmp_path: Path) -> FolderStore:
    """An empty store in a folder of its own, checked."""
    store = FolderStore((tmp_path / "store").as_uri())
    store.check()
    return store
