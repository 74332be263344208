"""DAG files stay small, import cheaply, and explain themselves."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "dags").glob("ingest*.py"))
HEAVY = {"spacy", "trafilatura", "pyarrow", "deltalake", "boto3", "aiohttp", "numpy", "feedparser", "rich"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_dag_files_import_nothing_heavy_of_their_own(path: Path, tmp_path: Path) -> None:
    """What Airflow imports by itself is not ours to change."""
    code = (
        "import sys; import airflow.sdk, airflow.plugins_manager; before = set(sys.modules); "
        f"sys.path[:0] = ['dags', 'plugins']; import {path.stem}; print(*set(sys.modules) - before)"
    )
    env = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not set(done.stdout.split()) & HEAVY


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_dag_files_have_a_docstring_that_a_user_reads(path: Path) -> None:
    doc = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert len(doc.split()) > 40


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_dag_files_fit_a_screen(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 80
