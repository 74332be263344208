"""A text list of URLs: one a line, with a title after a tab where it is known; `#` begins a comment."""

import re
from collections.abc import Mapping

from pipeline.errors import SourceError
from pipeline.model import Entry, Source
from pipeline.sources import Offer, absolute


def read(source: Source, url: str, headers: Mapping[str, str], body: bytes) -> Offer:
    """An entry for each line that is a URL, a warning for each that is none; `SourceError` where no line is one."""
    entries, warnings = [], []
    for number, line in enumerate(body.decode("utf-8-sig", "replace").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        link, _, title = line.strip().partition("\t")
        found = absolute(link, url) if re.match("[a-z]+://[^ ]", link, re.IGNORECASE) else None
        if found:
            entries.append(Entry(source=source.name, url=found, title=title.strip() or None, language=source.language))
        else:
            warnings.append(f"line {number} is no URL: {link[:80]!r}")
    if warnings and not entries:
        raise SourceError(f"no list of URLs: {warnings[0]}")
    return Offer(tuple(entries), tuple(warnings))
