"""The `logmesh` command: `up` runs everything here, `ship` sends lines, `search` and `status` ask."""
