"""Bytes as they came → text, whatever they say of their own encoding."""

import codecs
import re
from collections.abc import Iterable

from pipeline.errors import Rejected

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

# The encoding standard of the web reads these labels as their supersets; servers and editors rely on it.
SUPERSETS = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932", "big5": "big5hkscs",
}  # fmt: skip

TEXT_TYPES = re.compile(r"text/(?:html|plain|xml|xhtml)|application/(?:xhtml\+xml|xml)", re.IGNORECASE)
MAGIC = {
    b"%PDF": "application/pdf", b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif",
    b"RIFF": "image/webp", b"PK\x03\x04": "application/zip", b"\x1f\x8b": "application/gzip", b"\x7fELF": "binary",
}  # fmt: skip
TAG = re.compile(
    rb"<(?:!doctype\s+html|(?:html|head|body|meta|title|article|main|div|p|h1|script)[\s>/])", re.IGNORECASE
)
DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w:.-]+)""", re.IGNORECASE)
TWICE = ("Ã", "Â", "â€")  # what the first bytes of UTF-8 become
PROLOGUE = 4096  # bytes; the standard looks at 1,024, pages are laxer
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
CONTROL_BYTES = bytes({*range(0x20), 0x7F} - {*b"\t\n\r"})
LIKELY = [  # what the web is written in beside UTF-8; without the bound, short pages come out as DOS code pages
    "cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r",
    "gb18030", "big5", "cp932", "euc_jp", "cp949", "cp874",
]  # fmt: skip
SAMPLE = 50_000  # bytes that the guess looks at


def is_page(body: bytes) -> bool:
    """Whether the bytes look like HTML rather than plain text."""
    return bool(TAG.search(_readable(body[:PROLOGUE])))


WESTERN = re.compile(
    rb"""<html[^>]*\slang\s*=\s*["']?(?:en|fr|es|de|it|pt|nl|sv|da|nb|nn|no|fi|ca|is|ga)\b""", re.IGNORECASE
)
"""Languages whose pages browsers take for Windows-1252 where nothing better is known (WHATWG Encoding, 4.2)."""


def require_text(body: bytes, content_type: str = "") -> None:
    """Raises `Rejected` for what is empty, or no text by its declared type or its first bytes."""
    declared = content_type.partition(";")[0].strip().lower()
    if not body.strip(b"\x00\t\n\f\r "):
        raise Rejected("empty")
    found = next((name for magic, name in MAGIC.items() if body.startswith(magic)), None)
    if found is None and declared and "/" in declared and not TEXT_TYPES.fullmatch(declared):
        found = declared[:80]
    if found is None and _is_binary(body[:PROLOGUE]):
        found = "binary"
    if found:
        raise Rejected(f"not text: {found}")


def decode_text(body: bytes) -> str:
    """The text of bytes of unknown origin; raises `Rejected` where they are none."""
    require_text(body)
    return decode(body)


def decode(body: bytes, content_type: str = "") -> str:
    """Text without control characters, whatever the bytes: never raises.

    BOM, header, the page's own word, UTF-8, then a guess: the first one that fits. A declared 8-bit encoding fits
    anything, so bytes that are sound UTF-8 are read as such in spite of it.
    """
    text = _once(_decoded(body, content_type))
    # Looking at bytes takes a tenth of the time; no encoding makes these characters of other bytes but UTF-16.
    clean = len(body) == len(body.translate(None, CONTROL_BYTES)) and "\ufffe" not in text and "\uffff" not in text
    return text if clean else CONTROLS.sub("", text)


def _decoded(body: bytes, content_type: str) -> str:
    for bom, encoding in BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(encoding, "replace")
    words = (content_type.encode("ascii", "replace"), _readable(body[:PROLOGUE]))
    declared = [name for word in words if (match := DECLARED.search(word)) and (name := _encoding(match[1]))]
    for encoding in [*(e for e in declared if e.startswith("utf-16")), "utf-8", *declared]:
        if (text := _read(body, encoding)) is not None:
            return text
    return body.decode(_guess(body, declared), "replace")


def _once(text: str) -> str:
    """The text of a page that was taken for Windows-1252 and coded as UTF-8 again, on its way to us or before."""
    if not any(sign in text for sign in TWICE):
        return text
    try:
        return text.encode("cp1252").decode()
    except UnicodeError:
        return text


def content_type(headers: Iterable[tuple[str, str]]) -> str:
    """The value of the Content-Type header; empty where there is none."""
    return next((value for name, value in headers if name.lower() == "content-type"), "")


def _readable(head: bytes) -> bytes:
    """What is ASCII in the beginning of a page, UTF-16 too."""
    return head.replace(b"\x00", b"")


def _is_binary(head: bytes) -> bool:
    """Control characters beyond what text has; UTF-16 is known by its BOM."""
    if any(head.startswith(bom) for bom, _ in BOMS) or is_page(head):
        return False
    return sum(byte < 9 or 13 < byte < 27 for byte in head) > len(head) / 50


def _encoding(label: bytes) -> str | None:
    try:
        name = codecs.lookup(label.decode("ascii", "replace")).name
    except LookupError:
        return None
    return SUPERSETS.get(name, name)


def _read(body: bytes, encoding: str) -> str | None:
    """The text where every byte fits, or all but the few that a bad cut or a stray paste leaves."""
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        pass
    except (LookupError, ValueError):  # codecs of bytes, such as "hex"
        return None
    text = body.decode(encoding, "replace")
    strange = sum(byte > 127 for byte in body)
    return text if text.count("\ufffd") * 20 < strange else None


def _guess(body: bytes, declared: list[str]) -> str:
    if WESTERN.search(body[:PROLOGUE]) and _read(body, "cp1252"):
        return "cp1252"
    from charset_normalizer import from_bytes

    start = next((at for at, byte in enumerate(body) if byte > 127), 0)
    best = from_bytes(body[max(0, start - 1000) : start + SAMPLE], cp_isolation=LIKELY).best()
    return best.encoding if best else next(iter(declared), "cp1252")
