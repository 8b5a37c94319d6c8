"""Making an evidence pack out of one snapshot of the database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction

from console.accounts.models import User
from console.audit import anchors, trail
from console.audit.actors import Actor
from console.pages.evidence import access, readme, signing, verify
from console.pages.evidence.packing import Packer, TooLarge, manifest_of
from console.pages.evidence.scope import Scope
from console.pages.evidence.tables import tables
from console.pages.evidence.trail import extract_of

FORMAT = "gatehouse-evidence-1"
MOST_ENTRIES = 250_000
MOST_CELLS = 1_000_000
PACK_LOCK = 0x47480004  # advisory lock: one pack at a time


class Busy(Exception):
    """Another pack is in the making."""

    sentence = "Another evidence pack is being made; try again in a minute."


@dataclass(frozen=True, slots=True)
class Pack:
    """A finished pack: its file, at the beginning, and what it is called."""

    file: IO[bytes]
    name: str
    size: int
    manifest_sha256: str


def make(*, scope: Scope, maker: User, actor: Actor) -> Pack:
    """Make a pack, and record in the audit trail that it was made.

    Must not be called inside a transaction: it reads one snapshot. The file has no
    name and goes with its last handle. Raises TooLarge, Busy, anchors.Unwritable,
    or vault.Sealed.
    """
    signer = signing.signer()  # may make its key, which a snapshot cannot
    noted = anchors.read(settings.AUDIT_ANCHORS)  # before the entries
    with ExitStack() as undo:
        file = undo.enter_context(TemporaryFile())
        with _snapshot() as at:
            name = f"gatehouse-evidence-{at:%Y%m%d-%H%M%S}"
            manifest = _write(file, name, scope, maker, signer, noted, at)
        digest = hashlib.sha256(manifest).hexdigest()
        size = file.tell()
        with transaction.atomic():
            _record(scope, actor, digest, size)
        undo.pop_all()  # the caller closes it
    file.seek(0)
    return Pack(file, f"{name}.zip", size, digest)


@contextmanager
def _snapshot() -> Iterator[datetime]:
    """Read as of one moment, which is returned, and write nothing."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT now(), pg_try_advisory_xact_lock(%s)", [PACK_LOCK])
        at, free = cursor.fetchone()
        if not free:
            raise Busy
        yield at


def _write(
    file: IO[bytes],
    folder: str,
    scope: Scope,
    maker: User,
    signer: signing.Signer,
    noted: anchors.Anchors,
    at: datetime,
) -> bytes:
    """Write the whole pack; return its manifest."""
    extract = extract_of(scope, noted)
    cells = access.number_of_cells(scope)
    if cells > MOST_CELLS or (extract.span and extract.span.length > MOST_ENTRIES):
        raise TooLarge
    contents = [*tables(scope), *extract.tables()]
    with Packer(file, folder=folder, at=at) as packer:
        for table in contents:
            packer.add_table(table)
        packer.add("README.txt", [readme.text(scope, signer, contents, made_at=at)])
        packer.add("verify.py", [Path(verify.__file__).read_bytes()])
        facts = _facts(scope, maker, signer, at) | {"chain": extract.proof()}
        manifest = manifest_of(facts, packer)
        packer.sign(manifest, signing.sign(manifest))
    return manifest


def _facts(
    scope: Scope, maker: User, signer: signing.Signer, at: datetime
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "gatehouse": settings.VERSION,
        "instance": settings.SITE_URL,
        "made_at": at.isoformat(),
        "made_by": {"username": maker.username, "name": maker.name},
        "period": {
            "first_day": scope.first_day.isoformat(),
            "last_day": scope.last_day.isoformat(),
            "zone": "UTC",
        },
        "team": scope.team and {"id": str(scope.team.pk), "name": scope.team.name},
        "signer": {
            "algorithm": "Ed25519",
            "public_key": signer.public_key.hex(),
            "fingerprint": signer.fingerprint,
            "key_version": signer.version,
        },
    }


def _record(scope: Scope, actor: Actor, digest: str, size: int) -> None:
    trail.record(
        action="evidence.made",
        actor=actor,
        object_kind="team" if scope.team else "teams",
        object_id=str(scope.team.pk) if scope.team else "",
        object_name=scope.team_name,
        team_id=scope.team.pk if scope.team else None,
        detail={
            "from": scope.first_day.isoformat(),
            "until": scope.last_day.isoformat(),
            "manifest_sha256": digest,
            "bytes": size,
        },
    )
