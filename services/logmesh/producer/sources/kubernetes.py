"""What the path of a container's log says: the kubelet writes each to
`/var/log/pods/NAMESPACE_POD_UID/CONTAINER/RESTARTS.log`, and rotates it to `….log.TIME` and `….log.TIME.gz`. Names come from
OpenTelemetry's conventions for `k8s`.

Nobody is asked, so that this holds for pods that are long gone, too.
"""

import re
from typing import Final, NamedTuple

_PATH: Final = re.compile(
    r".*/(?P<namespace>[^/_]+)_(?P<pod>[^/_]+)_(?P<uid>[0-9a-f-]{32,36})/(?P<container>[^/]+)/(?P<restarts>\d{1,9})\.log"
    r"(?:\.\d{8}-\d{6}(?:\.gz)?)?"
)
# Kubernetes' own alphabet for names that it makes: no vowels, and no digits that look like letters.
_MADE: Final = "[bcdfghjklmnpqrstvwxz2456789]"
# Deployments' pods have a hash and five characters, CronJobs' the minute and five, DaemonSets' and Jobs' five, StatefulSets' a number.
_WORKLOAD: Final = re.compile(rf"(.+?)(?:(?:-{_MADE}{{7,10}}|-\d{{8}})?-{_MADE}{{5}}|-\d+)?")


class Container(NamedTuple):
    """A container whose log this is."""

    service: str
    """The name of its pod's workload, as far as the pod's own name tells it."""
    instance: str
    attributes: dict[str, str | int]
    """Of its resource: `k8s.namespace.name` and others."""


def container_of(path: str) -> Container | None:
    """The container that writes to `path`; None when the kubelet did not name the file."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    namespace, pod, uid, container, restarts = found.groups()
    workload = _WORKLOAD.fullmatch(pod)
    return Container(
        workload[1] if workload else pod,
        f"{namespace}.{pod}.{container}",
        {
            "k8s.namespace.name": namespace,
            "k8s.pod.name": pod,
            "k8s.pod.uid": uid,
            "k8s.container.name": container,
            "k8s.container.restart_count": int(restarts),
        },
    )
