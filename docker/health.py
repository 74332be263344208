"""Whether a part of Airflow is well, by what the API server knows of it: `health.py scheduler`. Exit status 0 or 1.

The commands that Airflow has for this take five seconds of processor time each.
"""

import json
import os
import sys
import urllib.request

url = os.environ.get("AIRFLOW_API", "http://api-server:8080") + "/api/v2/monitor/health"
with urllib.request.urlopen(url, timeout=10) as answer:
    parts = json.load(answer)
sys.exit(0 if parts[sys.argv[1]]["status"] == "healthy" else f"{sys.argv[1]}: {parts[sys.argv[1]]}")
