"""Sealing and opening secrets, and recognising them by fingerprint.

A blob is one byte of format, four bytes of key version, and an AES-GCM box.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from uuid import UUID

from console import xai
from console.vault import boxes, keyring
from console.vault.errors import Sealed, Tampered
from console.vault.models import Purpose

__all__ = [
    "Binding",
    "Sealed",
    "Tampered",
    "fingerprint",
    "seal",
    "seal_text",
    "short",
    "unseal",
    "unseal_text",
]

FORMAT = b"\x01"
HEAD_BYTES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Where a secret belongs. A blob opens only with the binding it was sealed with.

    `host` is the name in the upstream's address: whoever writes to the database
    cannot have a key sent elsewhere. `version` counts the secrets of one row.
    """

    row: UUID
    version: int
    team: UUID
    host: str


def seal(secret: xai.Secret, *, bound: Binding) -> bytes:
    """Return the blob to store. Raises Sealed without a usable KEK."""
    key = keyring.newest(Purpose.DATA)
    head = FORMAT + key.version.to_bytes(4, "big")
    plain = secret.reveal().encode("ascii")
    return head + boxes.close(plain, key=key.material, bound=_bound(head, bound))


def unseal(blob: bytes, *, bound: Binding) -> xai.Secret:
    """Return the secret of this blob. Raises Tampered, or Sealed without a KEK."""
    blob = bytes(blob)  # the database driver hands out memoryviews
    head, box = blob[:HEAD_BYTES], blob[HEAD_BYTES:]
    plain = boxes.open_(box, key=_data_key(head), bound=_bound(head, bound))
    return xai.Secret.parse(plain.decode("ascii"))


def seal_text(text: str, *, kind: str, row: UUID) -> bytes:
    """Return the blob of a text that is no xAI key, such as a channel's address.

    `kind` names the column it is for, so it opens in no other. Raises Sealed.
    """
    key = keyring.newest(Purpose.DATA)
    head = FORMAT + key.version.to_bytes(4, "big")
    bound = boxes.joined("gatehouse", "text", head, kind, row.bytes)
    return head + boxes.close(text.encode("utf-8"), key=key.material, bound=bound)


def unseal_text(blob: bytes, *, kind: str, row: UUID) -> str:
    """Return the text of this blob. Raises Tampered, or Sealed without a KEK."""
    blob = bytes(blob)
    head, box = blob[:HEAD_BYTES], blob[HEAD_BYTES:]
    bound = boxes.joined("gatehouse", "text", head, kind, row.bytes)
    return boxes.open_(box, key=_data_key(head), bound=bound).decode("utf-8")


def fingerprint(secret: xai.Secret) -> bytes:
    """Return 32 bytes, the same for the same secret, useless without the key ring."""
    key = keyring.newest(Purpose.FINGERPRINT)
    return hmac.digest(key.material, secret.reveal().encode("ascii"), "sha256")


def short(fingerprint: bytes) -> str:
    """Return the 8 hex digits that people may see."""
    return bytes(fingerprint[:4]).hex()


def _data_key(head: bytes) -> bytes:
    """Return the data key that the head of a blob names, or raise Tampered."""
    if len(head) < HEAD_BYTES or head[:1] != FORMAT:
        raise Tampered
    key = keyring.at_version(Purpose.DATA, int.from_bytes(head[1:], "big"))
    if key is None:
        raise Tampered
    return key.material


def _bound(head: bytes, bound: Binding) -> bytes:
    return boxes.joined(
        "gatehouse",
        "secret",
        head,
        bound.row.bytes,
        bound.version,
        bound.team.bytes,
        bound.host,
    )
