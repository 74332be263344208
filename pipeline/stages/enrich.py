"""Runs the steps of one task over the documents of a batch."""

from collections import Counter
from collections.abc import Collection, Sequence

from msgspec.structs import replace

from pipeline.clean import clean_text
from pipeline.errors import StepBroken, StepsGone
from pipeline.model import Annotation, Document, Taken
from pipeline.parse import Parser
from pipeline.stages.desk import Desk
from pipeline.steps import Reading, Step, all_steps

FEWEST = 20
"""Of fewer documents a share says nothing."""

ALL_OF = 3
"""Of so few documents a step is at fault when it fails on every one."""

BROKEN_SHARE = 0.2
"""A step that fails on more of a batch than this is at fault, not the documents."""


def enrich(task: str, desk: Desk, taken: list[Taken]) -> list[Taken]:
    """The entries with the layers of the task; a layer that failed is named in `missing`."""
    steps = [step for step in all_steps() if step.task == task]
    made = [enriched(task, steps, desk, one) if wants(one) else one for one in taken]
    complain(steps, [one for one in made if wants(one)])
    return made


def wants(taken: Taken) -> bool:
    return taken.document is not None and taken.outcome is None and not taken.known


def enriched(task: str, steps: Sequence[Step], desk: Desk, taken: Taken) -> Taken:
    """One entry after the task."""
    assert taken.document is not None  # noqa: S101 - see `wants`
    began = desk.clock()
    document, missing = annotated(taken.document, steps, desk.parser)
    ms = round((desk.clock() - began).total_seconds() * 1000)
    return replace(taken, document=document, missing={**taken.missing, **missing}, ms={**taken.ms, task: ms})


def annotated(document: Document, steps: Sequence[Step], parser: Parser) -> tuple[Document, dict[str, str]]:
    """The document with a layer more for each step, and the reasons of the steps that failed on it."""
    layers: dict[str, Annotation] = dict(document.annotations)
    document = replace(document, annotations=layers)
    reading, missing = Reading(document, parser), dict[str, str]()
    for step in steps:
        try:
            layers[step.name] = step.annotate(reading)
        except (ImportError, OSError) as error:  # a model or table is gone: no document does that
            raise StepsGone(f"step {step.name} cannot work: {' '.join(str(error).split())[:200]}") from error
        except Exception as error:  # noqa: BLE001 - the one place where any error of a step is a reason
            missing[step.name] = f"{type(error).__name__}: {error}"[:200]
    return document, missing


def warm(parser: Parser, languages: Collection[str | None]) -> None:
    """Loads what the steps need for these languages: every child of this process has it for nothing then."""
    for language in languages:
        text = "Ferries stay in port, the company said on Monday. “We regret this,” said Ann Lee of Oslo."
        annotated(replace(clean_text(text), language=language), all_steps(), parser)


def complain(steps: Sequence[Step], made: Sequence[Taken]) -> None:
    """Stops the task where a step fails too often."""
    failures = Counter(name for one in made for name in one.missing)
    allowed = BROKEN_SHARE * len(made) if len(made) >= FEWEST else max(len(made), ALL_OF) - 1
    broken = [step.name for step in steps if failures[step.name] > allowed]
    if broken:
        reason = next(one.missing[broken[0]] for one in made if broken[0] in one.missing)
        kind = StepsGone if all(failures[step.name] == len(made) for step in steps) else StepBroken
        raise kind(f"step {broken[0]} failed on {failures[broken[0]]} of {len(made)} documents: {reason}")
