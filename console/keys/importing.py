"""Taking in many keys from a table. Used by `import_keys`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import transaction

from console import xai
from console.accounts import teams
from console.accounts.models import Team
from console.accounts.teams import add_team
from console.audit import trail
from console.audit.actors import Actor
from console.keys import custody, upstream
from console.keys.models import ApiKey

COLUMNS = ("secret", "team", "label", "owner", "note")
REQUIRED = ("secret", "team", "label")
LONGEST = {"team": 100, "label": 100, "owner": 100, "note": 1000}


class BadTable(ValueError):
    """The table has not the columns that are needed; says which."""


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row. Never holds the secret."""

    number: int  # of the row; the heading is row 1
    label: str
    api_key: ApiKey | None  # None: refused
    sentence: str


def read_rows(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV text as column -> value, without unknown columns.

    Raises BadTable when a needed column is missing.
    """
    reader = csv.DictReader(lines, skipinitialspace=True)
    heading = {name: (name or "").strip().lower() for name in reader.fieldnames or ()}
    missing = [name for name in REQUIRED if name not in heading.values()]
    if missing:
        raise BadTable(
            f"The first row must name the columns {', '.join(COLUMNS)}; "
            f"missing: {', '.join(missing)}."
        )
    for row in _readable(reader):
        named = {heading[name]: row[name] or "" for name in heading}
        yield {name: named.get(name, "").strip() for name in COLUMNS}


def _readable(reader: csv.DictReader[str]) -> Iterator[dict[str, str | None]]:
    try:
        yield from reader
    except csv.Error:
        line = reader.line_num
        raise BadTable(f"Line {line} cannot be read as CSV; see its quotes.") from None


def import_rows(
    rows: Iterable[dict[str, str]], *, actor: Actor, host: str | None = None
) -> Iterator[RowResult]:
    """Store each row without asking xAI, and yield what became of it.

    Each row is a transaction of its own, so a bad one stops no other; the first
    poll of each is due at once. Teams that do not exist are made. Importing the
    same table again refuses every row as already stored.
    """
    host = host or upstream.default_host()
    stored = refused = 0
    for number, row in enumerate(rows, start=2):
        result = _import_row(number, row, actor=actor, host=host)
        stored += result.api_key is not None
        refused += result.api_key is None
        yield result
    with transaction.atomic():
        trail.record(
            action="keys.imported",
            actor=actor,
            object_kind="keys",
            detail={"stored": stored, "refused": refused},
        )


def _import_row(
    number: int, row: dict[str, str], *, actor: Actor, host: str
) -> RowResult:
    # Whoever mixes up two columns must not find a secret in our answer.
    label = xai.redact(row["label"])[:100]
    problem = _problem(row)
    if problem:
        return RowResult(number, label, None, problem)
    try:
        secret = xai.Secret.parse(row["secret"])
    except xai.BadSecret:
        return RowResult(number, label, None, custody.BadFormat.sentence)
    try:
        with transaction.atomic():
            api_key = custody.store_unverified(
                team=_team(row["team"], actor=actor),
                label=row["label"],
                owner=row["owner"],
                note=row["note"],
                host=host,
                secret=secret,
                actor=actor,
            )
    except (custody.Refused, teams.Refused) as refusal:
        return RowResult(number, label, None, refusal.sentence)
    return RowResult(
        number, label, api_key, f"Stored in {api_key.team.name}; not checked yet."
    )


def _problem(row: dict[str, str]) -> str:
    empty = [name for name in REQUIRED if not row[name]]
    if empty:
        return f"Empty: {', '.join(empty)}."
    for name, longest in LONGEST.items():
        if len(row[name]) > longest:
            return f"The {name} is longer than {longest} characters."
        if any(not character.isprintable() for character in row[name]):
            return f"The {name} has characters that cannot be shown."
    return ""


def _team(name: str, *, actor: Actor) -> Team:
    """Return the team of this name, made if it is new."""
    found = Team.objects.filter(name=name).first()
    return found or add_team(name=name, actor=actor)
