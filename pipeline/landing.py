"""Puts a capture's key into its article's folder and settles what others put there meanwhile.

Any number of processes may land, die and repeat: the folder ends as `settled` says. Nobody writes another capture's
document; a document goes only where its `.seen` is there; only its own lander takes a `.seen` away.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Literal, NamedTuple

from pipeline.documents import (
    GONE,
    Key,
    better,
    document_at,
    encode,
    folder,
    gone_key,
    is_known,
    key_of,
    parse,
    settled,
)
from pipeline.errors import NewerEdition, NotFound, StoreError
from pipeline.model import Document
from pipeline.store import Store

ROUNDS = 100
"""Listings after which a folder that still changes under us is a fault; two or three are the rule."""


class Landed(NamedTuple):
    """What became of a document, and the key that now stands for its capture."""

    outcome: Literal["landed", "unchanged"]
    key: str


def known(store: Store, document: Document) -> bool:
    """Whether an earlier capture of this edition said the same: then `see` does, and no step need run.

    Raises `NewerEdition` where the folder holds what newer code made.
    """
    return standing(store, document)[0]


def standing(store: Store, document: Document) -> tuple[bool, str | None]:
    """As `known`, and the key of this very capture where an earlier run has landed it and it says the same."""
    key = key_of(document)
    have = listed(store, key.id)
    _refuse_newer(store, have, key)
    stands = next((str(k) for k in settled(have) if k.moment == key.moment and k.said == key.said), None)
    return is_known(have, key), stands


def land(store: Store, document: Document) -> Landed:
    """Puts an annotated document; "unchanged" where an earlier capture turned out to have said the same.

    Raises `NewerEdition` where the folder holds what newer code made; nothing of ours is left there then.
    """
    key, body = key_of(document), encode(document)
    stands = _settle(store, key, body)
    if stands is None:
        raise StoreError(f"{store.url}: {key} has no place in its folder")
    return Landed("landed" if stands == key else "unchanged", str(stands))


def see(store: Store, document: Document) -> str | None:
    """Puts `.seen` for a document that was known, not annotated, and gives the key that stands for its capture.

    None, and nothing left behind, where no earlier document of its version is there any more: the entry stays
    pending. Raises `NewerEdition` as `land` does.
    """
    key = key_of(document).of_kind("seen")
    stands = _settle(store, key)
    return str(stands) if stands else None


def lift(store: Store, documents: Collection[tuple[Document, str | None]], seen: Collection[Key]) -> None:
    """Puts what a replay made of the captures of one folder, and settles: older keys go once the newer are there.

    A document with an etag goes over exactly these bytes of its key, as a better one may not be told by `better`.
    Raises `NewerEdition` where the folder holds what newer code made.
    """
    keys = [*(key_of(document) for document, _ in documents), *seen]
    _refuse_newer(store, listed(store, keys[0].id), max(keys, key=lambda key: key.number))
    for document, etag in documents:
        if etag is None or not store.replace(str(key_of(document)), encode(document), etag):
            _offer(store, key_of(document), encode(document))
    for key in seen:
        store.put_new(str(key), b"")
    for document, _ in documents:
        land(store, document)
    for key in seen:
        _settle(store, key)


def gone(
    store: Store, article: str, captured_at: datetime, record: str, edition: str, *, anyway: bool = False
) -> str | None:
    """Puts the key of a capture that was answered 404 or 410; None where we hold nothing of the article before it.

    `anyway` puts it there too: of an archive an earlier capture may come later.
    """
    key = gone_key(article, captured_at, record, edition)
    have = listed(store, article)
    _refuse_newer(store, have, key)
    held = any(k.version != GONE and k.moment < key.moment for k in have)
    if not held and not anyway:
        return None
    stands = _settle(store, key)
    return str(stands) if stands and held else None


def history(store: Store, article: str) -> list[Key]:
    """The article's captures, oldest first; the last one says what the article says now.

    What is about to go does not count: a landing or a replay may be under way, or have died.
    """
    return sorted(settled(listed(store, article)))


def latest(store: Store, article: str) -> Document | None:
    """What the article says now, or said last before it was gone; None where we hold nothing."""
    for _ in range(ROUNDS):
        key = document_key(history(store, article))
        if key is None:
            return None
        try:
            return document_at(store, key)
        except NotFound:
            continue  # it became `.seen` since the listing
    raise StoreError(f"{store.url}: {folder(article)} changes faster than it can be read")


def document_key(captures: list[Key]) -> Key | None:
    """The document that holds what the last capture says; the one before where that is gone."""
    documents = {key.said: key for key in reversed(captures) if key.kind == "json"}
    says = (documents[key.said] for key in reversed(captures) if key.said in documents)
    return next(says, None)


def listed(store: Store, article: str) -> frozenset[Key]:
    """The keys of an article's folder, as they lie there."""
    found = (parse(listed.key) for listed in store.keys(folder(article)))
    return frozenset(key for key in found if key is not None)


def _offer(store: Store, key: Key, body: bytes) -> bool:
    """Puts the key, but no document over a better one of the same capture; True where nothing was there."""
    while not store.put_new(str(key), body):
        if key.kind == "seen":
            return False
        try:
            stored = store.get(str(key))
        except NotFound:
            return False  # the next listing says what became of it
        if better(stored.body, body) == stored.body or store.replace(str(key), body, stored.etag):
            return False
    return True


def _settle(store: Store, key: Key, body: bytes = b"") -> Key | None:
    """Puts our key and lists and mends until nothing differs; the key that stands for our capture, or None."""
    fresh = _offer(store, key, body)
    for _ in range(ROUNDS):
        have = listed(store, key.id)
        _refuse_newer(store, have, key, withdraw=fresh)
        if _is_orphan(have, key):
            store.delete(str(key))
            return None
        want = settled({*have, key})
        mine = next((k for k in want if k.moment == key.moment and k.said == key.said), None)
        if mine == key and key not in have:  # taken away by somebody who saw an older listing
            fresh = _offer(store, key, body) or fresh
        elif not _mend(store, have, want, key):
            return mine or (max(want) if key.is_feed else None)  # instead of a feed's body the last page stands
    raise StoreError(f"{store.url}: {folder(key.id)} changes faster than it can be settled")


def _mend(store: Store, have: Collection[Key], want: Collection[Key], key: Key) -> bool:
    """Carries out what this listing allows of the difference; False where there was nothing to do."""
    missing = [k for k in want if k not in have and k.kind == "seen"]
    for k in missing:
        store.put_new(str(k), b"")
    doomed = [k for k in have if k not in want and _may_go(k, have, want, key)]
    for k in doomed:
        store.delete(str(k))
    return bool(missing or doomed)


def _may_go(k: Key, have: Collection[Key], want: Collection[Key], key: Key) -> bool:
    if k.of_kind("seen") in want:
        return k.of_kind("seen") in have  # a document, once its `.seen` is there
    if k.of_kind("json") in want:
        return k.moment == key.moment  # a `.seen` beside its document: its own lander's to take
    return True  # a feed's where a page is there, an older edition's of one capture


def _is_orphan(have: Collection[Key], key: Key) -> bool:
    """Whether our `.seen` says "as before" where nothing was before."""
    return key.kind == "seen" and key.version != GONE and key.of_kind("json") not in have and not is_known(have, key)


def _refuse_newer(store: Store, have: Collection[Key], key: Key, *, withdraw: bool = False) -> None:
    newest = max(have, key=lambda k: k.number, default=key)
    if newest.number <= key.number:
        return
    if withdraw:
        store.delete(str(key))
    raise NewerEdition(
        f"{store.url}: {folder(key.id)} holds edition {newest.edition} and this code makes {key.edition}: "
        "run the release that made it"
    )
