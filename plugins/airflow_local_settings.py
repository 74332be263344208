"""Loads the heavy libraries and models once in the scheduler or Celery worker, whose tasks are forked from it.

A task that imports them itself costs 2.5 CPU seconds, one that inherits them 0.4; what the steps read is two more.
"""

import importlib
import sys
from contextlib import suppress

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
    from pipeline.config import settings
    from pipeline.errors import NewsroomError
    from pipeline.parse import Parser
    from pipeline.stages.enrich import warm

    with suppress(NewsroomError):  # each run says it
        warm(Parser(settings().model), ("en", "fr"))
