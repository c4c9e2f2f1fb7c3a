"""The local PostgreSQL: made once, found again, durable through crashes, closed to strangers."""

import socket
import stat
from pathlib import Path

import asyncpg
import pytest
from tests.conftest import Database

from logmesh.cli.local.errors import LocalError
from logmesh.cli.local.pgserver import find_programs
from logmesh.cli.local.ports import free_port
from logmesh.cli.local.postgres import Postgres


async def test_roles_connect_with_their_passwords_and_own_what_they_should(postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.dsn("logmesh_owner"))
    assert await connection.fetchval("SELECT current_user::text") == "logmesh_owner"
    await connection.execute("CREATE SCHEMA tried; DROP SCHEMA tried")
    await connection.close()
    reader = await asyncpg.connect(postgres.dsn("logmesh_reader", over_socket=True))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reader.execute("CREATE SCHEMA tried")
    await reader.close()


async def test_a_wrong_password_is_refused(postgres: Postgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.dsn("logmesh_owner"), password="wrong")


def test_passwords_are_for_their_owner_alone(postgres: Postgres) -> None:
    assert stat.S_IMODE((postgres.directory / "passwords.json").stat().st_mode) == 0o600


async def test_data_is_durable_and_survives_a_stop_a_crash_and_a_start_on_another_port(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "pg", port=free_port())
    server.start()
    connection = await asyncpg.connect(server.dsn("logmesh_owner"))
    names = ("fsync", "synchronous_commit", "full_page_writes", "server_encoding")
    assert [await connection.fetchval(f"SHOW {name}") for name in names] == ["on", "on", "on", "UTF8"]
    await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)")
    await connection.close()
    server.stop("immediate")
    server.start()
    server.stop()
    again = Postgres(tmp_path / "pg", port=free_port())
    again.start()
    connection = await asyncpg.connect(again.dsn("logmesh_owner"))
    assert await connection.fetchval("SELECT n FROM kept") == 1
    await connection.close()
    again.stop()


def test_a_half_made_data_folder_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "pg/data.new/base").mkdir(parents=True)
    server = Postgres(tmp_path / "pg", port=free_port())
    server.start()
    server.stop()
    assert not (tmp_path / "pg/data.new").exists()


def test_a_port_in_use_is_said_in_one_line(postgres: Postgres, tmp_path: Path) -> None:
    second = Postgres(tmp_path / "pg", port=postgres.port)
    with pytest.raises(LocalError, match="is in use, and PostgreSQL needs it") as caught:
        second.start()
    second.stop()
    assert "\n" not in str(caught.value)


def test_a_port_taken_while_the_data_was_made_is_chosen_anew_once(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "pg")
    server.prepare()
    with socket.create_server(("127.0.0.1", server.port)) as other:
        server.start()
        settled = server.port
        assert settled != other.getsockname()[1]
    server.stop()
    with socket.create_server(("127.0.0.1", settled)), pytest.raises(LocalError, match="is in use"):
        server.start()  # programs have been told of the port
    server.stop()


def test_data_of_an_unknown_release_is_said_so() -> None:
    with pytest.raises(LocalError, match="PostgreSQL 9, which made the data"):
        find_programs(major=9)


def test_programs_of_another_installation_are_taken_from_there_alone(tmp_path: Path) -> None:
    newest = find_programs()
    assert find_programs(installation=newest.bin.parent) == newest
    with pytest.raises(LocalError, match=f"PostgreSQL is not in {tmp_path}"):
        find_programs(installation=tmp_path)


@pytest.mark.needs("root")
def test_root_can_keep_its_data_below_a_folder_closed_to_others(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = Postgres(closed / "deep/pg", port=free_port())
    server.start()
    assert server.process is not None
    assert Path(f"/proc/{server.process.pid}").stat().st_uid != 0
    server.stop()


async def test_each_test_gets_a_database_of_its_own(database: Database) -> None:
    connection = await asyncpg.connect(database.owner_dsn)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    await connection.close()
