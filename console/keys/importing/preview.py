"""Judging the rows of a table before anything is stored, and keeping them as a draft.

What is wrong is said in words and repeats no secret: people mix up columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from uuid import uuid4

from django.db import transaction

from console import xai
from console.accounts.models import Team, User
from console.audit.actors import Actor
from console.keys import custody, intake, upstream
from console.keys.importing.tables import REQUIRED, TableRow
from console.keys.models import ApiKey, ImportJob, ImportRow, RowState
from console.lib.redact import escaped
from console.vault import sealing

LONGEST = {"team": 100, "label": 100, "owner": 100, "note": 1000}
NOTE_SPACES = "\t\r\n"  # a note may have several lines
SENTENCE = 300  # characters, of the column
KIND = "import-secret"  # what its seal is bound to, beside the row

SURPLUS = (
    "It has more cells than the heading: a text with a separator in it needs quotes."
)
WILL_BE_MADE = "The team {} will be made."


@dataclass(slots=True, repr=False)
class Judged:
    """One row, and what is wrong with it."""

    row: TableRow
    secret: xai.Secret | None
    fingerprint: bytes = b""
    problems: list[str] = field(default_factory=list)
    hint: str = ""


@transaction.atomic
def make_draft(
    rows: Sequence[TableRow],
    *,
    host: str,
    actor: Actor,
    created_by: User | None = None,
    asks: bool = True,
) -> ImportJob:
    """Judge the rows and keep them for their maker to look at.

    Good ones wait with their secrets sealed; of bad ones no secret is kept. Raises
    vault.Sealed, or upstream.UnknownHost.
    """
    upstream.address(host)
    job = ImportJob.objects.create(
        host=host, actor=asdict(actor), created_by=created_by, asks=asks
    )
    ImportRow.objects.bulk_create(_kept(one, job) for one in judge(rows))
    return job


def judge(rows: Sequence[TableRow]) -> list[Judged]:
    """Say what is wrong with each row. Two queries. Raises vault.Sealed."""
    found = [_judge_alone(row) for row in rows]
    _judge_together(found)
    prints = [one.fingerprint for one in found if one.fingerprint]
    keys = ApiKey.objects.filter(fingerprint__in=prints, removed_at=None)
    stored = {bytes(key.fingerprint or b""): key for key in keys.select_related("team")}
    teams = {team.name.casefold(): team for team in Team.objects.all()}
    for one in found:
        _judge_by_what_is_stored(one, stored, teams)
    return found


def team_named(name: str) -> Team | None:
    """Return the team that a row means; capitals make no other team."""
    alike = Team.objects.filter(name__iexact=name)
    return min(alike, key=lambda team: team.name != name, default=None)


def unsealed(row: ImportRow) -> xai.Secret:
    """Return the secret of a row that waits. Raises vault.Sealed or vault.Tampered."""
    blob = bytes(row.sealed_secret or b"")
    return xai.Secret.parse(sealing.unseal_text(blob, kind=KIND, row=row.pk))


def _judge_alone(row: TableRow) -> Judged:
    problems = []
    empty = [name for name in REQUIRED if not getattr(row, name)]
    if empty:
        problems.append(f"Empty: {', '.join(empty)}.")
    for name, longest in LONGEST.items():
        text = getattr(row, name)
        spaces = NOTE_SPACES if name == "note" else ""
        if len(text) > longest:
            problems.append(f"The {name} is longer than {longest:,} characters.")
        if any(not sign.isprintable() and sign not in spaces for sign in text):
            problems.append(f"The {name} has characters that cannot be shown.")
        if xai.redact(text) != text:
            problems.append(
                f"The {name} holds something that looks like a key; only the column "
                "secret may."
            )
    if row.surplus:
        problems.append(SURPLUS)
    try:
        secret = intake.parse(row.secret) if row.secret else None
    except custody.BadFormat as refusal:
        return Judged(row, None, problems=[*problems, refusal.sentence])
    return Judged(row, secret, problems=problems)


def _judge_together(found: Sequence[Judged]) -> None:
    """The first row with a key is the one that counts."""
    first: dict[bytes, int] = {}
    for one in found:
        if one.secret is None:
            continue
        one.fingerprint = sealing.fingerprint(one.secret)
        before = first.setdefault(one.fingerprint, one.row.number)
        if before != one.row.number:
            one.problems.append(f"The same key as in row {before}.")


def _judge_by_what_is_stored(
    one: Judged, stored: Mapping[bytes, ApiKey], teams: Mapping[str, Team]
) -> None:
    api_key = stored.get(one.fingerprint)
    team = teams.get(one.row.team.casefold())
    if api_key is not None:
        same = team is not None and team.pk == api_key.team_id
        refusal = (custody.AlreadyStored if same else custody.StoredElsewhere)(api_key)
        one.problems.append(refusal.sentence)
    elif team is None:
        one.hint = WILL_BE_MADE.format(one.row.team)


def _kept(one: Judged, job: ImportJob) -> ImportRow:
    row, bad = one.row, bool(one.problems)
    pk = uuid4()
    sealed = None
    if one.secret is not None and not bad:
        sealed = sealing.seal_text(one.secret.reveal(), kind=KIND, row=pk)
    return ImportRow(
        pk=pk,
        job=job,
        number=row.number,
        team=_shown(row.team, LONGEST["team"]),
        label=_shown(row.label, LONGEST["label"]),
        owner=_shown(row.owner, LONGEST["owner"]),
        note=_shown(row.note, LONGEST["note"]) if bad else row.note,
        last_four="" if one.secret is None else one.secret.last_four,
        sealed_secret=sealed,
        state=RowState.BAD if bad else RowState.WAITING,
        sentence=(" ".join(one.problems) or one.hint)[:SENTENCE],
    )


def _shown(text: str, longest: int) -> str:
    """Return what may be kept and shown of a cell: no secret, nothing hidden."""
    return escaped(xai.redact(text))[:longest]
