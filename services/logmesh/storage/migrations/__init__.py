"""Numbered SQL files for databases that are there, and a baseline for new ones, which stands for all of them. A second part in the
name (``.timescaledb.``) binds a file to that kind of server."""
