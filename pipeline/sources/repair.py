"""Makes the bytes of a feed fit to be parsed: one coding, no characters that XML forbids, no numbers that crash."""

import codecs
import re

FORBIDDEN = bytes(c for c in range(32) if c not in b"\t\n\r")
OTHER_BYTES = (b"\0", b"\x1b$", b"\x1b(", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""What shows a coding that is no UTF-8 although it may decode as such: UTF-16 and 32, ISO-2022."""

REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
FEW = 20
"""A text is UTF-8 with bad spots where at most one in so many of its characters beyond ASCII is none."""


def utf8(body: bytes, content_type: str) -> tuple[bytes, str, str | None]:
    """The bytes, the content type to read them by, and a warning.

    What is valid UTF-8 is UTF-8, whatever header and declaration say; what is not is left to the parser, which tries
    what they say and then guesses.
    """
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    as_said = f"application/xml; charset={charset[1]}" if charset else "application/xml"
    if any(sign in body[:1000] for sign in OTHER_BYTES):
        return body, as_said, None
    text, warning = body.decode("utf-8", "replace"), None
    bad = 0 if "�" not in text else text.count("�") - body.count("�".encode())
    if bad:
        if bad * FEW > len(text) - len(text.encode("ascii", "ignore")):
            return body, as_said, None
        warning = f"{bad} characters are no UTF-8"
    body = text.encode().removeprefix(codecs.BOM_UTF8).translate(None, FORBIDDEN).lstrip()
    return REFERENCE.sub(_possible, body), "application/xml; charset=utf-8", warning


def _possible(reference: re.Match[bytes]) -> bytes:
    """The reference where it names a character, else nothing; feedparser dies of any other."""
    digits, base = (reference[1], 16) if reference[1] else (reference[2], 10)
    number = int(digits, base) if len(digits.lstrip(b"0")) < 8 else -1
    allowed = number in (9, 10, 13) or 32 <= number < 0xD800 or 0xE000 <= number < 0x110000
    return reference[0] if allowed else b""
