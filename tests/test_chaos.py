"""`newsroom ingest` and `archive` are killed at random points, and run four times at once: all ends as after calm runs."""

import subprocess
import sys

from tests import chaos


def test_chaos_five_deaths_and_four_at_once_end_in_the_same_documents_and_rows() -> None:
    done = subprocess.run([sys.executable, chaos.__file__, "--times", "5"], capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr)  # names the seed
    assert done.returncode == 0
    assert "5 deaths" in done.stdout
