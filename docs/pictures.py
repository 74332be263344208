"""`make pictures`: the pictures in docs/, of the house that `make run` has running; needs a Chromium on the PATH."""

import json
import shutil
import sys
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

DOCS = Path(__file__).resolve().parent
PORTS = DOCS.parent / "var/ports.json"
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


def main() -> int:
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        return stop("no Chromium is on the PATH: install your system's package, such as `apt-get install chromium`")
    if not PORTS.exists():
        return stop("no house is running: start it with `make run`, and call this in another terminal")
    airflow = f"http://127.0.0.1:{json.loads(PORTS.read_text())['airflow']}"
    try:
        run = newest_full_run(airflow)
    except OSError:
        return stop(f"nobody answers at {airflow}: start the house with `make run`")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser, args=FLAGS)
        page = chromium.new_page(viewport={"width": 1500, "height": 860})
        page.add_init_script("localStorage.setItem('chakra-ui-color-mode', 'light')")
        for name, path, ready in (
            ("airflow-run", f"/dags/ingest/runs/{run}", "publish"),
            ("airflow-form", "/dags/ingest", "Trigger"),
        ):
            page.goto(airflow + path)
            page.get_by_text(ready).first.wait_for(timeout=30_000)
            PREPARE[name](page)
            page.screenshot(path=DOCS / f"{name}.png")
            print(f"docs/{name}.png written")
        chromium.close()
    return 0


def newest_full_run(airflow: str) -> str:
    """The run whose graph has a batch in it."""
    token = call(f"{airflow}/auth/token", None)["access_token"]
    runs = call(f"{airflow}/api/v2/dags/ingest/dagRuns?order_by=-run_after", token)["dag_runs"]
    for run in runs:
        tasks = call(f"{airflow}/api/v2/dags/ingest/dagRuns/{run['dag_run_id']}/taskInstances", token)["task_instances"]
        if any(task["task_id"].endswith("land") and task["state"] == "success" for task in tasks):
            return str(run["dag_run_id"])
    raise OSError("no run has landed anything yet")


def call(url: str, token: str | None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
        return json.load(answer)


def graph(page: Page) -> None:
    """The graph with its batch opened."""
    page.get_by_label("Graph").first.click()
    page.get_by_text("one_batch").first.wait_for()
    page.locator("button[aria-label^='Expand']").first.click()
    page.wait_for_timeout(2000)
    page.get_by_label("Fit View").first.click()
    page.wait_for_timeout(1500)


def form(page: Page) -> None:
    page.get_by_role("button", name="Trigger").first.click()
    page.get_by_text("Poll although not due").wait_for(timeout=20_000)
    page.wait_for_timeout(1500)


PREPARE = {"airflow-run": graph, "airflow-form": form}


def stop(line: str) -> int:
    print(f"make pictures: {line}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
