"""An archive of three days, one of them of two shards: pages of the demo, with addresses and words of their own."""

import json
from datetime import date, timedelta
from pathlib import Path

from pipeline.local.demo_site import moments, outlets, respond

FIRST, DAYS, PAGES = date(2019, 3, 1), 3, 4
LARGE = FIRST + timedelta(days=1)
EMPTY = 400
"""Lines of the large day that hold no article: together with its pages they are two shards."""

ROLLS, HEAP = "archive_rolls", "archive_heap"
"""The DAGs of the archive: declared with its days in its paths, and without."""

DECLARED = """
[[source]]
name = "rolls"
url = "file://{folder}/{{yyyy}}/{{mm}}/{{dd}}.jsonl"
kind = "jsonl"
from = 2019-03-01
to = 2019-03-31

[[source]]
name = "heap"
url = "file://{folder}/"
kind = "jsonl"
from = 2019-03-01
to = 2019-03-31
"""


def fill(folder: Path) -> None:
    """Writes the archive."""
    now = moments()[0]
    every = ((paper.address(one), one) for paper in outlets() for one in paper.articles if not one.odd)
    found = [(path, one) for path, one in every if one.published < now and one.language == "en"]
    for n in range(DAYS):
        day = FIRST + timedelta(days=n)
        file = folder / f"{day:%Y/%m/%d}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w") as lines:
            for path, one in found[n * PAGES : (n + 1) * PAGES]:
                html = respond(path, now, "http://demo.example").body.decode()
                url = f"https://rolls.example/{day}/{one.slug}"
                lines.write(json.dumps({"url": url, "html": html, "captured_at": f"{day}T12:00:00Z"}) + "\n")
            for n in range(EMPTY if day == LARGE else 0):
                url = f"https://rolls.example/{day}/{n}"
                lines.write(json.dumps({"url": url, "html": "<p>No.</p>", "captured_at": f"{day}T12:00:00Z"}) + "\n")


def of_rolls(found: dict[str, bytes]) -> dict[str, bytes]:
    return {key: body for key, body in found.items() if b"https://rolls.example/" in body}
