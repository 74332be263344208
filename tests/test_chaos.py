"""`newsroom ingest` and `archive`, killed at random points and run four at once: all ends as after calm runs."""

import subprocess
import sys

import pytest

from tests import chaos


@pytest.mark.parametrize("command", chaos.COMMANDS)
def test_chaos_five_deaths_and_four_at_once_end_in_the_same_documents_and_rows(command: str) -> None:
    words = [sys.executable, chaos.__file__, "--times", "5", "--of", command]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr)  # names the seed
    assert done.returncode == 0
    assert "5 deaths" in done.stdout
