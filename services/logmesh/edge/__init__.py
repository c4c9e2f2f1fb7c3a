"""The edge: Envoy's configuration, rendered. The same code serves `logmesh up` and images.

    EdgeOptions ──► bootstrap ──► listeners (connection ─► filters ─► routes, dashboard) ──► JSON text for `envoy -c`
                            └──► clusters (gateway, processors by track)

Nothing here runs Envoy or reads a file; `logmesh.cli.local.envoy` does.
"""
