"""A packed file is read as the text that it holds, and never further than it unpacks."""

import gzip
import io
import zlib
from pathlib import Path

import pytest
from fastwarc.stream_io import ZstdWriter

from pipeline.archives.members import SLICE
from pipeline.archives.places import PIECE
from pipeline.archives.texts import Text
from pipeline.errors import Failed
from tests.archives.exports import file_of

TEXT = b"".join(b"Line %d of the Tern Herald.\n" % number for number in range(100_000))


def zstd(content: bytes) -> bytes:
    held = io.BytesIO()
    writer = ZstdWriter(held)
    writer.write(content)
    writer.close()
    return held.getvalue()


PACKED = {
    "plain": TEXT,
    "gzip": gzip.compress(TEXT, mtime=0),
    "two members": gzip.compress(TEXT[:5_000], mtime=0) + gzip.compress(TEXT[5_000:], mtime=0),
    "zstd": zstd(TEXT),
    "utf-16": TEXT.decode().encode("utf-16"),
    "gzip and utf-16": gzip.compress(TEXT.decode().encode("utf-16"), mtime=0),
}


@pytest.mark.parametrize("name", PACKED)
def test_texts_unpacks(tmp_path: Path, name: str) -> None:
    text = Text(file_of(tmp_path, "a.jsonl", PACKED[name]))
    whole = b"".join(text.pieces())
    assert whole.removeprefix(b"\xef\xbb\xbf") == TEXT
    for offset, length in ((0, 30), (2_000_000, 100), (2_000_050, 3 * PIECE // 10), (7, 1), (len(whole) - 5, 5)):
        assert text.read(offset, length) == whole[offset : offset + length]


def test_texts_names_where_a_file_ends_too_early(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"^file ends too early: file:///.*/a\.jsonl:90$"):
        Text(file_of(tmp_path, "a.jsonl", b"x" * 100)).read(90, 20)


@pytest.mark.parametrize("name", ["gzip", "two members", "zstd"])
def test_texts_of_a_cut_file_are_read_up_to_the_cut(tmp_path: Path, name: str) -> None:
    text, got = Text(file_of(tmp_path, "a.gz", PACKED[name][:-20])), list[bytes]()
    with pytest.raises(Failed, match=r"^broken (?:gzip|zstd)"):
        got.extend(text.pieces())
    assert len(b"".join(got)) > len(TEXT) / 2
    assert TEXT.startswith(b"".join(got))
    assert text.read(100, 50) == TEXT[100:150]


def test_texts_lets_a_bomb_come_in_pieces(tmp_path: Path) -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(bomb.compress(bytes(PIECE)) for _ in range(300)) + bomb.flush()
    sizes = [len(piece) for piece in Text(file_of(tmp_path, "a.gz", packed)).pieces()]
    assert sum(sizes) == 300 * PIECE
    assert max(sizes) <= PIECE


def test_texts_takes_many_tiny_members(tmp_path: Path) -> None:
    packed = gzip.compress(b"a", mtime=0) * 50_000
    assert len(packed) > 10 * SLICE
    assert list(Text(file_of(tmp_path, "a.gz", packed)).pieces()) == [b"a" * 50_000]
    cut = list[bytes]()
    with pytest.raises(Failed, match=r"^broken gzip"):
        cut.extend(Text(file_of(tmp_path, "a.gz", packed[:-3])).pieces())
    assert cut == [b"a" * 49_999]
