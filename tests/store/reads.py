"""A store that notes what was read of it."""

from pipeline.store import Stored
from pipeline.store.folder import FolderStore


class Reads(FolderStore):
    """`read` has the keys, in order."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.read: list[str] = []

    def get(self, key: str) -> Stored:
        self.read.append(key)
        return super().get(key)
