"""The phrases of the ledger: each error is made from the table."""

import pytest

from pipeline.errors import Retryable
from pipeline.web import REASONS, because


@pytest.mark.parametrize("phrase", sorted(REASONS))
def test_reasons_an_error_is_what_the_table_says(phrase: str) -> None:
    error = because(phrase, "a thing")
    assert (type(error), error.reason) == (REASONS[phrase], f"{phrase}: a thing")
    assert because(phrase).reason == phrase


def test_reasons_there_is_no_phrase_outside_of_the_table() -> None:
    with pytest.raises(KeyError):
        because("bad luck")


def test_reasons_what_waits_says_until_when() -> None:
    error = because("timed out", "read")
    assert isinstance(error, Retryable)
    assert error.not_before is None
