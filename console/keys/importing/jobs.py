"""The life of an import: the only writes to its job and rows, once it is a draft.

    draft --start--> running --last row--> finished
      |                 +-----cancel-----> cancelled
      +--discard: gone; after an hour: cancelled

One import at a time is at work, in the hands of one worker: `lease` says whose, and
every result is written only while it holds. All times are the database's.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef, QuerySet
from django.db.models.functions import Greatest, Now

from console.accounts.models import User
from console.audit import trail
from console.audit.actors import Actor
from console.audit.models import ActorKind
from console.keys.models import ApiKey, ImportJob, ImportRow, ImportState, RowState

LEASE_TIME = timedelta(seconds=30)
DRAFT_TIME = timedelta(hours=1)
LONGEST_RUN = timedelta(hours=24)  # then what is left is refused
KEPT = timedelta(days=30)
CLAIM_LOCK = 0x47480003  # advisory lock: one claim at a time

TOO_OLD = "It was not stored within a day, so the import gave up."


class NotInThisState(Exception):
    """Somebody was faster: the import is not what the page showed."""

    sentence = "This import has moved on meanwhile. This page shows where it stands."


class LeaseLost(Exception):
    """The import was cancelled, or another worker has it; nothing was written."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An import that is ours while its lease holds."""

    job_id: UUID
    lease: UUID
    host: str
    asks: bool
    actor: Actor
    created_by: User | None


def actor_of(job: ImportJob) -> Actor:
    """Return who started the import, for the audit entries of its keys."""
    return Actor(**{**job.actor, "kind": ActorKind(job.actor["kind"])})


@transaction.atomic
def start(job: ImportJob, *, actor: Actor) -> None:
    """Let workers store the rows. Raises NotInThisState, or vault.Sealed."""
    job = _locked(job, ImportState.DRAFT)
    ImportJob.objects.filter(pk=job.pk).update(
        state=ImportState.RUNNING, started_at=Now(), actor=asdict(actor)
    )
    job.rows.filter(state=RowState.WAITING).update(due_at=Now())
    _record("keys.import_started", job, actor)


@transaction.atomic
def discard(job: ImportJob) -> None:
    """Delete a preview with its secrets. Raises NotInThisState."""
    _locked(job, ImportState.DRAFT).delete()


@transaction.atomic
def cancel(job: ImportJob, *, actor: Actor) -> None:
    """Leave out the rows that are not done, and destroy their secrets.

    What is stored stays stored. Raises NotInThisState, or vault.Sealed.
    """
    job = _locked(job, ImportState.RUNNING)
    _end_rows(job.rows.all(), RowState.LEFT_OUT, "The import was cancelled before.")
    _end(job, ImportState.CANCELLED)
    _record("keys.import_cancelled", job, actor)


@transaction.atomic
def claim() -> Claim | None:
    """Take the import that waited longest, if it has a row to do and none is at work.

    One at a time, so that the caps on requests hold for all workers together.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
    running = ImportJob.objects.filter(state=ImportState.RUNNING)
    if running.filter(lease__isnull=False, lease_until__gt=Now()).exists():
        return None
    waiting = ImportRow.objects.filter(job=OuterRef("pk"), state=RowState.WAITING)
    ready = Exists(waiting.filter(due_at__lte=Now())) | ~Exists(waiting)
    oldest = (F("lease_until").asc(nulls_first=True), "started_at", "pk")
    job = running.filter(ready).order_by(*oldest).select_related("created_by").first()
    if job is None:
        return None
    lease = uuid4()
    ImportJob.objects.filter(pk=job.pk).update(
        lease=lease, lease_until=Now() + LEASE_TIME
    )
    return Claim(job.pk, lease, job.host, job.asks, actor_of(job), job.created_by)


def renew(claim: Claim) -> None:
    """Hold on to the import. Raises LeaseLost."""
    if not _held(claim).update(lease_until=Now() + LEASE_TIME):
        raise LeaseLost


def due_rows(claim: Claim) -> list[tuple[UUID, str]]:
    """Return id and team of the rows that can be done now, in the table's order."""
    due = ImportRow.objects.filter(
        job=claim.job_id, state=RowState.WAITING, due_at__lte=Now()
    )
    return list(due.order_by("number").values_list("pk", "team"))


def hold(claim: Claim, row_id: UUID) -> ImportRow:
    """Lock the import and one row that waits, to write what became of the row.

    Inside a transaction. Raises LeaseLost.
    """
    held = _held(claim).filter(lease_until__gt=Now()).select_for_update(no_key=True)
    row = ImportRow.objects.filter(pk=row_id, state=RowState.WAITING)
    if not held.exists():
        raise LeaseLost
    found = row.select_for_update(no_key=True).first()
    if found is None:
        raise LeaseLost
    return found


def mark_stored(row: ImportRow, api_key: ApiKey, sentence: str) -> None:
    """Write that the row has become a key."""
    _end_rows(_only(row), RowState.STORED, sentence, key=api_key)


def mark_refused(row: ImportRow, sentence: str) -> None:
    """Write that the row has become nothing, and why."""
    _end_rows(_only(row), RowState.REFUSED, sentence)


def put_off(row: ImportRow, wait: timedelta, sentence: str) -> None:
    """Try a row again later, because xAI gave no answer."""
    _only(row).update(
        due_at=Now() + wait, tries=F("tries") + 1, sentence=sentence[:300]
    )


def put_team_off(row: ImportRow, wait: timedelta, sentence: str) -> None:
    """Try the rows of this row's team later: xAI's limits are per team."""
    rows = ImportRow.objects.filter(
        job=row.job_id, state=RowState.WAITING, team__iexact=row.team
    )
    rows.update(due_at=Greatest(F("due_at"), Now() + wait), sentence=sentence[:300])


@transaction.atomic
def let_go(claim: Claim) -> None:
    """End the lease, and with no row left the import. Without the lease: nothing."""
    job = _held(claim).select_for_update(no_key=True).first()
    if job is None:
        return
    if job.rows.filter(state=RowState.WAITING).exists():
        _held(claim).update(lease=None, lease_until=Now())
        return
    _end(job, ImportState.FINISHED)
    _record("keys.imported", job, claim.actor)


def tidy() -> None:
    """Destroy the secrets of previews and imports that lasted too long.

    Raises vault.Sealed if that cannot be recorded; previews go all the same.
    """
    old = ImportJob.objects.filter(state=ImportState.DRAFT)
    for job in old.filter(created_at__lte=Now() - DRAFT_TIME):
        _expire(job)
    ImportJob.objects.exclude(state=ImportState.RUNNING).filter(
        created_at__lte=Now() - KEPT
    ).delete()
    running = ImportJob.objects.filter(state=ImportState.RUNNING)
    for job in running.filter(started_at__lte=Now() - LONGEST_RUN):
        _give_up(job)


@transaction.atomic
def _expire(job: ImportJob) -> None:
    if ImportJob.objects.select_for_update().get(pk=job.pk).state == ImportState.DRAFT:
        _end_rows(job.rows.all(), RowState.LEFT_OUT, "The preview expired.")
        _end(job, ImportState.CANCELLED)


@transaction.atomic
def _give_up(job: ImportJob) -> None:
    job = _locked(job, ImportState.RUNNING)
    _end_rows(job.rows.all(), RowState.REFUSED, TOO_OLD)
    _end(job, ImportState.FINISHED)
    _record("keys.imported", job, actor_of(job))


def _locked(job: ImportJob, state: ImportState) -> ImportJob:
    found = ImportJob.objects.select_for_update().filter(pk=job.pk, state=state).first()
    if found is None:
        raise NotInThisState
    return found


def _held(claim: Claim) -> QuerySet[ImportJob]:
    return ImportJob.objects.filter(
        pk=claim.job_id, state=ImportState.RUNNING, lease=claim.lease
    )


def _only(row: ImportRow) -> QuerySet[ImportRow]:
    return ImportRow.objects.filter(pk=row.pk)


def _end_rows(
    rows: QuerySet[ImportRow],
    state: RowState,
    sentence: str,
    key: ApiKey | None = None,
) -> None:
    rows.filter(state=RowState.WAITING).update(
        state=state,
        sentence=sentence[:300],
        sealed_secret=None,
        done_at=Now(),
        key=key,
    )


def _end(job: ImportJob, state: ImportState) -> None:
    ImportJob.objects.filter(pk=job.pk).update(
        state=state, finished_at=Now(), lease=None, lease_until=None
    )


def _record(action: str, job: ImportJob, actor: Actor) -> None:
    counts = dict(job.rows.values_list("state").annotate(Count("pk")).order_by())
    trail.record(
        action=action,
        actor=actor,
        object_kind="import",
        object_id=str(job.pk),
        detail={
            "host": job.host,
            "asked_live": job.asks,
            "rows": {str(state): number for state, number in counts.items()},
        },
    )
