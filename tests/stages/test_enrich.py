"""Steps over a batch: a step that fails leaves its layer out, one that fails too often stops the task."""

import dataclasses

import pytest
from msgspec.structs import replace

from pipeline.errors import StepBroken, StepsGone
from pipeline.model import Document, Entry, Extraction, Taken
from pipeline.parse import Parser
from pipeline.stages.enrich import annotated, complain, wants
from pipeline.steps import Reading, Step, step


def document(text: str) -> Document:
    return Document(
        id="0" * 20, version="0" * 16, url=None, source=None, captured_at=None, title=None, text=text, raw=None,
        extraction=Extraction("page", 1),
    )  # fmt: skip


@step(version=3, task="summary")
def words(reading: Reading) -> int:
    return len(reading.text.split())


@step(version=1, task="summary")
def first_word(reading: Reading) -> str:
    return reading.text.split()[0]


@step(version=1, task="summary", needs=("words",))
def twice(reading: Reading) -> int:
    return 2 * int(reading.layer("words"))


def test_enrich_adds_a_layer_for_each_step() -> None:
    made, missing = annotated(document("Ferries stay in port"), [words, first_word, twice], Parser())
    assert {name: layer.value for name, layer in made.annotations.items()} == {
        "words": 4,
        "first_word": "Ferries",
        "twice": 8,
    }
    assert made.annotations["words"].version == 3
    assert not missing


def test_enrich_a_step_that_fails_leaves_the_others() -> None:
    made, missing = annotated(document(""), [words, first_word, twice], Parser())
    assert sorted(made.annotations) == ["twice", "words"]
    assert missing == {"first_word": "IndexError: list index out of range"}


def test_enrich_leaves_the_document_that_came_as_it_was() -> None:
    before = document("Ferries stay in port")
    annotated(before, [words], Parser())
    assert not before.annotations


def batch(failed: int, of: int, name: str = "first_word") -> list[Taken]:
    one = Taken(entry=Entry(source="tern", url="u"), queued_as="u", document=document("a"))
    return [replace(one, missing={name: "IndexError: x"} if n < failed else {}) for n in range(of)]


@pytest.mark.parametrize(
    ("failed", "of", "stops"),
    [
        (4, 20, False),
        (5, 20, True),
        (1, 250, False),
        (60, 250, True),
        (18, 19, False),
        (19, 19, True),
        (3, 3, True),
        (2, 2, False),
        (1, 1, False),
    ],
)
def test_enrich_a_step_that_fails_too_often_stops_the_task(failed: int, of: int, stops: bool) -> None:
    steps: list[Step] = [words, first_word]
    if stops:
        with pytest.raises(StepBroken, match=f"step first_word failed on {failed} of {of} documents: IndexError: x"):
            complain(steps, batch(failed, of))
    else:
        complain(steps, batch(failed, of))


@pytest.mark.parametrize(("steps", "goes_on"), [([words, first_word], True), ([first_word], False)])
def test_enrich_when_every_step_fails_everywhere_no_batch_goes_on(steps: list[Step], goes_on: bool) -> None:
    with pytest.raises(StepBroken) as raised:
        complain(steps, batch(20, 20))
    assert isinstance(raised.value, StepsGone) is not goes_on


def test_enrich_a_model_that_is_gone_is_no_fault_of_a_document() -> None:
    reads_parse = dataclasses.replace(words, run=lambda reading: len(reading.parse), parse=frozenset({"en"}))
    with pytest.raises(StepsGone, match=r"step words cannot work: .*no_such_model"):
        annotated(replace(document("Ferries stay in port"), language="en"), [reads_parse], Parser("no_such_model"))


def test_enrich_does_not_count_the_failures_of_an_earlier_task() -> None:
    complain([words], batch(20, 20, "of_another_task"))


def test_enrich_takes_no_entry_that_is_settled_or_known() -> None:
    [one] = batch(0, 1)
    assert wants(one)
    assert not wants(replace(one, known=True))
    assert not wants(replace(one, document=None))
    assert not wants(replace(one, outcome="rejected"))
