"""How pending entries are parted into batches."""

import pytest

from pipeline.model import Entry, Taken
from pipeline.stages.plan import BATCH, SMALL_BATCH, batches, twins


def taken(url: str, source: str = "tern") -> Taken:
    return Taken(entry=Entry(source=source, url=url), queued_as=url)


def many(host: str, number: int, deaths: int = 0) -> list[tuple[Taken, int]]:
    return [(taken(f"https://{host}/{n}"), deaths) for n in range(number)]


def hosts(batch: list[Taken]) -> set[str]:
    return {one.queued_as.split("/")[2] for one in batch}


@pytest.mark.parametrize(
    ("numbers", "sizes"),
    [
        ([], []),
        ([1], [1]),
        ([100, 100, 100], [200, 100]),
        ([250, 1, 249], [250, 250]),
        ([300], [250]),
        ([600, 10], [250, 10]),
    ],
)
def test_plan_packs_hosts_into_batches(numbers: list[int], sizes: list[int]) -> None:
    found = list(batches(one for n, number in enumerate(numbers) for one in many(f"h{n}.example", number)))
    assert [len(batch) for batch in found] == sizes
    assert all(len(batch) <= BATCH for batch in found)


def test_plan_a_host_is_in_one_batch() -> None:
    found = list(batches(one for n in range(40) for one in many(f"h{n}.example", 7 + n)))
    seen = [host for batch in found for host in hosts(batch)]
    assert len(seen) == len(set(seen)) == 40


def test_plan_www_and_bare_are_one_host() -> None:
    found = list(
        batches(
            [(taken("https://www.tern.example/1"), 0), (taken("http://tern.example/2"), 0), *many("x.example", 249)]
        )
    )
    assert sorted(map(len, found)) == [2, 249]


def test_plan_entries_that_runs_died_of_travel_apart() -> None:
    found = list(batches([*many("a.example", 100), *many("b.example", 7, deaths=2)]))
    assert [len(batch) for batch in found] == [100, SMALL_BATCH, 2]


def test_plan_the_second_source_of_an_article_is_a_twin() -> None:
    first, second = taken("https://tern.example/1", "gull"), taken("http://www.tern.example/1/?utm_source=x", "tern")
    found = [one for one, _ in twins([(first, 0), (second, 0)])]
    assert [one.twin for one in found] == [None, "gull https://tern.example/1"]


def test_plan_entries_without_a_link_are_nobodys_twin() -> None:
    bare = [(Taken(entry=Entry(source="tern", guid=guid), queued_as=guid), 0) for guid in "ab"]
    assert [one.twin for one, _ in twins(bare)] == [None, None]
