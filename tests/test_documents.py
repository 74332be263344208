"""Keys, bytes, and the pure rule of what an article's folder should hold."""

import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import ROOT
from pipeline.documents import GONE, Key, better, decode, encode, gone_key, is_known, key_of, parse, settled, stamp
from pipeline.model import Annotation
from tests.documents_made_up import document


def keys(listing: str) -> frozenset[Key]:
    """Keys written short: `1-c7-a.json` is the capture of minute 1 in edition c7 that says a."""
    found = set()
    for name in listing.split():
        stem, _, kind = name.partition(".")
        minute, edition, version = stem.split("-")
        found.add(Key(f"20261122T12{int(minute):02}00Z", f"{int(minute):08x}", edition, version, kind, "0" * 20))  # type: ignore[arg-type]
    return frozenset(found)


@pytest.mark.parametrize(
    ("have", "want"),
    [
        ("", ""),
        ("1-c7-a.json", "1-c7-a.json"),
        # The first capture of a version is the document, later ones are `.seen`.
        ("1-c7-a.json 2-c7-a.json 3-c7-a.seen", "1-c7-a.json 2-c7-a.seen 3-c7-a.seen"),
        ("2-c7-a.json 1-c7-b.json", "2-c7-a.json 1-c7-b.json"),
        # An article that goes back to what it said has a history and no new document.
        ("1-c7-a.json 2-c7-b.json 3-c7-a.json", "1-c7-a.json 2-c7-b.json 3-c7-a.seen"),
        # Both keys of one capture: a lander died between the two.
        ("1-c7-a.json 2-c7-a.json 2-c7-a.seen", "1-c7-a.json 2-c7-a.seen"),
        ("1-c7-a.json 1-c7-a.seen", "1-c7-a.json"),
        # A `.seen` before the first document says no less.
        ("1-c7-a.seen 2-c7-a.json", "1-c7-a.seen 2-c7-a.json"),
        # A feed's body is provisional.
        ("1-f7-a.json 2-f7-a.json", "1-f7-a.json 2-f7-a.seen"),
        ("1-f7-a.json 2-c7-a.json 3-f7-b.json 4-f7-a.seen", "2-c7-a.json"),
        ("1-f7-a.json 2-c7-gone.seen", "1-f7-a.json 2-c7-gone.seen"),
        ("1-f7-a.json 2-c7-gone.seen 3-c7-a.json", "2-c7-gone.seen 3-c7-a.json"),
        # `gone` stands, whatever was before.
        ("1-c7-a.json 2-c7-gone.seen 3-c7-gone.seen", "1-c7-a.json 2-c7-gone.seen 3-c7-gone.seen"),
        ("1-c7-gone.seen 2-c7-a.json", "1-c7-gone.seen 2-c7-a.json"),
        # Versions are compared within one edition; of one capture the newest edition stays.
        ("1-c7-a.json 2-c8-a.json", "1-c7-a.json 2-c8-a.json"),
        ("1-c7-a.json 1-c8-b.json 2-c7-a.seen", "1-c8-b.json 2-c7-a.seen"),
        ("1-c9-a.json 1-c10-a.json", "1-c10-a.json"),
        ("1-c7-a.json 2-c7-b.json 1-c8-x.json 2-c8-x.json", "1-c8-x.json 2-c8-x.seen"),
    ],
)
def test_documents_what_a_folder_should_hold(have: str, want: str) -> None:
    assert settled(keys(have)) == keys(want)


@pytest.mark.parametrize(
    ("have", "key", "expected"),
    [
        ("", "1-c7-a.json", False),
        ("1-c7-a.json", "2-c7-a.json", True),
        ("2-c7-a.json", "1-c7-a.json", False),
        ("1-c7-a.json", "1-c7-a.json", False),
        ("1-c7-b.json", "2-c7-a.json", False),
        ("1-c6-a.json", "2-c7-a.json", False),
        ("1-c7-a.seen", "2-c7-a.json", False),
        ("1-c7-b.json", "2-f7-a.json", True),
        ("1-f7-a.json", "2-c7-a.json", False),
    ],
)
def test_documents_what_is_known_before_enrichment(have: str, key: str, expected: bool) -> None:
    (asked,) = keys(key)
    assert is_known(keys(have), asked) is expected


MOMENTS = st.integers(0, 5)
PAGES = st.builds("{}-c7-{}.json".format, MOMENTS, st.sampled_from("ab"))
FEEDS = st.builds("{}-f7-{}.json".format, MOMENTS, st.sampled_from("ab"))
GONES = st.builds("{}-c7-gone.seen".format, st.integers(0, 8))
SETS = st.lists(PAGES | FEEDS | GONES, max_size=8).map(" ".join).map(keys)


@given(SETS, st.randoms(use_true_random=False), st.integers(1, 3))
def test_documents_any_order_of_captures_ends_alike(captures: frozenset[Key], seed: random.Random, times: int) -> None:
    order = sorted(captures) * times
    seed.shuffle(order)
    held: frozenset[Key] = frozenset()
    for key in order:
        held = settled({*held, key})
    assert held == settled(captures)


@given(SETS)
def test_documents_settling_keeps_every_capture_and_a_document_of_each_version(captures: frozenset[Key]) -> None:
    want = settled(captures)
    assert settled(want) == want
    counts = [key for key in captures if key.version != GONE]
    pages = [key for key in counts if not key.is_feed] or counts
    assert {key.moment for key in want if key.version != GONE} == {key.moment for key in pages}
    assert {key.said for key in want if key.kind == "json"} == {key.said for key in pages}
    assert {key for key in want if key.kind == "json"} <= captures


@given(SETS, SETS)
def test_documents_lifting_a_folder_as_a_whole_ends_alike(old: frozenset[Key], said: frozenset[Key]) -> None:
    says = {key.moment: key.version for key in said if key.version != GONE}
    lifted = {k._replace(edition=f"{k.edition[0]}8", version=says.get(k.moment, "x")) for k in old if k.version != GONE}
    held = settled(old)
    for key in lifted:
        held = settled({*held, key})
    assert held == settled(old | lifted)
    assert all(key.number == 8 or key.version == GONE for key in held)


def test_documents_key_says_where_and_what() -> None:
    found = key_of(document(5))
    assert str(found).startswith(f"documents/{found.id[:2]}/{found.id}/20261122T120500Z-")
    assert str(found).endswith(f"-c7-{document(5).version}.json")
    assert parse(str(found)) == found
    assert parse(str(found.of_kind("seen"))) == found.of_kind("seen")


@pytest.mark.parametrize(
    "key",
    ["", "documents/aa/x.json", str(key_of(document())) + ".part", str(key_of(document())).replace("-c7-", "-x7-")],
)
def test_documents_other_keys_are_none(key: str) -> None:
    assert parse(key) is None


def test_documents_a_moment_is_written_in_utc() -> None:
    east = timezone(timedelta(hours=2))
    assert stamp(datetime(2026, 11, 22, 1, 5, 9, 999, east)) == "20261121T230509Z"
    assert stamp(datetime(926, 1, 2, tzinfo=UTC)) == "09260102T000000Z"
    with pytest.raises(ValueError, match="time zone"):
        stamp(datetime(2026, 11, 22))


@pytest.mark.parametrize("missing", ["captured_at", "raw"])
def test_documents_without_capture_have_no_key(missing: str) -> None:
    with pytest.raises(ValueError, match="cannot land"):
        key_of(msgspec.structs.replace(document(), **{missing: None}))


def test_documents_gone_has_a_key_without_document() -> None:
    one = document(3)
    assert one.captured_at
    assert str(gone_key(one.id, one.captured_at, "urn:uuid:9", "c7")).endswith("-c7-gone.seen")


def test_documents_equal_documents_have_equal_bytes() -> None:
    layers = {"b": Annotation(version=1, value={"y": 1, "x": 2}), "a": Annotation(version=1, unsupported="de")}
    one = document(layers=layers)
    other = document(layers={"a": layers["a"], "b": Annotation(version=1, value={"x": 2, "y": 1})})
    assert encode(one) == encode(other) == encode(decode(encode(one)))
    assert decode(encode(one)) == one


def layers(**versions: int) -> bytes:
    return encode(document(layers={name: Annotation(version=n, value=[]) for name, n in versions.items()}))


@pytest.mark.parametrize(
    ("stays", "goes"),
    [
        (layers(a=1, b=2), layers(a=1, b=1)),
        (layers(a=1, b=1), layers(a=1)),
        (layers(a=1, b=2), layers(a=1, b=1, c=1)),
        (layers(a=1), b""),
        (layers(a=1), b"half of an obj"),
        (min(layers(a=1), layers(b=1)), max(layers(a=1), layers(b=1))),
    ],
)
def test_documents_of_two_objects_of_one_capture_one_stays(stays: bytes, goes: bytes) -> None:
    assert better(stays, goes) == better(goes, stays) == stays


def test_documents_are_decoded_by_many_threads_at_once(tmp_path: Path) -> None:
    """The first ones of a process too: msgspec makes a struct's type when it is first asked for, unguarded."""
    code = """
import sys
from threading import Barrier, Thread
from pipeline.documents import decode
sys.setswitchinterval(1e-6)
body, together = open(sys.argv[1], "rb").read(), Barrier(16)
threads = [Thread(target=lambda: (together.wait(), decode(body))) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    (tmp_path / "document.json").write_bytes(encode(document()))
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code, tmp_path / "document.json"], cwd=ROOT, check=False)
        assert done.returncode == 0
