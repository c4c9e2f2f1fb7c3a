"""Records that compress and vary as real ones do: 50 services of 10 instances, 200 templates of lines, seven attributes each, two
of five traced. What compresses too well makes any store of columns look better than it is."""

import numpy as np

from logmesh.record.packed import pack_times
from logmesh.v1.record_pb2 import LogColumns, Origin

SERVICES, INSTANCES, TEMPLATES = 50, 10, 200
_WORDS = (
    "request", "order", "payment", "cache", "session", "upstream", "user", "retry", "timeout", "connection", "pool", "queue",
    "item", "stock", "shipment", "refund", "login", "token", "handler", "worker", "completed", "failed", "started", "rejected",
    "accepted", "slow", "missing", "stale", "expired", "updated",
)  # fmt: skip
SPACING_NANO = 20_000_000
"""Between two records of a batch: a batch of 1,000 spans 20 s."""


class Varied:
    """Batches of `records` each, the same for the same `seed`. Several spools' batches overlap in time."""

    def __init__(self, records: int, seed: int = 7) -> None:
        self.records, self._chance = records, np.random.default_rng(seed)
        chance = np.random.default_rng(0)
        self._templates = []
        for _ in range(TEMPLATES):
            words = chance.choice(_WORDS, 7)
            self._templates.append(f"{words[0]} %d {' '.join(words[1:5])} in %d ms {words[5]} {words[6]} %08x")
        self._severities = chance.choice([5, 9, 13, 17], TEMPLATES, p=[0.2, 0.7, 0.06, 0.04])

    def next(self, at_unix_nano: int) -> LogColumns:
        """One batch of three services' instances, its times from `at_unix_nano` on."""
        count, chance = self.records, self._chance
        services = chance.integers(0, SERVICES, 3).tolist()
        which = chance.integers(0, 3, count)
        templates = np.minimum(chance.zipf(1.3, count), TEMPLATES) - 1
        numbers = chance.integers(0, 1 << 32, (count, 4)).tolist()
        traced = chance.random(count) < 0.41
        traces = np.frombuffer(chance.bytes(16 * (count // 8 + 1)), "V16")[np.arange(count) // 8].view("u1")
        spans = np.frombuffer(chance.bytes(8 * count), "V8").view("u1")
        durations = (chance.exponential(40, count) + 1).astype(int).tolist()
        steps = chance.exponential(SPACING_NANO, count).astype(np.int64).cumsum()
        return LogColumns(
            origins=[
                Origin(
                    service_name=b"service-%02d" % service,
                    service_instance_id=b"service-%02d-%x" % (service, int(chance.integers(INSTANCES))),
                    resource_attributes=b'{"k8s.namespace.name":"shop","service.version":"1.%d.0"}' % (service % 9),
                )
                for service in services
            ],
            origin_indexes=which.tolist(),
            times_unix_nano=pack_times((steps + at_unix_nano).tolist()),
            observed_time_unix_nano=at_unix_nano,
            severity_numbers=self._severities[templates].astype(np.uint8).tobytes(),
            bodies=[
                (self._templates[template] % (a % 1_000_000, took, b)).encode()
                for template, (a, b, _, _), took in zip(templates.tolist(), numbers, durations, strict=True)
            ],
            attributes=[
                _attributes(template, row, took)
                for template, row, took in zip(templates.tolist(), numbers, durations, strict=True)
            ],
            trace_ids=(traces.reshape(count, 16) * traced[:, None]).tobytes(),
            span_ids=(spans.reshape(count, 8) * traced[:, None]).tobytes(),
        )


def _attributes(template: int, numbers: list[int], took: int) -> bytes:
    a, b, c, d = numbers
    place = b'"route":"/api/%s/%d","region":"eu-%d","thread":"w-%d"' % (
        _WORDS[template % 12].encode(),
        template % 9,
        c % 3,
        d % 16,
    )
    what = b'"status":%d,"duration_ms":%d,"user_id":"u%d"' % (503 if d % 200 == 0 else 200, took, a % 50_000)
    return b'{%s,%s,"request_id":"%08x%08x"}' % (place, what, b, c)
