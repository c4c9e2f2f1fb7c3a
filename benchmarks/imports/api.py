"""Counts by the JSON API of a `logmesh up`."""

import json
import urllib.request
from datetime import datetime
from urllib.parse import urlencode


def count(api: str, service: str, start: datetime, end: datetime) -> int:
    """How many records of a service there are in a range."""
    asked = {
        "filter": f'service = "{service}"',
        "start_time": start.isoformat(),
        "end_time": end.isoformat(),
        "buckets": 1,
    }
    with urllib.request.urlopen(f"{api}/v1/histogram?{urlencode(asked)}") as answer:  # noqa: S310  # http
        histogram = json.load(answer)
    assert histogram["exact"]
    return sum(int(one) for series in histogram.get("series", []) for one in series["counts"])
