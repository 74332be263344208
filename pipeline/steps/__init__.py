"""The enrichment steps: what each declares, their order, and how they run on documents.

A step is one file of this folder. Adding a step is adding a file; see docs/adding-a-step.md.
"""

import ast
import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pipeline import seeds
from pipeline.model import Annotation, Document

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from pipeline.parse import Parser

TASKS = ("names_and_quotes", "topics", "summary")
"""The tasks that steps run in, in sequence: all that need the parse share the first."""

SCORE_DIGITS = 3
"""Scores are rounded, so that batch shape and processor do not show."""

PIPELINE = Path(__file__).resolve().parent.parent
SHARED = (
    "pipeline",
    "pipeline.steps",
    "pipeline.model",
    "pipeline.seeds",
    "pipeline.errors",
    "pipeline.layers",
    "pipeline.parse",
)
"""What every step stands on; the parser counts for the steps that read the parse."""


class Reading:
    """One document as the steps see it: text, earlier layers, and a parse that is made once and kept nowhere."""

    def __init__(self, document: Document, parser: "Parser") -> None:
        self.document = document
        self.parser = parser
        self.text = document.text
        self.title = document.title or ""

    @property
    def language(self) -> str:
        """ISO 639-1 code by the language layer, else what the page says; "und" where neither knows."""
        found = self.layer("language")
        return (found and found["code"]) or self.document.language or "und"

    def layer(self, name: str) -> Any:
        """The value of an earlier layer, as plain data; empty where it is missing or unsupported."""
        found = self.document.annotations.get(name)
        return [] if found is None or found.value is msgspec.UNSET else found.value

    @cached_property
    def parse(self) -> "Doc":
        """spaCy's parse of the text: tokens and names, in English also tags, dependencies and sentences."""
        return self.parser(self.text, self.language)


StepFunction = Callable[[Reading], Any]


@dataclass(frozen=True, kw_only=True)
class Step:
    """A declared step.

    `languages` is None where it reads any; `tables` are files of seeds/tables; in the languages of `parse` it reads the
    parse, and carries the name of that language's model.
    """

    name: str
    version: int
    task: str
    run: StepFunction
    needs: tuple[str, ...] = ()
    languages: frozenset[str] | None = None
    parse: frozenset[str] = frozenset()
    model: str | None = None
    tables: tuple[str, ...] = ()

    def annotate(self, reading: Reading) -> Annotation:
        """The layer of one document; whatever the step raises passes through."""
        model = self.model_of(reading.parser, reading.language)
        if self.languages is not None and reading.language not in self.languages:
            return Annotation(version=self.version, model=model, unsupported=reading.language)
        tables = seeds.digest(self.tables)
        return Annotation(version=self.version, model=model, tables=tables, value=self.run(reading))

    def model_of(self, parser: "Parser", language: str) -> str | None:
        """Name and version of the model that it asks of a text in the language."""
        return parser.model(language) if language in self.parse else self.model

    def made_by(self, parser: "Parser") -> frozenset[str]:
        """All that its layers may carry now: of a text whose language it does not know it read no table."""
        models = {self.model, *(self.model_of(parser, code) for code in self.parse)}
        tables = {seeds.digest(self.tables), *(() if self.languages is None else (None,))}
        made = (Annotation(version=self.version, model=model, tables=table) for model in models for table in tables)
        return frozenset(one.made_by for one in made)

    @property
    def fingerprint(self) -> str:
        """16 hex digits over its code, what it imports of ours and its tables; a change must raise `version`."""
        files = code_of(Path(self.run.__code__.co_filename), set())
        if self.parse:
            code_of(PIPELINE / "parse.py", files)
        digest = hashlib.sha256()
        for path in [*sorted(files), *(seeds.TABLES / table for table in self.tables)]:
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]


def code_of(path: Path, known: set[Path]) -> set[Path]:
    """`known` with the file and those of ours that it imports, and so on; not what all steps share, which changes no
    value."""
    known.add(path)
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pipeline") and node.level == 0:
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            for name in names:
                module = PIPELINE.parent.joinpath(*name.split("."))
                for file in (module.with_suffix(".py"), module / "__init__.py"):
                    if file not in known and file.exists() and name not in SHARED:
                        code_of(file, known)
    return known


def step(
    *,
    version: int,
    task: str,
    needs: Sequence[str] = (),
    languages: Iterable[str] | None = None,
    parse: Iterable[str] = (),
    model: str | None = None,
    tables: Sequence[str] = (),
) -> Callable[[StepFunction], Step]:
    """Declares the decorated function as the step of its name."""

    def declare(run: StepFunction) -> Step:
        return Step(
            name=run.__name__,
            version=version,
            task=task,
            run=run,
            needs=tuple(needs),
            languages=None if languages is None else frozenset(languages),
            parse=frozenset(parse),
            model=model,
            tables=tuple(tables),
        )

    return declare


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps by their needs, task after task; unknown, backward and circular needs are errors."""
    by_name = {s.name: s for s in steps}
    for s in by_name.values():
        for need in s.needs:
            if need not in by_name:
                raise ValueError(f"step {s.name} needs {need}, which no step gives")
            if TASKS.index(by_name[need].task) > TASKS.index(s.task):
                raise ValueError(f"step {s.name} of task {s.task} needs {need} of the later {by_name[need].task}")
    try:
        order = list(TopologicalSorter({name: sorted(s.needs) for name, s in sorted(by_name.items())}).static_order())
    except CycleError as error:
        raise ValueError(f"steps need each other in a circle: {' → '.join(error.args[1])}") from None
    return tuple(sorted((by_name[name] for name in order), key=lambda s: TASKS.index(s.task)))


def found() -> Iterator[Step]:
    """Every step that a file of this folder declares."""
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        for value in vars(importlib.import_module(f"{__name__}.{module}")).values():
            if isinstance(value, Step):
                yield value


def all_steps() -> tuple[Step, ...]:
    """All steps in sequence."""
    return in_order(found())


def dependents(names: Iterable[str], steps: Iterable[Step]) -> list[Step]:
    """The named steps and those that read what they make, in sequence."""
    touched = set(names)
    chosen = []
    for one in steps:  # in sequence: what a step needs stands before it
        if one.name in touched or touched.intersection(one.needs) or (one.languages and "language" in touched):
            touched.add(one.name)
            chosen.append(one)
    return chosen


Makers = Mapping[str, tuple[int, frozenset[str]]]
"""Step to its version and to what its layers carry now."""


def makers(steps: Iterable[Step], parser: "Parser") -> Makers:
    """What is installed: to be asked for once, as it looks up packages and tables."""
    return {one.name: (one.version, one.made_by(parser)) for one in steps}


def stale(layers: Mapping[str, str], installed: Makers) -> set[str]:
    """Of a document's layers, each with what made it, those that are missing or not of what is installed.

    What a newer version made is not stale.
    """
    return {name for name, (version, made) in installed.items() if is_stale(layers.get(name), version, made)}


def is_stale(made_by: str | None, version: int, made: Collection[str]) -> bool:
    """Whether a layer is missing, older, or of another model or other tables."""
    return made_by is None or (made_by not in made and int(made_by.split()[0]) <= version)


def newer(document: Document, step: Step) -> bool:
    """Whether newer code made the layer: ours must not take its place."""
    layer = document.annotations.get(step.name)
    return layer is not None and layer.version > step.version
