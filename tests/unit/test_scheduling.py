"""What shares what takes long to make goes to one process."""

from tests.scheduling import scope_of


def test_files_that_share_a_system_go_to_one_process_and_others_by_themselves() -> None:
    shared = {f"tests/e2e/test_{name}.py" for name in ("alerts", "edge", "ship", "up")}
    assert {scope_of(file) for file in shared} == {"up"}
    assert scope_of("tests/e2e/test_dashboard.py") == "tests/e2e/test_dashboard.py"


def test_files_that_look_at_rendered_manifests_go_to_one_process() -> None:
    shared = {
        f"tests/manifests/test_{name}.py" for name in ("docs", "edges", "hardening", "leaving", "pruning", "references")
    }
    assert {scope_of(file) for file in shared} == {"rendered"}
    assert scope_of("tests/manifests/test_helm_values.py") == "tests/manifests/test_helm_values.py"
