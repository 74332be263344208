"""The DAG `replay`: first dry, then in earnest."""

from datetime import timedelta

from pipeline import ledger, tables
from pipeline.stages.replay import report_key
from tests.dags.house import House, documents
from tests.dags.rolls import FIRST, PAGES, of_rolls
from tests.stages.kept_days import articles, relabel


def test_replay_dag_first_tells_then_writes(house: House, filled: list[str]) -> None:
    """Two days whose topics an older version made; other days are not asked for, and stay as they are."""
    right = documents(house.store)
    relabel(house.store, "topics", version=0)
    tables.publish_articles(house.store, articles(house.store))
    stale = documents(house.store)
    form = {"first": str(FIRST), "last": str(FIRST + timedelta(days=1))}
    run, dry = house.run("replay", form | {"dry_run": True})
    assert f"layers that differ: topics {2 * PAGES}" in house.log("replay", run, "what_changes", 1)
    assert documents(house.store) == stale
    _, earnest = house.run("replay", form | {"dry_run": False})
    made = documents(house.store)
    assert sum(made[key] != body for key, body in stale.items()) == 2 * PAGES
    assert {key: body for key, body in made.items() if body != stale[key]}.items() <= of_rolls(right).items()
    told = [ledger.closed(house.store, name) for name in (dry, earnest)]
    assert [(run.trigger, run.replayed) for run in told if run] == [
        ("replay manual of what is stale, dry run", 0),
        ("replay manual of what is stale", 2 * PAGES),
    ]
    assert house.store.get(report_key(dry)).body == house.store.get(report_key(earnest)).body
    for key, body in right.items():
        house.store.put(key, body)
    tables.publish_articles(house.store, articles(house.store))
