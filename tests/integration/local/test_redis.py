"""The local Redis: answers those with its password, keeps nothing on disk."""

from pathlib import Path

import pytest
import redis

from logmesh.cli.local.redis import Redis


def test_it_answers_with_its_password(redis_server: Redis) -> None:
    client = redis.Redis.from_url(redis_server.url)
    assert client.ping()
    assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "allkeys-lru"
    client.close()


def test_it_refuses_without(redis_server: Redis) -> None:
    client = redis.Redis.from_url("unix://" + redis_server.url.partition("@")[2])
    with pytest.raises(redis.AuthenticationError):
        client.ping()
    client.close()


def test_it_starts_again_after_a_stop(tmp_path: Path) -> None:
    server = Redis(tmp_path)
    for _ in range(2):
        server.start()
        client = redis.Redis.from_url(server.url)
        assert client.ping()
        client.close()
        server.stop()
    assert not list(tmp_path.glob("*.rdb"))
