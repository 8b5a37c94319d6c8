"""Checking the audit trail: was an entry edited, removed, added or moved?"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from console.audit import canonical
from console.audit.models import Entry
from console.vault import keyring
from console.vault.models import Purpose

AT_ONCE = 2000  # rows fetched at a time


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry at some moment, noted elsewhere to find a cut tail later."""

    seq: int
    mac: bytes


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk over the whole chain found."""

    entries: int  # sound ones, from the first on
    head: int  # seq of the last sound one; 0 for an empty trail
    broken_at: int | None  # seq where it stops being sound
    reason: str  # "" if all is sound

    @property
    def sound(self) -> bool:
        """Nothing was changed."""
        return self.broken_at is None


def head() -> Head | None:
    """Return the newest entry's place and mac; None for an empty trail."""
    newest = Entry.objects.order_by("-seq").values_list("seq", "mac").first()
    return Head(newest[0], bytes(newest[1])) if newest else None


def verify(*, expected_head: Head | None = None) -> Verification:
    """Walk over all entries, oldest first, and stop at the first that is not sound.

    A tail that was cut, or a chain that was rebuilt, shows only beside an
    `expected_head` noted before. Raises vault.Sealed without a usable KEK.
    """
    last, prev = 0, canonical.FIRST_PREV
    columns = [*canonical.FIELDS, "prev", "mac"]
    rows = Entry.objects.order_by("seq").values(*columns)
    for row in rows.iterator(chunk_size=AT_ONCE):
        if reason := _fault(row, last=last, prev=prev):
            return Verification(last, last, last + 1, reason)
        last, prev = row["seq"], bytes(row["mac"])
        if expected_head and expected_head.seq == last and expected_head.mac != prev:
            return Verification(last - 1, last - 1, last, "is not the entry noted")
    if expected_head and expected_head.seq > last:
        return Verification(last, last, last + 1, "is missing: the end was cut off")
    return Verification(last, last, None, "")


def _fault(row: dict[str, Any], *, last: int, prev: bytes) -> str:
    """Return what is wrong with this row behind the last sound one, or ""."""
    if row["seq"] != last + 1:
        return f"is missing: entry {row['seq']} follows entry {last}"
    if not hmac.compare_digest(bytes(row["prev"]), prev):
        return "does not follow from the entry before it"
    key = keyring.at_version(Purpose.AUDIT, row["key_version"])
    if key is None:
        return "names a key that never was"
    mac = canonical.mac_of(row, prev=prev, key=key.material)
    if not hmac.compare_digest(bytes(row["mac"]), mac):
        return "was changed after it was written"
    return ""
