"""Turns of hosts: one at a time, after their rest, and not more than so many in all."""

import asyncio

import pytest

from pipeline.web.lanes import Lanes


async def walk(lanes: Lanes, host: str, said: list[str], pause: float = 0) -> None:
    async with lanes.turn(host, pause):
        said.append(f"{host} in")
        await asyncio.sleep(0)
        said.append(f"{host} out")


def test_lanes_one_host_one_at_a_time_and_hosts_beside_each_other() -> None:
    async def run() -> list[str]:
        lanes, said = Lanes(9), list[str]()
        await asyncio.gather(*(walk(lanes, host, said) for host in "aab"))
        return said

    said = asyncio.run(run())
    assert [one for one in said if one.startswith("a")] == ["a in", "a out"] * 2
    assert said.index("b in") < said.index("a out")


def test_lanes_who_waits_for_a_host_holds_up_no_other() -> None:
    async def run() -> list[str]:
        lanes, said = Lanes(1), list[str]()
        await walk(lanes, "a", said)
        await asyncio.gather(walk(lanes, "a", said, pause=0.05), walk(lanes, "b", said))
        return said

    assert asyncio.run(run()) == ["a in", "a out", "b in", "b out", "a in", "a out"]


def test_lanes_a_host_that_rests_is_asked_by_nobody() -> None:
    async def run() -> list[str]:
        lanes, said = Lanes(9), list[str]()
        lanes.rest("a", 0.05)
        lanes.rest("a", 0.01)
        await asyncio.gather(walk(lanes, "a", said), walk(lanes, "b", said))
        return said

    assert asyncio.run(run())[:2] == ["b in", "b out"]


def test_lanes_an_error_ends_the_turn() -> None:
    async def run() -> list[str]:
        lanes, said = Lanes(1), list[str]()
        with pytest.raises(ValueError, match="odd"):
            async with lanes.turn("a", 0):
                raise ValueError("odd")
        await walk(lanes, "a", said)
        return said

    assert asyncio.run(run()) == ["a in", "a out"]
