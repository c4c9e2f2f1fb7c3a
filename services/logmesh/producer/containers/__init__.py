"""Whose a container's log is, and what its owner says of it.

path  ->  kubelet (what the path says)  ->  pods (what the API server said, kept by `watch`)  ->  Container
path  ->  docker (what Docker's own file beside the log says)                                  ->  Container
"""
