"""Cuts a connection's bytes into syslog messages. A sender may count octets or end its messages with a line feed, and change its mind.

    17 <13>1 - - - - - hi        a count of octets, a space, and the message, which begins with a priority
    <13>1 - - - - - hi\\n         everything else ends with LF, CRLF or NUL

How the bytes were cut on their way changes nothing. No byte is left out but the trailers; messages without any are none.
"""

import re
from typing import Final, NamedTuple

from logmesh.producer.sources.lines import character_start
from logmesh.record.limits import MAX_BODY_BYTES

_COUNTED: Final = re.compile(rb"([1-9]\d{0,8}) (?=<\d{1,3}>)")
_PERHAPS_COUNTED: Final = re.compile(rb"[1-9]\d{0,8}(?: (?:<\d{0,3})?)?")
"""The beginning of what may become a count with the bytes that follow."""
_COUNTED_NEXT: Final = re.compile(rb"\n[1-9]\d{0,8} <\d{1,3}>")
_LONGEST_COUNT: Final = 16
"""A count of octets is shorter, with what shows that it is one."""
_END: Final = re.compile(rb"[\n\0]")
_TRAILERS: Final = b"\r\n\0"


class Whole:
    """A message that is too large for one record: all of its parts refer to the same one, so that what is found in the first can be
    said of the others."""

    __slots__ = ("said",)

    def __init__(self) -> None:
        self.said: object = None


class Part(NamedTuple):
    """At most 256 KiB of a larger message, or of one that the connection's end has cut short."""

    text: bytes
    number: int
    """From 1."""
    of: Whole
    is_cut_short: bool = False
    """Whether the sender announced more of it than came before the connection ended."""


Message = bytes | Part


class Framer:
    """One a connection. It holds what is fed at once and one message, of which 256 KiB at most."""

    __slots__ = ("_data", "_left", "_most", "_number", "_whole")

    def __init__(self, most_bytes: int = MAX_BODY_BYTES) -> None:
        """Messages of more than `most_bytes`, 16 or more, come in parts."""
        self._most = most_bytes
        self._data = b""
        self._left = 0
        """Octets that are still to come of a message whose octets are counted, those in `_data` included; 0 for any other."""
        self._number = 0
        """Parts of the message at the beginning of `_data` that were handed out."""
        self._whole = Whole()

    def __len__(self) -> int:
        """How many bytes wait for the rest of their message."""
        return len(self._data)

    def feed(self, data: bytes) -> list[Message]:
        """The messages that end in these next bytes of the connection."""
        data = self._data + data if self._data else data
        messages: list[Message] = []
        position, size = 0, len(data)
        has_nul = b"\0" in data
        while position < size:
            if not (self._left or self._number):
                position = self._take_counted(data, position, messages)
                count = _COUNTED.match(data, position)
                if not (count or has_nul):
                    position = self._take_lines(data, position, messages)
                    count = _COUNTED.match(data, position)
                if count:
                    self._left, position = int(count[1]), count.end()
                elif _PERHAPS_COUNTED.fullmatch(data, position):
                    break
            trailer = 0 if self._left else 1
            stop = position + self._left if self._left else self._line_end(data, position)
            if stop - position > self._most and size - position > self._most:
                cut = character_start(data, position + self._most)
                self._add_part(messages, data[position:cut])
                self._left -= cut - position if self._left else 0
                position = cut
                continue
            if stop + trailer > size:
                break
            self._finish(messages, data[position:stop])
            position = stop + trailer
        self._data = data[position:]
        return messages

    def let_go(self) -> list[Message]:
        """What is there of a message whose rest is still to come, as a part of it, so that it takes no memory."""
        messages: list[Message] = []
        if len(self._data) > _LONGEST_COUNT:
            cut = character_start(self._data, len(self._data) - 1)
            self._add_part(messages, self._data[:cut])
            self._left -= cut if self._left else 0
            self._data = self._data[cut:]
        return messages

    def end(self) -> list[Message]:
        """What is left when the connection has ended: a message whose end was to be the connection's, or one that is cut short."""
        messages: list[Message] = []
        rest, self._data = self._data, b""
        if self._left and (rest := rest.rstrip(_TRAILERS)):
            self._number += 1
            messages.append(Part(rest, self._number, self._whole, is_cut_short=True))
        elif rest:
            self._finish(messages, rest)
        self._left = 0
        return messages

    def _take_counted(self, data: bytes, position: int, messages: list[Message]) -> int:
        """Takes the messages from here on whose octets are counted, and are all there; where the next one begins."""
        size, most, match = len(data), self._most, _COUNTED.match
        while count := match(data, position):
            start = count.end()
            stop = start + int(count[1])
            if stop > size or stop - start > most:
                break
            text = data[start:stop]
            messages.append(text.rstrip(_TRAILERS) if text[-1] in _TRAILERS else text)
            position = stop
        return position

    def _take_lines(self, data: bytes, position: int, messages: list[Message]) -> int:
        """The same of lines, up to one that is too long, or to a message whose octets are counted. The first is none."""
        following = _COUNTED_NEXT.search(data, position)
        stop = following.start() if following else data.rfind(b"\n", position)
        if stop < 0:
            return position
        lines = data[position:stop].split(b"\n")
        if max(map(len, lines)) > self._most:
            return position
        if b"\r" in data:
            lines = [line.rstrip(b"\r") for line in lines]
        messages += [line for line in lines if line]
        return stop + 1

    def _line_end(self, data: bytes, position: int) -> int:
        """Where the message ends; beyond the data, and too far for one record, where its end has not come."""
        end = _END.search(data, position)
        return end.start() if end else len(data) + self._most + 1

    def _add_part(self, messages: list[Message], text: bytes) -> None:
        self._number += 1
        messages.append(Part(text, self._number, self._whole))

    def _finish(self, messages: list[Message], text: bytes) -> None:
        text = text.rstrip(_TRAILERS)
        if self._number:
            if text:
                self._add_part(messages, text)
            self._number, self._whole = 0, Whole()
        elif text:
            messages.append(text)
        self._left = 0
