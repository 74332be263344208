"""What only the folder has to hold: its files, its root, and writers that are killed."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import StoreError, StoreFull, UsageError
from pipeline.store import open_store
from pipeline.store.folder import STALE_SECONDS, FolderStore

WRITER = """
import sys
from pipeline.store.folder import FolderStore
store = FolderStore(sys.argv[1])
print("ready", flush=True)
for n in range(10**6):
    store.put(f"k/{n % 5}", b"%d" % (n % 10) * 300_000)
"""


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///srv/news", "/srv/news"),
        ("file:///srv/two%20words", "/srv/two words"),
        ("file:///srv/two words", "/srv/two words"),
        ("file://localhost/srv", "/srv"),
        ("/srv/100%41", "/srv/100%41"),
        ("srv", f"{Path.cwd()}/srv"),
    ],
)
def test_folder_reads_its_url(url: str, path: str) -> None:
    store = open_store(url)
    assert isinstance(store, FolderStore)
    assert store.root == Path(path)
    assert store.url == url


@pytest.mark.parametrize("url", ["", "file://relative/path", "gs://bucket", "http://127.0.0.1/x", "file://", "s3://"])
def test_folder_refuses_other_urls(url: str) -> None:
    with pytest.raises(UsageError, match="not a store"):
        open_store(url)


def test_folder_holds_only_the_objects(folder_store: FolderStore) -> None:
    folder_store.put("a/b/c", b"x")
    folder_store.put_new("a/b/c", b"x")
    folder_store.delete("a/b/c")
    left = sorted(str(path.relative_to(folder_store.root)) for path in folder_store.root.rglob("*"))
    assert left == [".store", ".store/lock", "newsroom.json"]


@pytest.mark.parametrize("prefix", ["../", "a/../../", "/", ".store/", "..//x"])
def test_folder_lists_nothing_outside_its_keys(folder_store: FolderStore, prefix: str) -> None:
    (folder_store.root.parent / "secret").write_text("x")
    with pytest.raises(StoreError):
        list(folder_store.keys(prefix))


def test_folder_keeps_its_own_names_to_itself(folder_store: FolderStore) -> None:
    with pytest.raises(StoreError, match="own"):
        folder_store.put(".store/lock", b"")
    assert [listed.key for listed in folder_store.keys(".store")] == []


@pytest.mark.parametrize(
    ("number", "named"),
    [(errno.ENOSPC, StoreFull), (errno.EDQUOT, StoreFull), (errno.EACCES, StoreError), (errno.EROFS, StoreError)],
)
def test_folder_names_what_the_system_says(folder_store: FolderStore, number: int, named: type[StoreError]) -> None:
    with pytest.raises(named) as caught, folder_store.named_errors("the/key"):
        raise OSError(number, os.strerror(number))
    assert type(caught.value) is named
    for part in (folder_store.url, "the/key", "another"):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_folder_says_what_stands_in_its_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"Not a directory: let this user"):
        FolderStore(str(tmp_path / "file")).check()


def test_folder_survives_a_killed_writer(folder_store: FolderStore) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, folder_store.url], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        while not list(folder_store.keys("k/4")):
            pass
        writer.send_signal(signal.SIGKILL)
    for listed in folder_store.keys("k/"):
        body = folder_store.get(listed.key).body
        assert body == body[:1] * 300_000
    assert folder_store.put_new("after", b"x")


def test_folder_check_sweeps_what_killed_writers_left(folder_store: FolderStore) -> None:
    old, new = folder_store.hidden / "old.part", folder_store.hidden / "new.part"
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (old.stat().st_atime, old.stat().st_mtime - STALE_SECONDS - 60))
    folder_store.check()
    assert not old.exists()
    assert new.exists()
