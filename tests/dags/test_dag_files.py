"""DAG files stay small, import cheaply, and explain themselves."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for path in (ROOT / "dags").glob("*.py") if not path.stem.endswith("tasks"))
DECLARED = """
[[source]]
name = "rolls"
url = "s3://bucket/{yyyy}/{mm}/{dd}/"
kind = "warc"
from = 2019-01-01
to = 2019-12-31

[[source]]
name = "broken"
url = "s3://bucket/"
kind = "warc"

[[source]]
name = "feed"
url = "https://feed.example/"
"""
HEAVY = {"spacy", "trafilatura", "pyarrow", "deltalake", "boto3", "aiohttp", "numpy", "feedparser", "rich"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_dag_files_import_nothing_heavy_of_their_own(path: Path, tmp_path: Path) -> None:
    """What Airflow imports by itself is not ours to change."""
    said = parsed(path, "print(*set(sys.modules) - before)", tmp_path)
    assert not set(said.split()) & HEAVY


def parsed(path: Path, then: str, tmp_path: Path) -> str:
    """What is said by a process that has read a DAG file as Airflow does, and goes on with `then`."""
    code = (
        "import sys; import airflow.sdk, airflow.plugins_manager; before = set(sys.modules); "
        f"sys.path[:0] = ['dags', 'plugins']; import {path.stem} as read; {then}"
    )
    (tmp_path / "sources.toml").write_text(DECLARED)
    env = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    env["NEWSROOM_SOURCES"] = str(tmp_path / "sources.toml")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_dag_files_each_right_archive_has_a_dag(tmp_path: Path) -> None:
    """What is declared wrongly takes nothing else with it."""
    then = "print(*(one.dag_id for one in read.archive_dags))"
    assert parsed(ROOT / "dags" / "archives.py", then, tmp_path).split() == ["archive_rolls"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_dag_files_have_a_docstring_that_a_user_reads(path: Path) -> None:
    doc = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert len(doc.split()) > 40


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_dag_files_fit_a_screen(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 80
