"""What a connection says of itself while a receiver stops."""

import socket

from logmesh.producer.receivers.syslog.connection import Connection, Unfinished


def test_it_is_read_once_nothing_waits_and_when_it_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        theirs = socket.create_connection(listening.getsockname())
        ours, _ = listening.accept()
    with theirs, ours:
        connection = Connection(ours, lambda _: None, Unfinished(), lambda _: None, lambda _: None)
        assert connection.is_read
        theirs.sendall(b"<14>1 - - - - - - one\n")
        ours.recv(1, socket.MSG_PEEK)  # it has come
        assert not connection.is_read
        ours.close()
        assert connection.is_read
        connection.close_its_half()
