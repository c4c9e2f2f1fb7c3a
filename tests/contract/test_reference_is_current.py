"""The reference pages say what the code says."""

from scripts import reference


def test_committed_pages_are_what_settings_and_protos_say() -> None:
    assert reference.stale() == []


def test_each_setting_rpc_and_field_says_what_it_is() -> None:
    for path, text in reference.pages().items():
        silent = [line for line in text.splitlines() if line.endswith("|  |") and "SEVERITY_NUMBER_" not in line]
        assert not silent, path.name
