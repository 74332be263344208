"""`make demo` as a whole, without anybody who presses Enter."""

import re
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def said() -> str:
    done = subprocess.run([sys.executable, "-m", "pipeline.local.tour"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "line",
    [
        r"rejected at clean: consent wall",
        r"correction \(quote\) · body",
        r"ce91\w+-\S+  not close a single island school\n.*  not expect to close any island school",
        r"Killed: exit status -9\.",
        r"failed at land: run died[^\n]*\n[^\n]* landed ",
        r"\+Avocet reports from eleven harbours",
        r"documents that say something else: [1-9]",
        r"written: run ",
        r"nothing to take: nothing of these days is stale",
        r"(?s)switched off.*1\s+change\.\s.*correction \(quote\)",
        r"documents, and in the store:",
    ],
)
def test_tour_shows_what_it_promises(said: str, line: str) -> None:
    assert re.search(line, said), said


def test_tour_sums_are_right_after_the_death(said: str) -> None:
    sums = re.findall(r"^\S+  cli +\d+ s  (.*)$", said, re.MULTILINE)
    assert sums
    assert all("open" not in line for line in sums)
