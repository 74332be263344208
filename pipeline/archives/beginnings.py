"""What a file is by its first bytes, where its name does not say."""

import re

from pipeline.archives.members import LONGEST_LINE, RECORD
from pipeline.archives.packing import GLIMPSE, MAGIC, glimpse
from pipeline.archives.pieces import BLANK, TAG
from pipeline.archives.places import ArchiveFile
from pipeline.clean.decoding import TAG as HTML

LINE = re.compile(rb'\{[^\n]*?"(?:html|text)"\s*:')


def told_by(file: ArchiveFile) -> str | None:
    """The name of the format; None for what is none of ours."""
    begins = file.read(0, LONGEST_LINE)
    packing = next((name for name, magic in MAGIC.items() if begins.startswith(magic)), None)
    if packing:
        begins = glimpse(packing, file.read(0, GLIMPSE[packing]), None)
    if RECORD.match(begins):
        return "warc"
    text = begins.lstrip(BLANK)
    if text.startswith((b"{", b"[")):
        return "lines" if LINE.match(text) else "wire"
    if text.startswith(b"<") and TAG.search(text):
        return "wire"
    return "pages" if HTML.match(text) and not packing else None
