"""Takes a body out of its content codings, never past a limit of bytes, whatever was packed into it."""

import codecs
import zlib
from collections.abc import Callable, Iterable

import brotli
from backports import zstd

from pipeline.web import because

MOST_BYTES = 10_000_000
"""Bytes of one body, packed or not: the longest article is a hundredth of that."""

MOST_LAYERS = 2
"""Codings one around the other; more than one is hardly ever seen, and each may cost a whole limit of bytes."""

MOST_MEMBERS = 100
"""Gzip streams one after the other: each costs a copy of what follows."""

MOST_WINDOW = 23
"""Bits of what zstd remembers: RFC 9659 lets a body of HTTP ask for 8 MB."""

ASKED_FOR = "gzip, deflate"
"""Value of Accept-Encoding. Not `br`: some readers of WARC, warcio among them, fail on it. Archives hold it."""


def decoded(headers: Iterable[tuple[str, str]], payload: bytes, most: int = MOST_BYTES) -> bytes:
    """The body out of all of its content codings; raises `Failed` where it cannot be, or is larger than `most`.

    A body that is plainly not packed is what it is, whatever its header says.
    """
    said = ",".join(value for name, value in headers if name.lower() == "content-encoding")
    codings = [coding for one in said.lower().split(",") if (coding := one.strip()) not in ("", "identity")]
    if is_plain(payload):
        return payload
    if len(codings) > MOST_LAYERS:
        raise because("unknown content coding", f"{len(codings)} layers")
    for coding in reversed(codings if payload else []):
        if coding not in UNPACKERS:
            raise because("unknown content coding", coding[:20])
        payload = UNPACKERS[coding](payload, most)
    return payload


def is_plain(payload: bytes) -> bool:
    """Whether a body begins as markup or JSON does, and goes on without control characters."""
    start = payload[:80].removeprefix(codecs.BOM_UTF8).lstrip()
    return start[:1] in (b"<", b"{") and all(c > 31 or c in b"\t\n\r" for c in start)


def gunzipped(payload: bytes, most: int) -> bytes:
    """All members in a row; what stands behind them is nobody's. A body that is not packed at all is what it is."""
    if payload[:2] != b"\x1f\x8b":
        return payload
    whole, rest = b"", payload
    for _ in range(MOST_MEMBERS):
        part, rest = inflated(rest, most - len(whole), 31, "gzip")
        whole += part
        if rest[:2] != b"\x1f\x8b":
            return whole
    raise because("broken content coding", "gzip")


def undeflated(payload: bytes, most: int) -> bytes:
    """Half of the servers leave the zlib header out that RFC 9110 asks for."""
    has_header = payload[0] & 0x0F == 8 and int.from_bytes(payload[:2], "big") % 31 == 0
    return inflated(payload, most, 15 if has_header else -15, "deflate")[0]


def inflated(payload: bytes, most: int, wbits: int, coding: str) -> tuple[bytes, bytes]:
    """What one stream holds, and the bytes behind it."""
    stream = zlib.decompressobj(wbits)
    try:
        whole = stream.decompress(payload, most + 1)
    except zlib.error:
        raise because("broken content coding", coding) from None
    if len(whole) > most:
        raise because("decompression bomb")
    if not stream.eof:
        raise because("broken content coding", coding)
    return whole, stream.unused_data


def unbrotlied(payload: bytes, most: int) -> bytes:
    stream = brotli.Decompressor()
    try:
        whole: bytes = stream.process(payload, output_buffer_limit=most + 1)
    except brotli.error:
        raise because("broken content coding", "br") from None
    if len(whole) > most or not (stream.is_finished() or stream.can_accept_more_data()):
        raise because("decompression bomb")
    if not stream.is_finished():
        raise because("broken content coding", "br")
    return whole


def unzstd(payload: bytes, most: int) -> bytes:
    """All frames in a row."""
    whole = b""
    for _ in range(MOST_MEMBERS):
        stream = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: MOST_WINDOW})
        try:
            whole += stream.decompress(payload, most - len(whole) + 1)
        except zstd.ZstdError:
            break
        if len(whole) > most:
            raise because("decompression bomb")
        payload = stream.unused_data
        if stream.eof and not payload:
            return whole
        if not stream.eof:
            break
    raise because("broken content coding", "zstd")


UNPACKERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": gunzipped,
    "x-gzip": gunzipped,
    "deflate": undeflated,
    "br": unbrotlied,
    "zstd": unzstd,
}
