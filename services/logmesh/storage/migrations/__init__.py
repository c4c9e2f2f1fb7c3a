"""Numbered SQL files. A second part in the name (``.timescaledb.``) binds one to that kind of server."""
