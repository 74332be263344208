"""What both adapters hold to: which keys there are, and the numbers in `newsroom.json`."""

import json
import re
from contextlib import suppress
from typing import Any

from pipeline.errors import NotFound, StoreError
from pipeline.store import Store

LAYOUT_KEY = "newsroom.json"
LAYOUT = {"layout": 1, "identity": 1}
"""Versions of the bucket's layout and of the identity rules (normalised URLs, hashes) that this code knows."""

ODD = re.compile(r"[\x00-\x1f\\\x7f]")
MOST_BYTES, MOST_NAME = 1024, 255
"""Longest key and longest part of one, in UTF-8 bytes: the limits of S3 and of file systems."""


def checked(key: str, url: str) -> str:
    """The key, unless a folder or an S3 server would understand another one or leave its root: `StoreError`."""
    parts = key.split("/")
    odd = any(part in ("", ".", "..") for part in parts) or ODD.search(key) is not None
    try:
        sizes = [len(part.encode()) for part in parts]
    except UnicodeEncodeError:
        odd, sizes = True, [0]
    if odd or max(sizes) > MOST_NAME or sum(sizes) + len(parts) > MOST_BYTES:
        raise StoreError(f"{url}: not a key that a store can hold: {key[:200]!r}")
    return key


def check_layout(store: Store) -> None:
    """Creates `newsroom.json` where there is none; raises `StoreError` for one that this code does not know.

    The conditional write also shows that we may write, and changes nothing where the object is there.
    """
    with suppress(NotFound):
        store.get(LAYOUT_KEY)  # first, for a store that gives no answer is told sooner by a read
    if store.put_new(LAYOUT_KEY, json.dumps(LAYOUT).encode()):
        return
    found = decoded(store.get(LAYOUT_KEY).body)
    if found != LAYOUT:
        raise StoreError(
            f"{store.url}: {LAYOUT_KEY} says {found!r} and this Newsroom knows {LAYOUT}: "
            "use the release that wrote it, or another store"
        )


def decoded(body: bytes) -> Any:
    """The JSON value, or what stands there instead, cut short."""
    try:
        return json.loads(body)
    except ValueError:
        return body[:80]
