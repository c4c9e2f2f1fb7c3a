"""An API server takes everything that a user can apply, without a warning, and what controllers make of it at its full size.

Schemas know no defaults, no rules between fields, no admission; the server does.
"""

from collections.abc import Iterable

import pytest
from scripts.manifests import ISTIO, MANIFESTS, Combination, Object, combinations, read_objects, render
from tests.manifests.apiserver.cluster import Cluster, Refused, removing, together
from tests.manifests.apiserver.controllers import made_of, pods
from tests.manifests.workloads import of_kind

pytestmark = [
    pytest.mark.needs("kube-apiserver"),
    pytest.mark.timeout(600),
]

# Version of the API, kind, namespace and name.
Identity = tuple[str, str, str, str]


@pytest.mark.parametrize("combination", [pytest.param(found, id=found.name) for found in combinations()])
def test_combination_is_applied_and_what_controllers_make_of_it_is_admitted(
    cluster: Cluster, combination: Combination
) -> None:
    objects = render(combination)
    # A folder is applied as its users do it.
    how = ("apply", "-f", "-") if combination.components else ("apply", "-k", str(combination.folder))
    with removing(cluster, objects):
        _, warnings = cluster.kubectl(*how, given=together(objects))
        assert not warnings
        stored = _stored(cluster, objects)
        assert stored.keys() == {_identity(item) for item in objects}

        # Nothing drifts: what watches a repository would apply it again and again.
        cluster.kubectl(*how, given=together(objects))
        assert _stored(cluster, objects) == stored

        cluster.enforce_quotas()
        made = list(made_of(objects))
        _, warnings = cluster.kubectl("create", "-f", "-", given=together(made))
        assert not warnings
        assert len(_stored(cluster, made)) == len(made)
        for quota in cluster.get("resourcequotas", "-A"):
            namespace = quota["metadata"]["namespace"]
            counted = sum(found["metadata"]["namespace"] == namespace for found in of_kind(made, "Pod"))
            assert quota["status"]["used"]["pods"] == str(counted), f"the quota of {namespace} was not enforced"


def test_base_is_applied_by_the_folder_above_it(cluster: Cluster, base: tuple[Object, ...]) -> None:
    with removing(cluster, base):
        cluster.kubectl("apply", "-k", str(MANIFESTS))
        assert len(_stored(cluster, base)) == len(base)


def test_mesh_is_applied_by_its_folder(cluster: Cluster, base: tuple[Object, ...]) -> None:
    mesh = read_objects(sorted(ISTIO.glob("*.yaml")))
    with removing(cluster, [*mesh, *base]):
        cluster.kubectl("apply", "-k", str(MANIFESTS))
        _, warnings = cluster.kubectl("apply", "-f", f"{ISTIO}/")
        assert not warnings
        assert len(_stored(cluster, mesh)) == len(mesh)


def test_server_refuses_what_it_should(cluster: Cluster, base: tuple[Object, ...]) -> None:
    """What the tests above pass, something can fail."""
    gateway = next(pod for pod in pods(base) if pod["metadata"]["name"] == "gateway-0")
    container = gateway["spec"]["containers"][0]
    greedy = {**container, "resources": {"limits": {"memory": "17Gi"}}}
    refused: dict[str, Object] = {
        "violates PodSecurity": {"hostNetwork": True},
        "maximum memory usage per Container is 16Gi": {"containers": [greedy]},
        'serviceaccount "nobody" not found': {"serviceAccountName": "nobody"},
        'unknown field "spec.hostNetworks"': {"hostNetworks": True},
        "exceeded quota": {"containers": [{**container, "name": f"copy-{number}"} for number in range(1000)]},
    }
    with removing(cluster, base):
        cluster.kubectl("apply", "-k", str(MANIFESTS))
        cluster.enforce_quotas()
        for complaint, change in refused.items():
            pod = {**gateway, "spec": {**gateway["spec"], **change}}
            with pytest.raises(Refused, match=complaint):
                cluster.kubectl("create", "-f", "-", "--dry-run=server", given=pod)


def _stored(cluster: Cluster, objects: Iterable[Object]) -> dict[Identity, Object]:
    """What the server made of each. The version is left out: one that writes a default down is new, and the object is not."""
    found = {_identity(item): item for item in cluster.get("-f", "-", given=together(objects))}
    for item in found.values():
        del item["metadata"]["resourceVersion"]
    return found


def _identity(item: Object) -> Identity:
    metadata = item["metadata"]
    return item["apiVersion"], item["kind"], metadata.get("namespace", ""), metadata["name"]
