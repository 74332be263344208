"""One Airflow for all tests of DAGs; what it takes first, one half killed beside the other, is what they look at."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.local import airflow as airflows
from pipeline.local.demo import start_demo
from pipeline.local.object_store import ObjectStore
from pipeline.local.ports import free_port
from tests.dags import rolls
from tests.dags.house import NOW, House


@pytest.fixture(scope="session")
def planted() -> str:
    """The password of a source, which is to be seen nowhere."""
    return "rosebud-by-the-sea"


@pytest.fixture(scope="package")
def house(server_state: Path, postgres: str, s3_server: ObjectStore, planted: str) -> Iterator[House]:
    """With the demo and the archive as its sources; nothing runs by the clock."""
    rolls.fill(server_state / "rolls")
    with ExitStack() as running:
        demo = running.enter_context(start_demo(server_state / "demo"))
        sources = server_state / "sources.toml"
        with_login = demo.declared.replace('every = "15m"', 'every = "15m"\nauth = "demo_login"')
        sources.write_text(with_login + rolls.DECLARED.format(folder=server_state / "rolls"))
        env = {
            "AIRFLOW_CONN_DEMO_LOGIN": json.dumps({"conn_type": "http", "login": "reader", "password": planted}),
            "NEWSROOM_STORE": f"s3://{s3_server.bucket}/dags",
            "NEWSROOM_SOURCES": str(sources),
            "NEWSROOM_NOW": NOW,
            "NEWSROOM_CONTACT": "",
            "AIRFLOW_CONN_NEWSROOM_STORE": s3_server.connection,
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
            "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
        }
        port = free_port(server_state, "airflow")
        airflow = airflows.start(server_state, port, postgres, env, running)
        house = House(airflow, s3_server.store("dags"), demo, env)
        dags = {"ingest", "ingest_urls", "archive_path", "replay", rolls.ROLLS, rolls.HEAP}
        house.until(lambda: dags <= {dag["dag_id"] for dag in airflow.call("GET", "dags")["dags"]})
        for dag in dags:
            airflow.call("PATCH", f"dags/{dag}", {"is_paused": False})
        yield house


@pytest.fixture(scope="package")
def taken(house: House) -> tuple[list[str], str]:
    """A backfill of all days, the last first, two of whose tasks were killed, and a live run meanwhile."""
    runs = house.backfill(rolls.ROLLS, rolls.DAYS, run_backwards=True)
    live = house.airflow.trigger("ingest", {"not_due": True})
    house.kill(rolls.ROLLS, runs[2], ("plan",))
    house.kill(rolls.ROLLS, runs[1], ("shard",))
    assert [house.ended(rolls.ROLLS, run) for run in runs] == ["success"] * rolls.DAYS
    assert house.ended("ingest", live) == "success"
    tries = [{(one["task_id"], one["try_number"]) for one in house.airflow.tasks(rolls.ROLLS, run)} for run in runs]
    assert ("shard", 2) in tries[1]
    assert ("plan", 2) in tries[2]
    return runs, live


@pytest.fixture(scope="package")
def filled(taken: tuple[list[str], str]) -> list[str]:
    """The runs of the archive's days, oldest first."""
    return taken[0]


@pytest.fixture(scope="package")
def first_run(house: House, taken: tuple[list[str], str]) -> str:
    """The ledger's name of the run that took the whole demo."""
    return house.airflow.ledger_name("ingest", taken[1])
