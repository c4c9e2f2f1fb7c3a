"""Whose a container's log is, and what its owner says of it.

api_server  ->  watch  ->  pod (what is said of one)  ->  pods  ->  memory (a file, for the next start)
path  ->  kubelet (what the path says)  ->  pods                            ->  Container
path  ->  docker (what Docker's own file beside the log says)               ->  Container
"""
