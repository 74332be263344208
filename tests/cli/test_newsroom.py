"""The command itself: what it lists, and how it ends."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import COMMANDS, newsroom

ROOT = Path(__file__).resolve().parents[2]


def call(*words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    code = "from pipeline.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, cwd=ROOT)


def test_newsroom_lists_its_commands() -> None:
    said = CliRunner().invoke(newsroom, ["--help"]).output
    assert all(name in said for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_newsroom_every_command_explains_itself(name: str) -> None:
    done = CliRunner().invoke(newsroom, [name, "--help"])
    assert done.exit_code == 0
    assert len(done.output.splitlines()) > 4


@pytest.mark.parametrize("name", COMMANDS)
def test_newsroom_every_command_is_in_the_docs(name: str) -> None:
    assert f"newsroom {name}" in (ROOT / "README.md").read_text() + (ROOT / "docs/commands.md").read_text()


def test_newsroom_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from pipeline.cli import newsroom as n; n(['--help'], standalone_mode=False); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(done.stdout.split())
    assert not loaded & {"spacy", "trafilatura", "boto3", "pyarrow", "numpy", "rich", "aiohttp", "airflow"}


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["nonsense"], 2, "No such command"),
        (["ingest", "--store", "file:///proc/nowhere"], 1, "newsroom: "),
        (["ingest", "--now", "yesterday", "--store", "file:///tmp"], 2, "not a time"),
        (["annotate"], 2, "name files or URLs"),
    ],
)
def test_newsroom_an_error_is_one_line_and_a_status(words: list[str], status: int, said: str) -> None:
    done = call(*words)
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
