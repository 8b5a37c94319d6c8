"""Signing evidence with the key ring's signing key, an Ed25519 seed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from console import vault
from console.vault import keyring
from console.vault.models import Purpose


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: the public half, to be noted before it is needed."""

    public_key: bytes
    version: int

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the public key, in hex."""
        return hashlib.sha256(self.public_key).hexdigest()


def signer() -> Signer:
    """Return the public half of the newest signing key. Raises vault.Sealed."""
    key = keyring.newest(Purpose.SIGNING)
    public = _private(key.material).public_key()
    return Signer(public.public_bytes(Encoding.Raw, PublicFormat.Raw), key.version)


def fingerprint_or_none() -> str | None:
    """Return the signer's fingerprint for a page; None while the vault is sealed."""
    try:
        return signer().fingerprint
    except vault.Sealed:
        return None


def sign(content: bytes) -> bytes:
    """Return the 64 bytes of the signature. Raises vault.Sealed."""
    return _private(keyring.newest(Purpose.SIGNING).material).sign(content)


def _private(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)
