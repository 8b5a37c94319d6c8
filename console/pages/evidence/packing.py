"""Writing the ZIP: every file hashed on its way in, listed in the manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from console.lib.export import Format, Record, csv_lines, json_lines
from console.pages.evidence.tables import Table

MIB = 1024 * 1024
MOST_BYTES = 1024 * MIB  # of all files, before they are compressed
WRITERS = {Format.CSV: csv_lines, Format.JSON: json_lines}


class TooLarge(Exception):
    """More than a pack holds."""

    sentence = (
        "That is more than one pack holds (1 GiB, 250,000 audit entries or 1,000,000 "
        "cells of access): choose a shorter period, or one team."
    )


class Packer:
    """One pack in the making; `files` is what the manifest says of each."""

    def __init__(self, file: IO[bytes], *, folder: str, at: datetime) -> None:
        self._zip = ZipFile(file, "w", ZIP_DEFLATED, compresslevel=6)
        self._folder = folder
        self._at = at
        self._room = MOST_BYTES
        self.files: dict[str, dict[str, Any]] = {}

    def add(self, name: str, parts: Iterable[str | bytes]) -> None:
        """Add one file, and note its hash and length. Raises TooLarge."""
        digest, length = hashlib.sha256(), 0
        with self._zip.open(self._info(name), "w") as out:
            for part in parts:
                content = part.encode() if isinstance(part, str) else part
                digest.update(content)
                length += len(content)
                if length > self._room:
                    raise TooLarge
                out.write(content)
        self._room -= length
        self.files[name] = {"sha256": digest.hexdigest(), "bytes": length}

    def add_table(self, table: Table) -> None:
        """Add one table, as CSV and as JSON."""
        for format, lines in WRITERS.items():
            name = f"tables/{table.name}.{format}"
            counted = _Counted(table.records())
            self.add(name, lines(counted, fields=table.fields))
            self.files[name]["rows"] = counted.number

    def __enter__(self) -> Packer:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def sign(self, manifest: bytes, signature: bytes) -> None:
        """Add what stands outside the manifest."""
        for name, content in (
            ("manifest.json", manifest),
            ("manifest.sig", signature.hex().encode() + b"\n"),
        ):
            self._zip.writestr(self._info(name), content)

    def _info(self, name: str) -> ZipInfo:
        info = ZipInfo(f"{self._folder}/{name}", self._at.timetuple()[:6])
        info.compress_type = ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        return info


class _Counted:
    """Records that are counted while they pass."""

    def __init__(self, records: Iterator[Record]) -> None:
        self._records = records
        self.number = 0

    def __iter__(self) -> Iterator[Record]:
        for record in self._records:
            self.number += 1
            yield record


def manifest_of(facts: dict[str, Any], packer: Packer) -> bytes:
    """Return the manifest: one spelling, for it is signed."""
    whole = facts | {"files": packer.files}
    return json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False).encode()
