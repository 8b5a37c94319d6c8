"""How far an import is, as its page and its result file show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, QuerySet

from console import vault
from console.accounts.models import User
from console.keys.importing.jobs import DRAFT_TIME, KEPT
from console.keys.models import ImportJob, ImportRow, ImportState, RowState
from console.lib import paging
from console.lib.paging import Page

PAGE_SIZE = 50
LATEST = 5  # rows shown while it runs
PACE_OF = timedelta(seconds=20)  # measured over what was done lately
PACE_LEAST = timedelta(seconds=2)
PACE_ROWS = 5
NUMBER = paging.Column("number", paging.number)

EXPORT_FIELDS = ("row", "label", "team", "last_four", "result", "sentence", "key_id")


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of one import by what became of them."""

    by_state: tuple[tuple[RowState, int], ...]

    def of(self, state: RowState) -> int:
        """Return how many rows are in one state."""
        return dict(self.by_state)[state]

    @property
    def all(self) -> int:
        """Return how many rows the table has."""
        return sum(number for _, number in self.by_state)

    @property
    def good(self) -> int:
        """Return how many were, or are, to be stored."""
        return self.all - self.bad

    @property
    def done(self) -> int:
        """Return how many of the good ones have come to an end."""
        return self.good - self.waiting

    @property
    def bad(self) -> int:
        """Return how many the preview left aside."""
        return self.of(RowState.BAD)

    @property
    def waiting(self) -> int:
        """Return how many are to be stored still."""
        return self.of(RowState.WAITING)

    @property
    def stored(self) -> int:
        """Return how many are keys now."""
        return self.of(RowState.STORED)

    @property
    def refused(self) -> int:
        """Return how many could not be stored."""
        return self.of(RowState.REFUSED)

    @property
    def left_out(self) -> int:
        """Return how many were cancelled."""
        return self.of(RowState.LEFT_OUT)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where one import stands."""

    job: ImportJob
    counts: Counts
    left: timedelta | None  # None: not known, or nothing is left
    waits: str  # why nothing moves; "" while it does
    latest: list[ImportRow]

    @property
    def is_draft(self) -> bool:
        """Tell whether nothing was decided yet."""
        return self.job.state == ImportState.DRAFT


@dataclass(frozen=True, slots=True)
class Past:
    """One line of the list of imports."""

    job: ImportJob
    counts: Counts


def progress(job: ImportJob, *, now: datetime) -> Progress:
    """Return where an import stands; the same few queries for any number of rows."""
    counts = counts_of(job)
    running = job.state == ImportState.RUNNING
    done = job.rows.filter(done_at__isnull=False)
    return Progress(
        job=job,
        counts=counts,
        left=_time_left(done, counts, now) if running and counts.waiting else None,
        waits=_why_it_waits(job, now) if running else "",
        latest=list(done.order_by("-done_at", "-number")[:LATEST]) if running else [],
    )


def counts_of(job: ImportJob) -> Counts:
    """Count the rows, in one query."""
    rows = job.rows.order_by().values_list("state").annotate(Count("pk"))
    return _counts(dict(rows))


def page(job: ImportJob, *, state: RowState | None, cursor: str) -> Page[ImportRow]:
    """Return a page of rows, of one state or of all."""
    rows = job.rows.defer("sealed_secret").all()
    if state is not None:
        rows = rows.filter(state=state)
    return paging.page_of(rows, columns=[NUMBER], cursor=cursor, size=PAGE_SIZE)


def past(*, user: User, now: datetime) -> list[Past]:
    """Return the imports of the last 30 days, newest first; two queries."""
    jobs = list(
        ImportJob.objects.visible_to(user)
        .filter(started_at__isnull=False, created_at__gt=now - KEPT)
        .select_related("created_by")
    )
    rows = ImportRow.objects.filter(job__in=jobs).order_by()
    counted: dict[Any, dict[str, int]] = {job.pk: {} for job in jobs}
    for job_id, state, number in rows.values_list("job", "state").annotate(Count("pk")):
        counted[job_id][state] = number
    return [Past(job, _counts(counted[job.pk])) for job in jobs]


def drafts(*, user: User) -> QuerySet[ImportJob]:
    """Return the previews this person has not decided about."""
    return ImportJob.objects.filter(created_by=user, state=ImportState.DRAFT)


def expires_at(job: ImportJob) -> datetime:
    """Return when a preview and its secrets go."""
    return job.created_at + DRAFT_TIME


def records(job: ImportJob) -> Iterator[Mapping[str, Any]]:
    """Yield what became of each row, for a file without secrets."""
    for row in job.rows.defer("sealed_secret").order_by("number"):
        yield {
            "row": row.number,
            "label": row.label,
            "team": row.team,
            "last_four": row.last_four,
            "result": RowState(row.state).label,
            "sentence": row.sentence,
            "key_id": str(row.key_id) if row.key_id else None,
        }


def _counts(by_state: Mapping[str, int]) -> Counts:
    return Counts(tuple((state, by_state.get(state, 0)) for state in RowState))


def _time_left(
    done: QuerySet[ImportRow], counts: Counts, now: datetime
) -> timedelta | None:
    """Return the rows left at the pace of the last seconds; None if too few were."""
    lately = done.filter(done_at__gt=now - PACE_OF)
    found = lately.aggregate(number=Count("pk"), first=Min("done_at"))
    if found["number"] < PACE_ROWS or now - found["first"] < PACE_LEAST:
        return None
    per_row: timedelta = (now - found["first"]) / found["number"]
    return per_row * counts.waiting


def _why_it_waits(job: ImportJob, now: datetime) -> str:
    if not vault.state().is_open:
        return "The vault is sealed. The import goes on when it is open again."
    if job.lease is not None and job.lease_until and job.lease_until > now:
        return ""
    rows = job.rows.filter(state=RowState.WAITING)
    next_at = rows.aggregate(at=Min("due_at"))["at"]
    if next_at is not None and next_at > now:
        return "xAI gave no answer to the rows that are left. They are tried again."
    if _another_is_at_work(job, now):
        return "Another import is at work. This one follows."
    return "Waiting for a worker. The import goes on by itself as soon as one is free."


def _another_is_at_work(job: ImportJob, now: datetime) -> bool:
    held = ImportJob.objects.filter(lease__isnull=False, lease_until__gt=now)
    return held.exclude(pk=job.pk).exists()
