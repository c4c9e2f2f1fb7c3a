"""Nothing that is documented removes data by the way: Namespaces and claims are marked for whoever prunes, in all that users apply.

Claims that a StatefulSet makes are in no repository, so that no controller of one prunes them; they have to outlive the StatefulSet.
"""

import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml
from scripts.manifests import CHART, MANIFESTS, Combination, Object, combinations, read_objects, render, title
from scripts.node import ROOT
from tests.manifests.chart import template
from tests.manifests.cluster import cluster
from tests.manifests.markdown import Document
from tests.manifests.test_docs import DOCUMENTS, each_document
from tests.manifests.workloads import of_kind

MARKS = {
    "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
    "kustomize.toolkit.fluxcd.io/prune": "disabled",
}
LEFT_OUT_OF_A_DELETION = ("holds", "data")
# Drained before it goes; what it has not stored by then is still in the producers' spools.
TAKES_ITS_VOLUMES_ALONG = {"StatefulSet/log-processor-canary"}
OF_DOCUMENTS = ROOT / "docs" / "examples"
# A sender's own configuration is none of a cluster's objects.
EXAMPLES = sorted(
    [
        *(path for path in OF_DOCUMENTS.rglob("*.yaml") if not path.is_relative_to(OF_DOCUMENTS / "senders")),
        MANIFESTS / "components" / "snapshots" / "restore.yaml",
    ]
)
KUSTOMIZATIONS = [
    pytest.param(block, id=f"{document.path.name}-{number}")
    for document in DOCUMENTS
    for number, block in enumerate(document.blocks("yaml"))
    if "\nkind: Kustomization\n" in f"\n{block}" and "kustomize.config.k8s.io" in block
]


def test_no_combination_has_anything_to_prune_that_holds_data(objects: tuple[Object, ...]) -> None:
    assert list(of_kind(objects, "Namespace"))
    assert not _unmarked(objects)


@pytest.mark.needs("kubectl")
@pytest.mark.parametrize("block", KUSTOMIZATIONS)
def test_an_overlay_of_the_documents_has_nothing_to_prune_that_holds_data(block: str) -> None:
    # It is meant to lie beside the overlays, or beside the repository; rendered here, so that nobody takes it for one.
    moved = re.sub(r"(?<=- )\.\./(?!\.\.)", "../overlays/", block).replace("../../", "../")
    moved = moved.replace("logmesh/manifests/", "../")
    with tempfile.TemporaryDirectory(prefix=".rendering-", dir=MANIFESTS) as folder:
        Path(folder, "kustomization.yaml").write_text(moved)
        objects = render.__wrapped__(Combination("documented", Path(folder)))
    assert list(of_kind(objects, "Namespace"))
    assert not _unmarked(objects)


@each_document
def test_objects_that_a_document_shows_are_not_pruned(document: Document) -> None:
    shown = [item for block in document.blocks("yaml") for item in yaml.safe_load_all(block)]
    assert not _unmarked(item for item in shown if isinstance(item, dict) and "kind" in item and "metadata" in item)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_objects_of_an_example_are_not_pruned(path: Path) -> None:
    assert not _unmarked(read_objects([path]))


@pytest.mark.needs("helm")
def test_the_chart_has_nothing_to_prune_that_holds_data() -> None:
    objects = template("--set", "agent.enabled=true")
    assert list(of_kind(objects, "PersistentVolumeClaim"))
    assert not _unmarked(objects)
    for kind in ("PersistentVolumeClaim", "Namespace"):
        for item in of_kind(objects, kind):
            assert item["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep", title(item)
    # Those that are there by a value are looked at above; the release's own is none of its objects.
    files = [path.name for path in CHART.rglob("templates/**/*.yaml") if "kind: Namespace" in path.read_text()]
    assert [title(item) for item in of_kind(objects, "Namespace")] == ["Namespace/log-agent"] and len(files) == 1


def test_documents_delete_an_overlay_without_what_holds_data() -> None:
    shown = [
        words for document in DOCUMENTS for words in document.commands("kubectl") if words[1:3] == ["delete", "-k"]
    ]
    assert shown
    for words in shown:
        assert words[words.index("-l") + 1] == "holds!=data", " ".join(words)


@pytest.mark.needs("kubectl")
def test_the_documented_deletion_takes_all_but_what_holds_data() -> None:
    (words,) = (
        found for found in Document(ROOT / "docs" / "install.md").commands("kubectl") if found[1:3] == ["delete", "-k"]
    )
    small = next(found for found in combinations() if found.name == "overlays/small")
    objects = render(small)
    with cluster(known=objects) as address:
        command = [word.replace("overlays/production", "overlays/small") for word in words]
        done = subprocess.run(
            [*command, "--dry-run=client", "--output=name", "--server", address],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    deleted = Counter(line.partition("/")[0].partition(".")[0] for line in done.stdout.splitlines())
    assert deleted == Counter(
        item["kind"].lower() for item in objects if item["kind"] not in {"Namespace", "PersistentVolumeClaim"}
    )


def _unmarked(objects: Iterable[Object]) -> list[str]:
    """Names of what a prune or a deletion would take, and data with it."""
    found = []
    key, value = LEFT_OUT_OF_A_DELETION
    for item in objects:
        metadata = item.get("metadata") or {}  # a setting of a program has none
        if item["kind"] in {"Namespace", "PersistentVolumeClaim"}:
            annotations = metadata.get("annotations") or {}
            if MARKS.items() - annotations.items() or (metadata.get("labels") or {}).get(key) != value:
                found.append(title(item))
        elif (metadata.get("labels") or {}).get(key) == value:
            found.append(f"{title(item)}, which holds none")
        elif item["kind"] == "StatefulSet" and title(item) not in TAKES_ITS_VOLUMES_ALONG:
            policy = item["spec"].get(
                "persistentVolumeClaimRetentionPolicy", {"whenDeleted": "Retain", "whenScaled": "Retain"}
            )
            if "volumeClaimTemplates" in item["spec"] and set(policy.values()) != {"Retain"}:
                found.append(title(item))
    return found
