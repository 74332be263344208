"""A step that changes gets a higher version, so that documents of old and new code can be told apart."""

import pytest

from pipeline.steps import Step
from tests.golden.steps import now, unraised, written

BEFORE = {"a": {"version": 2, "fingerprint": "x"}}


def test_steps_golden_holds_every_step_as_it_is() -> None:
    assert unraised(written(), now()) == [], "raise their version, then run python -m tests.golden.steps"
    assert written() == now(), "run python -m tests.golden.steps"


@pytest.mark.parametrize(
    ("version", "fingerprint", "refused"),
    [(2, "x", []), (2, "y", ["a"]), (3, "y", []), (1, "x", ["a"]), (1, "y", ["a"]), (3, "x", [])],
)
def test_steps_golden_refuses_a_change_without_a_higher_version(
    version: int, fingerprint: str, refused: list[str]
) -> None:
    assert unraised(BEFORE, {"a": {"version": version, "fingerprint": fingerprint}}) == refused


def test_steps_fingerprint_sees_what_a_step_imports_and_its_tables() -> None:
    from pipeline.steps.quotes import quotes

    bare = Step(name="quotes", version=1, task=quotes.task, run=quotes.run)
    assert len({quotes.fingerprint, bare.fingerprint}) == 2
    assert bare.fingerprint == Step(name="other", version=9, task=quotes.task, run=quotes.run).fingerprint
