"""The number of the cleaning rules, which is the edition of every document that they make."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from pipeline.seeds import TABLES

RULES = 1
"""Raise it whenever what is below changes what comes out: documents of two numbers are never compared."""

CODE = (
    "decoding",
    "forms",
    "furniture",
    "metadata",
    "names",
    "page",
    "parts",
    "refusals",
    "signs",
    "structured",
    "tree",
)
TABLE_NAMES = ("bylines.tsv", "forms.tsv", "furniture.tsv", "metadata.tsv", "refusals.tsv")


def fingerprint() -> str:
    """16 hex digits over code, tables and the extractor's version; a test holds it to `RULES`."""
    digest = hashlib.sha256(f"trafilatura {version('trafilatura')}".encode())
    for path in [*(Path(__file__).with_name(f"{name}.py") for name in CODE), *(TABLES / name for name in TABLE_NAMES)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
