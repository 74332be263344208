#!/usr/bin/env bash
# Prepares what the other services need, before they start; doing it again changes nothing.
set -euo pipefail
airflow db migrate
airflow users create --username admin --password "$ADMIN_PASSWORD" --role Admin \
  --firstname Newsroom --lastname Admin --email admin@localhost.localdomain || true # there already
airflow pools set newsroom_web 8 "fetching: waits for others"
airflow pools set newsroom_cpu "${NEWSROOM_CPU_SLOTS:-2}" "cleaning and enriching: a core for each slot"
airflow pools set newsroom_archive "${NEWSROOM_CPU_SLOTS:-2}" "archives: a core for each slot that live runs leave"
python - <<'PYTHON'
import os

import boto3

bucket = os.environ["NEWSROOM_STORE"].removeprefix("s3://").partition("/")[0]
client = boto3.client("s3", endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))
if bucket not in [one["Name"] for one in client.list_buckets()["Buckets"]]:
    client.create_bucket(Bucket=bucket)
PYTHON
