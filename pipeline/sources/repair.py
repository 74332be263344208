"""Makes the bytes of a feed fit to be parsed: one coding, no characters that XML forbids, no numbers that crash."""

import codecs
import re

FORBIDDEN = bytes(c for c in range(32) if c not in b"\t\n\r")
OTHER_BYTES = (b"\0", b"\x1b$", b"\x1b(", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""What shows a coding that is no UTF-8 although it may decode as such: UTF-16 and 32, ISO-2022."""

DECLARATION = re.compile(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)[\"'][^>]*\?>")
REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
FEW = 20
"""A text is UTF-8 with bad spots where at most one in so many of its characters beyond ASCII is none."""


def utf8(body: bytes, content_type: str) -> tuple[bytes, str, str | None]:
    """The bytes, the content type to read them by, and a warning.

    What is valid UTF-8 is UTF-8, whatever header and declaration say; else what header, then declaration say, where it
    can be; what remains is for the parser to guess.
    """
    text, warning = None, None
    if not any(sign in body[:1000] for sign in OTHER_BYTES):
        text, warning = _mostly_utf8(body)
    if text is None:
        declared = DECLARATION.match(body)
        header = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
        text = _decoded(body, header and header[1], declared and declared[1].decode())
    if text is None:
        return re.sub(rb"^\s*<\?xml[^>]*>", b"", body), "application/xml", None
    body = text.encode("utf-8", "replace").removeprefix(codecs.BOM_UTF8).translate(None, FORBIDDEN).lstrip()
    return REFERENCE.sub(_possible, body), "application/xml; charset=utf-8", warning


def _mostly_utf8(body: bytes) -> tuple[str | None, str | None]:
    """The text with its bad spots replaced, and a warning of these; None where there are too many."""
    text = body.decode("utf-8", "replace")
    bad = text.count("�") - body.count("�".encode())
    if not bad:
        return text, None
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    return (text, f"{bad} characters are no UTF-8") if bad * FEW <= foreign else (None, None)


def _decoded(body: bytes, *names: str | None) -> str | None:
    """The text by the first coding that fits; Python's codecs that are no character set fit nothing."""
    for name in filter(None, names):
        try:
            return body.decode(name)
        except (UnicodeError, LookupError):
            continue
    return None


def _possible(reference: re.Match[bytes]) -> bytes:
    """The reference where it names a character, else nothing; feedparser dies of any other."""
    digits, base = (reference[1], 16) if reference[1] else (reference[2], 10)
    number = int(digits, base) if len(digits.lstrip(b"0")) < 8 else -1
    allowed = number in (9, 10, 13) or 32 <= number < 0xD800 or 0xE000 <= number < 0x110000
    return reference[0] if allowed else b""
