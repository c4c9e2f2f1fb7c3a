"""These tests are about how a schema comes about and changes: none begins with one."""

import pytest
from tests.conftest import Database


@pytest.fixture
def database(empty_database: Database) -> Database:
    return empty_database
