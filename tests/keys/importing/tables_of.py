"""Tables of keys for tests, and imports made of them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from django.db.models.functions import Now

from console.accounts.models import User
from console.audit.actors import SYSTEM, Actor
from console.audit.models import ActorKind
from console.keys.importing import jobs, preview, running, tables
from console.keys.models import ImportJob

HEADING = "secret,team,label,owner,note"
A, B, C = ("xai-" + pair * 20 for pair in ("a1", "b2", "c3"))
TABLE = f"""{HEADING}
{A},Search,search-a,Mara,"first, of two"
{B},New team,new-b,,
"""


def secret_of(number: int) -> str:
    """Return the secret of a row."""
    return f"xai-{number:080}"


def table_of(number: int, *, team: str = "Search") -> str:
    """Return a table of so many good rows."""
    rows = (f"{secret_of(n)},{team},key-{n:04},," for n in range(number))
    return "\n".join([HEADING, *rows])


def draft(
    table: str = TABLE, *, maker: User | None = None, asks: bool = True
) -> ImportJob:
    """Return the preview of a table."""
    actor = actor_of(maker) if maker else SYSTEM
    rows = tables.read(table)
    return preview.make_draft(
        rows, host="xai", actor=actor, created_by=maker, asks=asks
    )


def started(
    table: str = TABLE, *, maker: User | None = None, asks: bool = True
) -> ImportJob:
    """Return an import that workers may take."""
    job = draft(table, maker=maker, asks=asks)
    jobs.start(job, actor=actor_of(maker) if maker else SYSTEM)
    job.refresh_from_db()
    return job


def work(seconds: float = 60) -> bool:
    """Do what a worker does."""
    return running.run_due(time_limit=timedelta(seconds=seconds))


def put_off(job: ImportJob, *, after: int) -> None:
    """Let the rows behind one number be due in an hour."""
    later = job.rows.filter(number__gt=after)
    later.update(due_at=Now() + timedelta(hours=1))


def actor_of(user: User) -> Actor:
    """Return a person as the audit trail names them."""
    return Actor(ActorKind.PERSON, str(user.pk), user.username)


def as_stored(actor: Actor) -> dict[str, str]:
    """Return an actor as a job keeps it."""
    return {name: str(value) for name, value in asdict(actor).items()}
