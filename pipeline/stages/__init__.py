"""The stages: the one place that knows the order of the story. DAGs, command line and backfills all run these.

A run begins, asks its due sources, plans batches of what is pending, takes each batch through its stages, and is
closed: `due → discover → plan → [fetch → clean → names_and_quotes → topics → summary → land] → publish → verdict`.
"""

from pipeline.steps import TASKS

BATCH_STAGES = ("fetch", "clean", *TASKS, "land")
"""What a batch goes through, in sequence; each stage leaves what it made under work/, for the next one."""
