"""The team's evaluation data, beside the checkout; nothing that a user runs depends on it."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared(path: str) -> Path:
    """The path of a file or folder of the evaluation data; skips the test where it is missing, never in CI."""
    found = SHARED / path
    if not found.exists():
        if os.environ.get("CI"):
            pytest.fail(f"CI needs the evaluation data: {found}")
        pytest.skip(f"needs the evaluation data: {found}")
    return found
