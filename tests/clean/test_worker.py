"""The limited worker: odd pages fail by name, the others are cleaned once, and nothing stays behind."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.clean.worker import Cleaner, Page, clean_page
from pipeline.errors import EntryError
from pipeline.model import Document
from tests.clean.made_up import ENTRY, capture, page


def odd(one: Page) -> Document:
    """Cleans, save for pages that ask for something else."""
    match one.capture.body:
        case b"spin":
            while True:
                pass
        case b"sleep":
            time.sleep(600)
        case b"exit":
            os._exit(3)
        case b"segfault":
            ctypes.string_at(0)
        case b"eat":
            return bytearray(4_000_000_000)  # type: ignore[return-value]
        case b"raise":
            raise KeyError("unforeseen")
    with Path(os.environ["CLEANED"]).open("a") as file:
        file.write("x")
    return clean_page(one)


def outcomes(bodies: list[bytes], **limits: float) -> list[str]:
    with Cleaner(odd, **limits) as cleaner:  # type: ignore[arg-type]
        results = list(cleaner.each(Page(capture(body), ENTRY) for body in bodies))
    return [result.reason if isinstance(result, EntryError) else "cleaned" for result in results]


def test_worker_survives_every_odd_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANED", str(tmp_path / "cleaned"))
    bodies = [page(), b"spin", page(), b"exit", b"segfault", page(), b"eat", b"raise", b"", page()]
    assert outcomes(bodies, seconds=1) == [
        "cleaned",
        "cleaning spins",
        "cleaned",
        "cleaning crashed",
        "cleaning crashed",
        "cleaned",
        "cleaning needs too much memory",
        "cleaning crashed",
        "empty",
        "cleaned",
    ]
    assert (tmp_path / "cleaned").read_text() == "xxxxx"  # each good page, and the empty one, once


def test_worker_gives_up_a_page_that_sleeps() -> None:
    assert outcomes([b"sleep"], seconds=0.1) == ["cleaning spins"]


def test_worker_takes_the_body_of_the_feed() -> None:
    entry = type(ENTRY)(source="tern", url=ENTRY.url, title="Ferries stop", body=page().decode())
    with Cleaner() as cleaner:
        (result,) = cleaner.each([Page(capture(b"<rss/>"), entry, from_feed=True)])
    assert isinstance(result, Document)
    assert result.extraction.method == "feed"


def test_worker_is_gone_after_the_last_page() -> None:
    with Cleaner() as cleaner:
        results = cleaner.each([Page(capture(b""), ENTRY)] * 2)
        next(results)
        child = cleaner._child
    assert child is not None
    with pytest.raises(ProcessLookupError):
        os.kill(child[1], 0)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the closed pipe ends the worker after its page")
def test_worker_dies_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import os, time, pathlib\n"
        "from pipeline.clean.worker import Cleaner, Page\n"
        "from tests.clean.made_up import ENTRY, capture\n"
        f"def wait(page): pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid())); time.sleep(600)\n"
        "with Cleaner(wait) as cleaner: list(cleaner.each([Page(capture(b''), ENTRY)]))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[2])
    try:
        pid = soon(lambda: int((tmp_path / "pid").read_text() or "x"))
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    soon(lambda: gone(int(str(pid))))


def gone(pid: int) -> bool:
    """True when the process has ended; a zombie that no one has taken yet has."""
    state = Path(f"/proc/{pid}/stat")
    if not state.exists() or state.read_text().rpartition(")")[2].split()[0] in "ZX":
        return True
    raise ValueError(pid)


def soon(look: object, seconds: float = 30) -> object:
    ends = time.monotonic() + seconds
    while True:
        try:
            return look()  # type: ignore[operator]
        except (OSError, ValueError):
            assert time.monotonic() < ends
            time.sleep(0.05)
