"""Checking the audit trail: was an entry edited, removed, added or moved?"""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from console.audit import canonical
from console.audit.models import Entry
from console.vault import keyring
from console.vault.models import Purpose

AT_ONCE = 2000  # rows fetched at a time
COLUMNS = (*canonical.FIELDS, "prev", "mac")


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry at some moment."""

    seq: int
    mac: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """An entry as somebody noted it outside: what finds a cut or rebuilt chain."""

    seq: int
    mac: bytes  # or its first bytes
    source: str  # who says so, to stand behind "noted by"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk over the whole chain found."""

    entries: int  # sound ones, from the first on
    head: int  # seq of the last sound one; 0 for an empty trail
    broken_at: int | None  # seq where it stops being sound
    reason: str  # what is wrong with that entry; "" if all is sound

    @property
    def sound(self) -> bool:
        """Nothing was changed."""
        return self.broken_at is None


def head() -> Head | None:
    """Return the newest entry's place and mac; None for an empty trail."""
    newest = Entry.objects.order_by("-seq").values_list("seq", "mac").first()
    return Head(newest[0], bytes(newest[1])) if newest else None


def verify(*, notes: Iterable[Note] = ()) -> Verification:
    """Walk over all entries, oldest first, and stop at the first that is not sound.

    A tail that was cut, or a chain that was rebuilt by somebody with the key, shows
    only beside `notes` taken before. Raises vault.Sealed without a usable KEK.
    """
    last, prev = 0, canonical.FIRST_PREV
    noted = deque(sorted(notes, key=lambda note: note.seq))
    keys: dict[int, bytes | None] = {}
    rows = Entry.objects.order_by("seq").values(*COLUMNS)
    with transaction.atomic():  # else the cursor would copy the whole table first
        for row in rows.iterator(chunk_size=AT_ONCE):
            if reason := _fault(row, last=last, prev=prev, keys=keys):
                return Verification(last, last, last + 1, reason)
            mac = bytes(row["mac"])
            while noted and noted[0].seq <= row["seq"]:
                note = noted.popleft()
                if not mac.startswith(note.mac):
                    reason = f"is not the entry noted by {note.source}"
                    return Verification(last, last, row["seq"], reason)
            last, prev = row["seq"], mac
    if noted:
        reason = f"is missing: the end was cut off, as noted by {noted[0].source}"
        return Verification(last, last, last + 1, reason)
    return Verification(last, last, None, "")


def genuine(row: dict[str, Any]) -> bool:
    """Tell whether one row, with COLUMNS, is as it was written; not its place."""
    return not _altered(row, prev=bytes(row["prev"]), keys={})


def _fault(
    row: dict[str, Any], *, last: int, prev: bytes, keys: dict[int, bytes | None]
) -> str:
    """Return what is wrong with this row behind the last sound one, or ""."""
    if row["seq"] != last + 1:
        return f"is missing: entry {row['seq']} follows entry {last}"
    if not hmac.compare_digest(bytes(row["prev"]), prev):
        return "does not follow from the entry before it"
    return _altered(row, prev=prev, keys=keys)


def _altered(row: dict[str, Any], *, prev: bytes, keys: dict[int, bytes | None]) -> str:
    """Compare a row with its mac; `keys` remembers the audit keys by version."""
    version = row["key_version"]
    if version not in keys:
        key = keyring.at_version(Purpose.AUDIT, version)
        keys[version] = key.material if key else None
    material = keys[version]
    if material is None:
        return "names a key that never was"
    mac = canonical.mac_of(row, prev=prev, key=material)
    if not hmac.compare_digest(bytes(row["mac"]), mac):
        return "was changed after it was written"
    return ""
