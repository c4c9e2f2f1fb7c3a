"""The producers' way through the edge: a share of new streams to the canary, with the retries that a mesh gives."""

from logmesh.edge.filters import HEALTH_PREFIX
from logmesh.edge.options import Split
from logmesh.edge.routes import direct, retry_policy
from logmesh.edge.typed import Config, extension

APPEND_SERVICE = "/logmesh.v1.IngestService/"


def split_routes(split: Split) -> Config:
    """Weights are drawn a stream, at its start. A stream that no processor has admitted yet is retried on another."""
    weights = {"stable": 100 - split.canary_percent, "canary": split.canary_percent}
    route = {
        "weighted_clusters": {
            "clusters": [{"name": f"processors-{track}", "weight": weight} for track, weight in weights.items()]
        },
        "timeout": "0s",
        "idle_timeout": "0s",
        "retry_policy": retry_policy(
            retry_host_predicate=[
                extension(
                    "envoy.retry_host_predicates.previous_hosts",
                    "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
                )
            ],
            host_selection_retry_max_attempts=10,
        ),
    }
    return {
        "name": "producers",
        "virtual_hosts": [
            {
                "name": "producers",
                "domains": ["*"],
                "routes": [
                    {"match": {"prefix": APPEND_SERVICE}, "route": route},
                    {"match": {"prefix": HEALTH_PREFIX}, "route": route},
                    {"match": {"prefix": "/"}, **direct(404, "Only producers' streams pass here.\n")},
                ],
            }
        ],
    }
