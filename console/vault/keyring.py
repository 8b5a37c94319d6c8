"""The key ring in use: purpose keys by version, and whether the KEK opens them.

Keys are kept in memory once opened. The KEK file is looked at again every few seconds,
so a process that lost its KEK stops opening secrets.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q

from console.vault import boxes, kek
from console.vault.errors import Sealed, Tampered
from console.vault.models import Keyring, Purpose

LOOK_AGAIN = 5.0  # seconds
MAKING_LOCK = 0x47480001  # advisory lock: one process makes keys at a time


class Seal(StrEnum):
    """What became of the KEK."""

    OPEN = "open"
    MISSING = "missing"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class SealState:
    """Whether the vault is open, and what to do if not."""

    seal: Seal
    sentence: str

    @property
    def is_open(self) -> bool:
        """Secrets can be sealed and opened."""
        return self.seal is Seal.OPEN


OPEN = SealState(Seal.OPEN, "The vault is open.")
WRONG = SealState(
    Seal.WRONG,
    "The vault is sealed: this KEK is not the one that wrapped the key ring. "
    "No key is used until GATEHOUSE_KEK_FILE holds the right one.",
)


@dataclass(frozen=True, slots=True)
class PurposeKey:
    """One key of the ring, opened."""

    purpose: str
    version: int
    material: bytes = field(repr=False)


class _Memory:
    """What this process knows of the KEK and the ring."""

    def __init__(self) -> None:
        self.kek: kek.Kek | None = None
        self.state: SealState | None = None
        self.looked_at = 0.0
        self.keys: dict[tuple[str, int], PurposeKey] = {}
        self.newest: dict[str, PurposeKey] = {}


_memory = _Memory()
_lock = threading.RLock()


def state() -> SealState:
    """Tell whether the vault is open, as of the last few seconds."""
    with _lock:
        if _memory.state is None or monotonic() - _memory.looked_at > LOOK_AGAIN:
            _look()
        assert _memory.state is not None
        return _memory.state


def newest(purpose: Purpose) -> PurposeKey:
    """Return the key for new work; the first use of a purpose makes its key."""
    opener = _kek()
    with _lock:
        known = _memory.newest.get(purpose)
    if known is not None:
        return known
    row = _newest_row(purpose) or _make(purpose, opener)
    key = _opened(row, opener)
    with _lock:
        _memory.newest[purpose] = key
    return key


def at_version(purpose: Purpose, version: int) -> PurposeKey | None:
    """Return the key that this version names, or None if the ring has no such."""
    opener = _kek()
    with _lock:
        known = _memory.keys.get((purpose, version))
    if known is not None:
        return known
    row = Keyring.objects.filter(purpose=purpose, version=version).first()
    return _opened(row, opener) if row else None


def ensure_kek() -> bool:
    """Make the KEK file if that is ours to do; see `vault.ensure_kek`."""
    ours = settings.TRYOUT or not settings.EXTERNAL_DATABASE
    if settings.KEK_FILE_GIVEN or not ours or settings.KEK_FILE.exists():
        return False
    if Keyring.objects.exists():
        return False  # another KEK wraps these; a new one would only hide that
    made = kek.make(settings.KEK_FILE)
    forget()
    return made


def forget() -> None:
    """Drop all that this process remembers; the next use reads it again."""
    global _memory
    with _lock:
        _memory = _Memory()


def _kek() -> kek.Kek:
    """Return the KEK of an open vault, else raise Sealed."""
    with _lock:
        now = state()
        if not now.is_open or _memory.kek is None:
            raise Sealed(now.sentence)
        return _memory.kek


def _look() -> None:
    """Read the KEK file; ask the ring again if it is a new one or did not fit."""
    before = _memory.kek
    try:
        _memory.kek = kek.read(settings.KEK_FILE)
    except kek.UnusableKek as problem:
        forget()
        _memory.state = SealState(
            Seal.MISSING, f"The vault is sealed, so no key is used. {problem}"
        )
    else:
        if before != _memory.kek or _memory.state is not OPEN:
            _memory.keys.clear()
            _memory.newest.clear()
            _memory.state = OPEN if _fits(_memory.kek) else WRONG
    _memory.looked_at = monotonic()


def _fits(opener: kek.Kek) -> bool:
    """Tell whether this KEK opens some key of the ring; an empty ring fits all.

    It is one statement: between two, another process may make the first key.
    """
    ring = Keyring.objects.annotate(is_ours=Q(kek_id=opener.id))
    sample = ring.order_by("-is_ours", "-id").first()
    if sample is None:
        return True
    try:
        _opened(sample, opener)
    except Sealed:
        return False
    return True


def _newest_row(purpose: Purpose) -> Keyring | None:
    return Keyring.objects.filter(purpose=purpose).order_by("-version").first()


def _make(purpose: Purpose, opener: kek.Kek) -> Keyring:
    """Store version 1 of this purpose, unless another process just did.

    This happens in a transaction of its own: a key that sealed something must not
    vanish because the caller's transaction is rolled back.
    """
    with _own_connection() as own, transaction.atomic(using=own.alias):
        with own.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MAKING_LOCK])
        ring = Keyring.objects.using(own.alias)
        row = ring.filter(purpose=purpose).order_by("-version").first()
        if row is None:
            box = boxes.close(
                secrets.token_bytes(32),
                key=opener.wrapping_key,
                bound=_wrap_bound(purpose, 1, opener.id),
            )
            row = ring.create(
                purpose=purpose,
                version=1,
                kek_id=opener.id,
                nonce=box[: boxes.NONCE_BYTES],
                wrapped=box[boxes.NONCE_BYTES :],
            )
    return row


@contextmanager
def _own_connection() -> Iterator[BaseDatabaseWrapper]:
    """Yield a second connection to the default database, under an alias of its own."""
    alias = f"keyring-{secrets.token_hex(4)}"
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    own.alias = alias
    connections[alias] = own
    try:
        yield own
    finally:
        own.close()
        del connections[alias]


def _opened(row: Keyring, opener: kek.Kek) -> PurposeKey:
    """Unwrap a row of the ring and remember it; Sealed if this KEK does not fit."""
    try:
        material = boxes.open_(
            bytes(row.nonce) + bytes(row.wrapped),
            key=opener.wrapping_key,
            bound=_wrap_bound(row.purpose, row.version, row.kek_id),
        )
    except Tampered:
        raise Sealed(WRONG.sentence) from None
    key = PurposeKey(row.purpose, row.version, material)
    with _lock:
        _memory.keys[row.purpose, row.version] = key
    return key


def _wrap_bound(purpose: str, version: int, kek_id: str) -> bytes:
    return boxes.joined("gatehouse", "wrap", str(purpose), version, kek_id)
