"""README.txt of an evidence pack."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from textwrap import fill

from console.pages.evidence.scope import Scope
from console.pages.evidence.signing import Signer
from console.pages.evidence.tables import Table

WIDTH = 78
TEXT = """\
Evidence pack of Gatehouse
==========================

Team:    {team}
Period:  {first} to {last}, both days included, in UTC
Made:    {made_at} by the database's clock

All tables were read in one snapshot of the database. Each is here as CSV and as
JSON. In CSV, text that a spreadsheet would take for a formula has a ' before it.
No secret of any key is in this pack.

What is in it
-------------

{tables}

How to check it
---------------

Unpack it and run, with Python 3.9 or newer and nothing else:

    python3 -I verify.py --fingerprint FINGERPRINT

FINGERPRINT is that of the signing key of this Gatehouse. Take it from your own
notes, or from its page "Audit log"; a pack that was exchanged as a whole names
another one. This pack names:

    {fingerprint}

verify.py checks the signature of manifest.json (manifest.sig, Ed25519 over the
file's bytes), the SHA-256 and the number of rows of every file, that no file is
missing or was added, that the audit entries of the period link to each other
without a gap, and that they fit the anchors noted outside the database.

It cannot check the marks themselves: they are made with a key that never leaves
Gatehouse. `manage.py audit verify --expect SEQ:MAC` does that there, with SEQ and
MAC of any line of tables/audit-chain.csv.
"""


def text(
    scope: Scope, signer: Signer, tables: Sequence[Table], *, made_at: datetime
) -> str:
    """Return what stands beside the tables of one pack."""
    return TEXT.format(
        team=scope.team_name,
        first=scope.first_day,
        last=scope.last_day,
        made_at=made_at.isoformat(timespec="seconds"),
        tables="\n".join(map(_entry, tables)),
        fingerprint=signer.fingerprint,
    )


def _entry(table: Table) -> str:
    indent = " " * 15
    return fill(
        table.about,
        WIDTH,
        initial_indent=f"{table.name:<15}",
        subsequent_indent=indent,
    )
