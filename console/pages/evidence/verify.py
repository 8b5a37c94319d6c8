#!/usr/bin/env python3
"""Verify a Gatehouse evidence pack. Needs Python 3.9 or newer and nothing else.

    python3 -I verify.py [--fingerprint HEX] [FOLDER]

FOLDER is the unpacked pack, by default the folder of this file. Ends with 0 if all is
as Gatehouse signed it, with 1 if anything was changed, and says what.

Without --fingerprint you learn that the pack is whole, but not who signed it: note the
fingerprint beforehand, from the page "Audit log". And whoever changed a pack could have
changed this file: read it, or take it from a pack or a source that you trust.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import sys
from typing import Any

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
AUDIT, CHAIN, ANCHORS = "audit", "audit-chain", "audit-anchors"
AT_ONCE = 1 << 20

# --- Ed25519, as RFC 8032 says --------------------------------------------------------
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # a square root of -1
BY = 4 * pow(5, P - 2, P) % P
Point = tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, x*y = T/Z


def x_of(y: int, odd: int) -> int | None:
    """Return the x of a point of the curve; None if there is none."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and odd):
        return None
    return P - x if x % 2 != odd else x


def point_of(text: bytes) -> Point | None:
    """Read 32 bytes as a point; None if they are none."""
    number = int.from_bytes(text, "little")
    y, odd = number & (2**255 - 1), number >> 255
    x = x_of(y, odd) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


def bytes_of(point: Point) -> bytes:
    """Write a point as 32 bytes."""
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def added(p: Point, q: Point) -> Point:
    """Return the sum of two points."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(factor: int, point: Point) -> Point:
    """Return the point added to itself so often."""
    total: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = added(total, point)
        point = added(point, point)
        factor >>= 1
    return total


def signed(message: bytes, signature: bytes, public_key: bytes) -> bool:
    """Tell whether the signature is of this message, by the owner of this key."""
    if len(signature) != 64 or len(public_key) != 32:
        return False
    s = int.from_bytes(signature[32:], "little")
    key = point_of(public_key)
    base_x = x_of(BY, 0)
    if s >= L or key is None or base_x is None:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    h = int.from_bytes(digest, "little") % L
    x, y, z, t = key
    base: Point = (base_x, BY, 1, base_x * BY % P)
    point = added(times(s, base), times(h, (-x % P, y, z, -t % P)))
    return bytes_of(point) == signature[:32]


# --- the pack -------------------------------------------------------------------------
class Verifier:
    """Looks at one folder; `problems` are what it found."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self.proven: list[str] = []
        self.manifest: dict[str, Any] = {}

    def run(self, fingerprint: str) -> None:
        """Check everything; later checks need what earlier ones proved."""
        if not self.check_signature(fingerprint) or not self.check_files():
            return
        self.check_rows()
        self.check_chain()

    def check_signature(self, fingerprint: str) -> bool:
        """Is the manifest what the owner of the signing key signed?"""
        try:
            content = self.read(MANIFEST)
            self.manifest = json.loads(content)
            key = bytes.fromhex(self.manifest["signer"]["public_key"])
            signature = bytes.fromhex(self.read(SIGNATURE).decode("ascii").strip())
        except (OSError, ValueError, KeyError, TypeError) as error:
            return self.wrong(f"manifest or signature cannot be read ({error!r})")
        if not signed(content, signature, key):
            return self.wrong("the signature is not of this manifest")
        found = hashlib.sha256(key).hexdigest()
        if fingerprint and found != fingerprint.lower().replace(":", ""):
            return self.wrong(f"it was signed by another key: {found}")
        whose = "the key you named" if fingerprint else f"the key {found}"
        self.proven.append(f"the manifest was signed by {whose}")
        return True

    def check_files(self) -> bool:
        """Is every file there, unchanged, and no other?"""
        listed = self.manifest["files"]
        there = set(self.walk()) - {MANIFEST, SIGNATURE}
        for name in sorted(listed.keys() - there):
            self.wrong(f"{name} is missing")
        for name in sorted(there - listed.keys()):
            self.wrong(f"{name} does not belong to the pack")
        for name in sorted(there & listed.keys()):
            if self.digest(name) != listed[name]["sha256"]:
                self.wrong(f"{name} was changed")
        if self.problems:
            return False
        self.proven.append(
            f"all {len(listed)} files are there, unchanged, and no other"
        )
        return True

    def check_rows(self) -> None:
        """Has every table the number of rows that the manifest says?"""
        tables = {
            n: f["rows"] for n, f in self.manifest["files"].items() if "rows" in f
        }
        for name, rows in sorted(tables.items()):
            if self.count(name) != rows:
                self.wrong(f"{name} has not the {rows} rows of the manifest")
        self.proven.append(f"{len(tables)} tables have the rows that the manifest says")

    def check_chain(self) -> None:
        """Do the links of the audit trail follow without a gap, and fit the rest?"""
        proof = self.manifest["chain"]
        macs: dict[int, tuple[str, str]] = {}
        seq, before = proof["first"], proof["before"]
        for link in self.rows(CHAIN):
            if link["seq"] != seq or link["prev"] != before:
                self.wrong(f"the chain breaks at audit entry {seq}")
                return
            macs[seq] = (link["prev"], link["mac"])
            seq, before = seq + 1, link["mac"]
        if macs and (seq - 1, before) != (proof["last"], proof["mac"]):
            self.wrong(f"the chain does not end at audit entry {proof['last']}")
        entries = self.rows(AUDIT)
        for entry in entries:
            if macs.get(entry["seq"]) != (entry["prev"], entry["mac"]):
                self.wrong(f"audit entry {entry['seq']} is not in the chain")
        if self.manifest["team"] is None and len(entries) != len(macs):
            self.wrong("the extract of the audit trail is not whole")
        anchors = self.rows(ANCHORS)
        for anchor in anchors:
            if macs.get(anchor["seq"], ("", ""))[1] != anchor["mac"]:
                self.wrong(
                    f"audit entry {anchor['seq']} is not the one its anchor notes"
                )
        self.proven.append(
            f"{len(macs)} audit entries link without a gap, {len(entries)} of them are "
            f"here in full, and {len(anchors)} anchors fit them"
        )

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of one table."""
        rows: list[dict[str, Any]] = json.loads(self.read(f"tables/{table}.json"))
        return rows

    def count(self, name: str) -> int:
        """Count the rows of a table in one of its files."""
        with open(self.path(name), encoding="utf-8", newline="") as file:
            if name.endswith(".csv"):
                return sum(1 for _ in csv.reader(file)) - 1
            return len(json.load(file))

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a file, in hex."""
        digest = hashlib.sha256()
        with open(self.path(name), "rb") as file:
            while part := file.read(AT_ONCE):
                digest.update(part)
        return digest.hexdigest()

    def walk(self) -> list[str]:
        """Return the names of all files below the folder."""
        return [
            os.path.relpath(os.path.join(place, name), self.folder).replace(os.sep, "/")
            for place, _, names in os.walk(self.folder)
            for name in names
        ]

    def read(self, name: str) -> bytes:
        """Return a file's content."""
        with open(self.path(name), "rb") as file:
            return file.read()

    def path(self, name: str) -> str:
        """Return where a file of the pack lies."""
        return os.path.join(self.folder, *name.split("/"))

    def wrong(self, problem: str) -> bool:
        """Note a problem; return False."""
        self.problems.append(problem)
        return False


def main(arguments: list[str]) -> int:
    """Verify, tell, and return the exit code."""
    parser = argparse.ArgumentParser(description="Verify a Gatehouse evidence pack.")
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("folder", nargs="?", default=here, help="the unpacked pack")
    parser.add_argument("--fingerprint", default="", help="SHA-256 of the signing key")
    chosen = parser.parse_args(arguments)
    csv.field_size_limit(AT_ONCE)
    verifier = Verifier(chosen.folder)
    verifier.run(chosen.fingerprint)
    for sentence in verifier.proven:
        print(f"proven:     {sentence}")
    for sentence in verifier.problems:
        print(f"WRONG:      {sentence}")
    if verifier.problems:
        return 1
    said = verifier.manifest["chain"]["verification"]
    print(f"Gatehouse said of the whole trail: {said['sentence']}")
    if not chosen.fingerprint:
        print("not proven: whose key that is; compare its fingerprint with your note")
    print("not proven: that an audit entry says what was done. Its mark needs the key")
    print(
        "            ring: `manage.py audit verify --expect SEQ:MAC` checks it there."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
