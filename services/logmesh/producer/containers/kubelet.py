"""What the path of a container's log says: the kubelet writes each to
`/var/log/pods/NAMESPACE_POD_UID/CONTAINER/RESTARTS.log`, and rotates it to `….log.TIME` and `….log.TIME.gz`.

Nobody is asked, so that this holds for pods that are long gone, too.
"""

import re
from typing import Final, NamedTuple

from logmesh.producer.containers.container import Container

_PATH: Final = re.compile(
    r".*/(?P<namespace>[^/_]+)_(?P<pod>[^/_]+)_(?P<uid>[0-9a-f-]{32,36})/(?P<container>[^/]+)/(?P<restarts>\d{1,9})\.log"
    r"(?:\.\d{8}-\d{6}(?:\.gz)?)?"
)
# Kubernetes' own alphabet for names that it makes: no vowels, and no digits that look like letters.
_MADE: Final = "[bcdfghjklmnpqrstvwxz2456789]"
# Deployments' pods have a hash and five characters, CronJobs' the minute and five, DaemonSets' and Jobs' five, StatefulSets' a number.
_WORKLOAD: Final = re.compile(rf"(.+?)(?:(?:-{_MADE}{{7,10}}|-\d{{8}})?-{_MADE}{{5}}|-\d+)?")


class Place(NamedTuple):
    """Of which container of which pod a log is."""

    namespace: str
    pod: str
    uid: str
    """The pod's; of one that the kubelet runs by itself, the hash of its manifest."""
    container: str
    restarts: int

    def container_by_path(self) -> Container:
        """What is known of it without asking anybody."""
        workload = _WORKLOAD.fullmatch(self.pod)
        return Container(
            workload[1] if workload else self.pod,
            f"{self.namespace}.{self.pod}.{self.container}",
            {
                "k8s.namespace.name": self.namespace,
                "k8s.pod.name": self.pod,
                "k8s.pod.uid": self.uid,
                "k8s.container.name": self.container,
                "k8s.container.restart_count": self.restarts,
            },
        )


def place_of(path: str) -> Place | None:
    """Whose log is at `path`; None when the kubelet did not name the file."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    namespace, pod, uid, container, restarts = found.groups()
    return Place(namespace, pod, uid, container, int(restarts))
