"""The KEK: a file outside the database, read by whoever opens the key ring."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LEAST_BYTES = 32
LEAST_DIFFERENT_BYTES = 10  # 32 random bytes have 30 on average, never under 20
MOST_BYTES = 4096


class UnusableKek(Exception):
    """The file cannot serve as a KEK; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Kek:
    """One KEK. `id` names it in the key ring and tells nothing about it."""

    id: str
    wrapping_key: bytes = field(repr=False)

    @classmethod
    def of_material(cls, material: bytes) -> Kek:
        """Derive the key that wraps, and the name; refuse material without chance."""
        if len(material) < LEAST_BYTES:
            raise UnusableKek(
                f"The KEK has {len(material)} bytes and needs {LEAST_BYTES}: "
                "make one with `openssl rand -base64 32`."
            )
        if len(set(material)) < LEAST_DIFFERENT_BYTES:
            raise UnusableKek(
                "The KEK repeats the same few bytes: "
                "make one with `openssl rand -base64 32`."
            )
        derive = HKDF(SHA256(), length=32, salt=None, info=b"gatehouse wrap")
        name = hmac.digest(material, b"gatehouse kek-id", "sha256")[:8].hex()
        return cls(name, derive.derive(material))


def read(file: Path) -> Kek:
    """Return the KEK in this file, raw or base64; raise UnusableKek."""
    try:
        with file.open("rb") as source:
            _check_owner(file, os.fstat(source.fileno()))
            content = source.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnusableKek(
            f"The KEK file {file} cannot be read ({error.strerror}): bring it back, "
            "or name the right file in GATEHOUSE_KEK_FILE."
        ) from None
    if len(content) > MOST_BYTES:
        raise UnusableKek(f"The KEK file {file} is too large to be one.")
    return Kek.of_material(_decoded(content))


def make(file: Path) -> bool:
    """Write a new random KEK, readable by us alone; False if there is a file.

    The file appears whole or not at all, and the first of two processes wins.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(base64.b64encode(secrets.token_bytes(32)) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, file)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def _check_owner(file: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnusableKek(f"The KEK file {file} is not a file.")
    if status.st_uid not in {0, os.geteuid()}:
        raise UnusableKek(
            f"The KEK file {file} belongs to somebody else: "
            "give it to the user that runs Gatehouse (chown)."
        )
    if status.st_mode & 0o077:
        raise UnusableKek(
            f"The KEK file {file} can be read by others: run `chmod 600` on it."
        )


def _decoded(content: bytes) -> bytes:
    """Return what base64 says, of either alphabet, else the bytes as they are."""
    text = b"".join(content.split()).translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return content
