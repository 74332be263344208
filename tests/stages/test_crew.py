"""Jobs in several processes: each is done once, and a death costs its own job."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from pipeline.errors import NewsroomError, StoreError
from pipeline.stages.crew import spread


def work(job: str, told: Callable[[Any], None]) -> None:
    if job == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if job == "fails":
        raise StoreError("full")
    told(f"{job} began")
    told(os.getpid())


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_crew_every_job_is_done_once(processes: int) -> None:
    jobs = [f"job {number}" for number in range(20)]
    said = list(spread(work, jobs, processes))
    assert sorted(one.job for one in said if one.done) == sorted(jobs)
    assert Counter(one.value for one in said if isinstance(one.value, str)) == Counter(f"{job} began" for job in jobs)
    assert len({one.value for one in said if isinstance(one.value, int)}) <= processes


@pytest.mark.parametrize(("bad", "error"), [("dies", "its process died"), ("fails", "full")])
def test_crew_a_bad_job_takes_no_other_with_it(bad: str, error: str) -> None:
    said = list(spread(work, ["a", bad, "b", "c"], 2))
    assert [(one.job, str(one.error)) for one in said if one.error] == [(bad, error)]
    assert {one.job for one in said if one.done and not one.error} == {"a", "b", "c"}


def test_crew_stops_with_who_listens() -> None:
    before = set(psutil.Process().children())
    said = spread(work, ["a", "b"], 2)
    next(said)
    said.close()
    assert set(psutil.Process().children()) == before


def test_crew_errors_are_of_the_house() -> None:
    (end,) = [one for one in spread(work, ["fails"], 1) if one.done]
    assert isinstance(end.error, NewsroomError)


def test_crew_a_process_that_dies_between_two_jobs_costs_none() -> None:
    def work(_: str, told: Callable[[Any], None]) -> None:
        told(os.getpid())

    done, process = [], 0
    for said in spread(work, ["a", "b", "c"], 1):
        if said.done:
            done.append((said.job, said.error))
            os.kill(process, signal.SIGKILL)
            while psutil.Process(process).status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.01)
        else:
            process = said.value
    assert done == [("a", None), ("b", None), ("c", None)]
