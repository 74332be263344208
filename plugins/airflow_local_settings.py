"""Loads the heavy libraries once in the scheduler or Celery worker, whose tasks are forked from it.

A task that imports them itself costs 2.5 CPU seconds, one that inherits them 0.4.
"""

import importlib
import sys

HEAVY = (
    "pipeline.stages.archive",
    "pipeline.stages.publish",
    "pipeline.stages.fetch",
    "pipeline.stages.clean",
    "pipeline.stages.enrich",
    "pipeline.stages.land",
    "boto3",
    "deltalake",
    "pyarrow",
    "spacy",
    "trafilatura",
)

if {"scheduler", "worker"} & set(sys.argv):
    for name in HEAVY:
        importlib.import_module(name)
