"""Heads of the trail noted outside the database: what finds a tail that was cut.

One JSON line each (at, seq, mac), to the log and to a file. The file should lie on
other storage than the database, out of reach of whoever could change that.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from console.audit import canonical, chain
from console.audit.chain import Note
from console.audit.models import Entry

EVERY = timedelta(minutes=5)
ENTRIES = 100  # or so many new entries, whichever comes first
TAIL = 4096  # bytes, enough for the last lines
TORN = b" #torn"  # ends a line that a crash cut off, so that it is none
LOGGED = "audit.anchor-logged"  # the last one, where there is no file

log = logging.getLogger(__name__)


class Unwritable(Exception):
    """The file of anchors cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of the trail at some moment."""

    at: datetime
    seq: int
    mac: bytes

    @property
    def line(self) -> str:
        """Return the anchor as one line of JSON."""
        facts = {"at": self.at.isoformat(), "seq": self.seq, "mac": self.mac.hex()}
        return json.dumps(facts, separators=(",", ":"))

    @property
    def note(self) -> Note:
        """Return what the chain is compared with."""
        return Note(self.seq, self.mac, f"the anchor of {self.at:%d %b %Y, %H:%M} UTC")


@dataclass(frozen=True, slots=True)
class Anchors:
    """What a file of anchors holds."""

    anchors: tuple[Anchor, ...] = ()
    unreadable: tuple[int, ...] = ()  # numbers of lines that are no anchor

    @property
    def notes(self) -> list[Note]:
        """Return what the chain is compared with."""
        return [anchor.note for anchor in self.anchors]


def read(file: Path | None) -> Anchors:
    """Return all anchors of a file; none if there is no file.

    A last line without its end was torn by a crash and says nothing. Raises
    Unwritable if the file cannot be read.
    """
    if file is None:
        return Anchors()
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return Anchors()
    except OSError as error:
        raise Unwritable(f"{file} cannot be read: {error.strerror}.") from None
    found: list[Anchor] = []
    unreadable: list[int] = []
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        if line.endswith(TORN):
            continue
        if anchor := _parse(line):
            found.append(anchor)
        else:
            unreadable.append(number)
    return Anchors(tuple(found), tuple(unreadable))


def last(file: Path | None) -> Anchor | None:
    """Return the newest anchor, reading the end of the file alone."""
    if file is None:
        noted = cache.get(LOGGED)
        return _parse(noted.encode()) if noted else None
    try:
        with file.open("rb") as stream:
            return _last_of(stream.fileno())
    except OSError:
        return None


def write_due(*, now: datetime | None = None) -> Anchor | None:
    """Note the head if it is due; return the anchor if one was written.

    Due: 100 entries since the last anchor, or 5 minutes and a new entry. Workers
    that do so at the same time write one line. Raises Unwritable.
    """
    head = chain.head()
    if head is None:
        return None
    anchor = Anchor(now or timezone.now(), head.seq, head.mac)
    file: Path | None = settings.AUDIT_ANCHORS
    written = _append(file, anchor) if file else _remember(anchor)
    if written:
        log.info("audit anchor %s", anchor.line)
    return anchor if written else None


def contradicts(anchor: Anchor) -> bool:
    """Tell whether the trail has no such entry, or another in its place."""
    row = Entry.objects.filter(seq=anchor.seq).values_list("mac", flat=True).first()
    return row is None or bytes(row) != anchor.mac


def _append(file: Path, anchor: Anchor) -> bool:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if not _is_due(anchor, before=_last_of(descriptor)):
                return False
            line = anchor.line.encode() + b"\n"
            if _is_torn(descriptor):
                line = TORN + b"\n" + line
            os.write(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Unwritable(f"{file} cannot be written: {error.strerror}.") from None
    return True


def _remember(anchor: Anchor) -> bool:
    due = _is_due(anchor, before=last(None))
    if due:
        cache.set(LOGGED, anchor.line, timeout=None)
    return due


def _is_due(anchor: Anchor, *, before: Anchor | None) -> bool:
    if before is None:
        return True
    if contradicts(before):
        log.error("the audit trail has not the entry of its anchor %s", before.line)
    if anchor.seq <= before.seq:
        return False
    return anchor.seq - before.seq >= ENTRIES or anchor.at - before.at >= EVERY


def _last_of(descriptor: int) -> Anchor | None:
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, TAIL, max(0, size - TAIL))
    lines = reversed(tail.split(b"\n")[:-1])
    return next(filter(None, map(_parse, lines)), None)


def _is_torn(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _parse(line: bytes) -> Anchor | None:
    try:
        match json.loads(line):
            case {"at": str(at), "seq": int(seq), "mac": str(mac)} if seq > 0:
                anchor = Anchor(datetime.fromisoformat(at), seq, bytes.fromhex(mac))
            case _:
                return None
    except (ValueError, RecursionError):
        return None
    whole = len(anchor.mac) == len(canonical.FIRST_PREV) and anchor.at.tzinfo
    return anchor if whole else None
