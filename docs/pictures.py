"""`make pictures`: the pictures in docs/, of the house that `make run` has running; needs a Chromium on the PATH."""

import json
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from pipeline import rest
from pipeline.local.demo_archive import FIRST, LAST, NAME

DOCS = Path(__file__).resolve().parent
PORTS = DOCS.parent / "var/ports.json"
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARCHIVE = f"archive_{NAME}"
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
    if run is None:
        return stop("no run has landed anything yet: wait for the first one")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser, args=FLAGS)
        page = chromium.new_page(viewport={"width": 1500, "height": 860})
        page.add_init_script("localStorage.setItem('chakra-ui-color-mode', 'light')")
        for name, path, ready, prepare in (
            ("airflow-form", "/dags/ingest", "Trigger", form),
            ("archive-backfill-form", f"/dags/{ARCHIVE}", "Trigger", backfill_form),
            ("archive-backfill", f"/dags/{ARCHIVE}/calendar", "Daily", backfill),
            ("replay-form", "/dags/replay", "Trigger", replay_form),
            ("airflow-run", f"/dags/ingest/runs/{run}", "publish", graph),
        ):
            page.goto(airflow + path)
            page.get_by_text(ready).first.wait_for(timeout=30_000)
            prepare(page)
            page.screenshot(path=DOCS / f"{name}.png")
            print(f"docs/{name}.png written")
        chromium.close()
    return 0


def newest_full_run(airflow: str) -> str | None:
    """The run whose graph has a batch in it."""
    token, runs = rest.token(airflow, None), f"{airflow}/api/v2/dags/ingest/dagRuns"
    for run in rest.call("GET", f"{runs}?order_by=-run_after", token=token)["dag_runs"]:
        tasks = rest.call("GET", f"{runs}/{run['dag_run_id']}/taskInstances", token=token)["task_instances"]
        if any(task["task_id"].endswith("land") and task["state"] == "success" for task in tasks):
            return str(run["dag_run_id"])
    return None


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


def backfill_form(page: Page) -> None:
    """The form filled for what is left of the year, not sent."""
    page.set_viewport_size({"width": 1100, "height": 1000})
    page.get_by_role("button", name="Trigger").first.click()
    page.get_by_text("Run this Dag for a range of dates").click()
    for number, day in enumerate((FIRST, LAST)):
        page.get_by_test_id("datetime-input").nth(number).click()
        for hint, value in (("YYYY/MM/DD", f"{day:%Y/%m/%d}"), ("HH:mm", "00:00")):
            page.get_by_placeholder(hint).last.fill(value)
            page.get_by_placeholder(hint).last.press("Enter")
        page.keyboard.press("Escape")
        page.wait_for_timeout(1000)
    page.get_by_text("Missing and Errored Runs").click()
    page.locator("input[name=max_active_runs]").fill("4")
    page.wait_for_timeout(6000)  # it counts the days


def backfill(page: Page) -> None:
    """Its days, and the bar by which it is paused or stopped while it goes on."""
    page.set_viewport_size({"width": 1500, "height": 640})
    page.get_by_text("Daily", exact=True).click()
    page.wait_for_timeout(4000)


def replay_form(page: Page) -> None:
    page.set_viewport_size({"width": 1100, "height": 1000})
    page.get_by_role("button", name="Trigger").first.click()
    page.get_by_text("Dry run").first.wait_for(timeout=20_000)
    page.wait_for_timeout(1500)


def stop(line: str) -> int:
    print(f"make pictures: {line}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
