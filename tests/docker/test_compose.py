"""What docker/ promises, as far as it can be seen without a Docker daemon."""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.config import SETTINGS
from pipeline.local.airflow import RECOVERY
from pipeline.local.build_minio import MODULE
from pipeline.rest import POOLS

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
ONCE = {"init", "db-clean"}  # one ends, the other sleeps


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    return found


def test_compose_every_service_that_stays_says_whether_it_is_well(compose: dict[str, Any]) -> None:
    silent = {name for name, service in compose["services"].items() if "healthcheck" not in service}
    assert silent == ONCE


def test_compose_listens_on_loopback_alone(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_compose_pins_what_it_takes_from_others(compose: dict[str, Any]) -> None:
    taken = [service["image"] for service in compose["services"].values() if "build" not in service]
    froms = re.findall(r"^FROM (\S+:\S+)", (DOCKER / "Dockerfile").read_text(), re.MULTILINE)
    assert all(re.search(r":\d+\.\d|:bookworm-slim", image) for image in [*taken, *froms]), [*taken, *froms]
    assert f"ARG MINIO={MODULE.partition('@')[2]}" in (DOCKER / "Dockerfile").read_text()


def test_compose_holds_no_secret_and_names_what_env_py_draws(compose: dict[str, Any]) -> None:
    sys.path.insert(0, str(DOCKER))
    try:
        import env
    finally:
        sys.path.pop(0)
    text = (DOCKER / "compose.yaml").read_text()
    named = set(re.findall(r"\$\{(\w+):\?", text))
    assert named == set(env.NEEDED)
    assert [name for name, draw in env.NEEDED.items() if draw() == draw()] == ["MINIO_USER"]
    assert len(env.NEEDED["JWT_SECRET"]()) >= 64


def test_compose_settings_are_those_of_the_configuration(compose: dict[str, Any]) -> None:
    known = {setting.name for setting in SETTINGS}
    assert RECOVERY.items() <= compose["x-image"]["environment"].items()
    given = {name for name in compose["x-image"]["environment"] if name.startswith("NEWSROOM_")}
    assert given <= known
    assert set(POOLS) == set(re.findall(r"pools set (\w+) ", (DOCKER / "init.sh").read_text()))
    json.loads(re.sub(r"\$\{[^}]*\}", "x", compose["x-image"]["environment"]["AIRFLOW_CONN_NEWSROOM_STORE"]))


def test_helm_values_say_what_compose_says(compose: dict[str, Any]) -> None:
    values = yaml.safe_load((DOCKER / "helm-values.yaml").read_text())
    env = {one["name"]: one["value"] for one in values["env"]}
    composed = compose["x-image"]["environment"]
    shared = {name for name in env.keys() & composed.keys() if name.startswith("AIRFLOW__")}
    assert shared > RECOVERY.keys()
    assert {name: env[name] for name in shared} == {name: composed[name] for name in shared}
    assert {name for name in env if name.startswith("NEWSROOM_")} <= {setting.name for setting in SETTINGS}
    assert set(POOLS) == set(re.findall(r"pools set (\w+) ", values["migrateDatabaseJob"]["args"][-1]))
    assert values["airflowVersion"] == version("apache-airflow")
    assert values["executor"] == composed["AIRFLOW__CORE__EXECUTOR"]
    assert [one["envName"] for one in values["secret"]] == ["AIRFLOW_CONN_NEWSROOM_STORE"]


def test_dockerfile_satisfies_the_linter_and_runs_as_nobody_special() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, DOCKER / "Dockerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert re.findall(r"^USER (\w+)", (DOCKER / "Dockerfile").read_text(), re.MULTILINE) == ["50001", "50000"]


def test_dockerfile_copies_what_is_there_and_let_in() -> None:
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", (DOCKER / "Dockerfile").read_text(), re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    let_in = (ROOT / ".dockerignore").read_text().splitlines()
    assert len(names) > 8
    for name in names:
        assert (ROOT / name).exists(), name
        assert f"!{name}" in let_in or (name.startswith("requirements") and "!requirements*" in let_in), name
