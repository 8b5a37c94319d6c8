"""Reading and writing server-sent events.

Ours, because the line splitting of the usual readers also cuts at U+2028 and
four other characters that may stand inside JSON.
"""

import re
from dataclasses import dataclass

from console.xai.limits import LINE_CAP

LINE_END = re.compile(rb"\r\n|\n|\r")
TEXT_LINE_END = re.compile(r"\r\n|\n|\r")


class LineTooLong(ValueError):
    """A line, or an event of many lines, is longer than the reader allows."""


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event; without an `event:` line its name is "message"."""

    name: str
    data: str

    def encode(self) -> bytes:
        """Return the event as it is written on the wire, blank line included."""
        lines = [f"data: {line}\n" for line in TEXT_LINE_END.split(self.data)]
        if self.name and self.name != "message":
            lines.insert(0, f"event: {TEXT_LINE_END.sub(' ', self.name)}\n")
        return "".join([*lines, "\n"]).encode("utf-8", "replace")


class EventReader:
    """Turns the bytes of a stream, cut anywhere, into events."""

    def __init__(self, line_cap: int = LINE_CAP) -> None:
        self._line_cap = line_cap
        self._rest = bytearray()  # of a line whose end has not come yet
        self._after_cr = False
        self._first = True
        self._name = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[Event]:
        """Return the events that these bytes complete."""
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        first, *others = LINE_END.split(chunk)
        if others:
            self._after_cr = chunk.endswith(b"\r")
        events = []
        self._extend(first)
        for part in others:
            if event := self._take(self._rest.decode("utf-8", "replace")):
                events.append(event)
            self._rest.clear()
            self._extend(part)
        return events

    def _extend(self, part: bytes) -> None:
        self._rest += part
        if self._size + len(self._rest) > self._line_cap:
            raise LineTooLong("An event is longer than allowed.")

    def _take(self, line: str) -> Event | None:
        """Act on one line; a blank one completes an event."""
        if self._first:
            line, self._first = line.removeprefix("\ufeff"), False
        if not line:
            event = Event(self._name or "message", "\n".join(self._data))
            complete = bool(self._data)
            self._name, self._data, self._size = "", [], 0
            return event if complete else None
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
            self._size += len(self._rest)
        return None
