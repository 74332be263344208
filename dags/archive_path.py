"""
Takes an archive that nobody declared: a file, a folder, a prefix of a bucket, or a pattern, named in the form.

WARC and ARC files, pages in folders, JSON lines and agency items (NewsML-G2, NITF, ninjs) are told by their names.
The path is one of the machine that the tasks run on, or `s3://bucket/prefix`; `{yyyy}`, `{mm}` and `{dd}` in it stand
for the day. `plan` indexes what is there and parts it into shards of 400 records; one alone it takes itself. `shard`
takes one through all stages, `publish` closes the run, and `verdict` fails it when a shard died. Take the same path
again at any time: what has landed already is `unchanged`. An archive that you take day by day, or more than once, is
better declared in the sources file.
"""

from airflow.sdk import Param, dag
from archive_tasks import ARCHIVE_DEFAULTS, FORM, story

from pipeline.polls import ARCHIVE

PATH = Param(
    type="string",
    pattern=r"^\s*(/|file:///|s3://[^/\s])\S.*$",
    maxLength=2000,
    title="Path",
    description="Such as /archive/2019/, /archive/**/*.warc.gz, or s3://bucket/crawl/{yyyy}/{mm}/{dd}/.",
)


@dag(
    schedule=None,
    max_active_runs=4,
    allowed_run_types=["manual"],
    params={"path": PATH, **FORM},
    default_args=ARCHIVE_DEFAULTS,
    doc_md=__doc__,
    tags=["newsroom", "archive"],
)
def archive_path() -> None:
    story(ARCHIVE)


archive_path_dag = archive_path()
