"""Bodies out of their content coding, with a bound: a small answer may not unpack into a large one."""

import zlib
from collections.abc import Callable

from pipeline.errors import Failed

UNDERSTOOD = "gzip, deflate"
"""What requests say that they take."""

MOST_DECODED = 20_000_000
"""Bytes that a body may have once unpacked: twice what may come over the wire, more than any article."""


def decoded(body: bytes, coding: str | None, most: int = MOST_DECODED) -> bytes:
    """The body without its codings, the last one off first; raises `Failed` for bombs, rubbish and unknown codings."""
    for name in reversed([part.strip().lower() for part in (coding or "").split(",")]):
        if name in ("", "identity"):
            continue
        if name not in UNPACK:
            raise Failed(f"content coding: {name[:40]}")
        body = UNPACK[name](body, most)
    return body


def gunzip(body: bytes, most: int) -> bytes:
    return unpack(body, 16 + zlib.MAX_WBITS, most)


def inflate(body: bytes, most: int) -> bytes:
    """Zlib's form, or the raw one that some servers send under the same name."""
    try:
        return unpack(body, zlib.MAX_WBITS, most)
    except Failed as error:
        if error.reason != "content coding: broken":
            raise
        return unpack(body, -zlib.MAX_WBITS, most)


def unpack(body: bytes, bits: int, most: int) -> bytes:
    """All members of the body; an end that is missing is as broken as a bad one."""
    made, rest = bytearray(), body
    while rest:
        machine = zlib.decompressobj(bits)
        try:
            made += machine.decompress(rest, most + 1 - len(made))
        except zlib.error:
            if made:
                return bytes(made)  # rubbish after the last member
            raise Failed("content coding: broken") from None
        if len(made) > most:
            raise Failed(f"decompression bomb: more than {most // 1_000_000} MB")
        if not machine.eof:
            raise Failed("content coding: cut short")
        rest = machine.unused_data.lstrip(b"\0")
    return bytes(made)


UNPACK: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": gunzip,
    "x-gzip": gunzip,
    "deflate": inflate,
}
