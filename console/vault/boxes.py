"""AES-256-GCM with associated data that cannot be read in two ways."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from console.vault.errors import Tampered

NONCE_BYTES = 12
TAG_BYTES = 16


def joined(*parts: bytes | str | int) -> bytes:
    """Return the parts as bytes, each behind its length.

    Two different lists never give the same bytes, so a border between two parts
    cannot be moved.
    """
    raw = (
        part if isinstance(part, bytes) else str(part).encode("utf-8") for part in parts
    )
    return b"".join(len(part).to_bytes(4, "big") + part for part in raw)


def close(plain: bytes, *, key: bytes, bound: bytes) -> bytes:
    """Return nonce, ciphertext and tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def open_(box: bytes, *, key: bytes, bound: bytes) -> bytes:
    """Return what was closed under this key and bound to these bytes, or Tampered."""
    if len(box) < NONCE_BYTES + TAG_BYTES:
        raise Tampered
    try:
        return AESGCM(key).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], bound)
    except InvalidTag:
        raise Tampered from None
