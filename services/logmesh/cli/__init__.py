"""The `logmesh` command: `up` runs everything here, `ship` sends lines, `search`, `trace` and `status` ask, `acknowledge` answers."""
