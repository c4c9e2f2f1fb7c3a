"""Channels between Logmesh's processes: the client's, under the name that servers know them by."""

from logmesh.client.channel import END_OF_STREAM, Dialer, open_channel

__all__ = ["END_OF_STREAM", "Dialer", "open_channel"]
