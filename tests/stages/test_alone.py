"""Work in a child: what kills it ends alone, and nobody else's work is lost."""

import os
import signal
from collections.abc import Iterator, Sequence

import psutil
import pytest

from pipeline.errors import StoreError
from pipeline.stages.alone import each


def work(items: Sequence[int]) -> Iterator[int]:
    """Doubles; 13 kills its process, 14 ends it, 15 raises, 16 says that the store is gone."""
    for item in items:
        if item == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        if item == 14:
            os._exit(3)
        if item == 15:
            raise ValueError("no such number")
        if item == 16:
            raise StoreError("the store is gone")
        yield item * 2


def dead(item: int, how: str) -> str:
    return f"{item}: {how}"


def test_alone_gives_a_result_for_each_in_order() -> None:
    assert list(each(work, range(5), dead)) == [0, 2, 4, 6, 8]
    assert list(each(work, [], dead)) == []


@pytest.mark.parametrize(
    ("deadly", "how"),
    [(13, "killed by SIGKILL"), (14, "ended with status 3"), (15, "ValueError: no such number")],
)
def test_alone_names_what_kills_the_child_and_loses_nothing_else(deadly: int, how: str) -> None:
    assert list(each(work, [1, deadly, 2, deadly, 3], dead)) == [2, f"{deadly}: {how}", 4, f"{deadly}: {how}", 6]
    assert list(each(work, [deadly], dead)) == [f"{deadly}: {how}"]


def test_alone_a_death_of_what_came_together_is_no_items_fault() -> None:
    def greedy(items: Sequence[int]) -> Iterator[int]:
        for number, item in enumerate(items):
            if number == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            yield item

    assert list(each(greedy, range(10), dead)) == list(range(10))


def test_alone_an_error_of_the_house_is_raised() -> None:
    found = each(work, [1, 16, 2], dead)
    assert next(found) == 2
    with pytest.raises(StoreError, match="the store is gone"):
        next(found)


def test_alone_leaves_no_child_behind() -> None:
    before = set(psutil.Process().children())
    found = each(work, range(1000), dead)
    assert next(found) == 0
    found.close()
    assert set(psutil.Process().children()) == before
