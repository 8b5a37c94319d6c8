"""Who is polled when: the only writer of `PollState`. All times are the database's.

    missing or due -> claim (lease) -> HTTP, without a transaction -> finish (fenced)

Any number of processes may do all of this at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.db.models import Count, Min, Q, QuerySet

from console.accounts.models import User
from console.keys.models import ApiKey, KeyState
from console.polling import breaker, statements
from console.polling.clock import StatementTime
from console.polling.models import PollKind, PollState

LEASE_TIME = timedelta(seconds=60)
ASK_EVERY = timedelta(seconds=60)
QUEUE = 64  # polls of one team that a lane holds, most of them waiting


@dataclass(frozen=True, slots=True)
class Claim:
    """One poll that is ours until its lease ends."""

    poll_id: int
    key_id: UUID
    team_id: UUID
    kind: PollKind
    host: str
    lease: UUID  # the lane that claimed it
    failures: int
    late: timedelta  # how long after its date it was claimed
    probe: bool = False  # the one poll of a host whose breaker is open


@dataclass(frozen=True, slots=True)
class Finish:
    """What becomes of a claim: due again after `wait`."""

    claim: Claim
    wait: timedelta
    failures: int = 0


@transaction.atomic
def fill() -> None:
    """Give each watched key its rows, due at once, and drop those of removed keys."""
    with connection.cursor() as cursor:
        cursor.execute(statements.ADD_MISSING, {"kinds": PollKind.values})
        cursor.execute(statements.ASK_NEW_SECRETS)
        cursor.execute(statements.DROP_REMOVED)


@transaction.atomic
def claim_due(
    *,
    limit: int,
    lane: UUID | None = None,
    lease_time: timedelta = LEASE_TIME,
    kinds: Sequence[str] = tuple(PollKind.values),
) -> list[Claim]:
    """Take at most `limit` due polls for one lane, the oldest first.

    A lane is one run of the poller; while it holds polls of a team, no other lane
    gets any of that team, and it holds at most QUEUE of them. Claims wait for each
    other (some milliseconds). A host whose breaker is open gives none, and one that
    is to be tried again a single one.
    """
    lane = lane or uuid4()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('claim', 0))")
    open_hosts = breaker.open_hosts()
    wanted = {"lane": lane, "lease_time": lease_time, "kinds": list(kinds)}
    claims = _claim({**wanted, "limit": limit, "shut": list(open_hosts), "only": None})
    for host, may_probe in open_hosts.items():
        if may_probe:
            for claim in _claim({**wanted, "limit": 1, "shut": [], "only": host}):
                breaker.begin_probe(host, key_id=claim.key_id)
                claims.append(replace(claim, probe=True))
    return claims


def _claim(wanted: dict[str, Any]) -> list[Claim]:
    with connection.cursor() as cursor:
        cursor.execute(statements.CLAIM, {**wanted, "per_team": QUEUE})
        return [
            Claim(poll_id, key_id, team_id, PollKind(kind), host, lease, failures, late)
            for (
                poll_id,
                key_id,
                team_id,
                kind,
                host,
                lease,
                failures,
                late,
            ) in cursor.fetchall()
        ]


def held(claims: Iterable[Claim]) -> set[Claim]:
    """Lock the rows of these claims and return the claims that still hold.

    Inside a transaction; whoever writes a result asks this first.
    """
    by_row = {claim.poll_id: claim for claim in claims}
    rows = (
        PollState.objects.select_for_update(no_key=True)
        .filter(pk__in=list(by_row), lease_until__gt=StatementTime())
        .order_by("pk")
        .values_list("pk", "lease")
    )
    return {by_row[pk] for pk, lease in rows if by_row[pk].lease == lease}


def finish(finished: Sequence[Finish]) -> None:
    """End leases that were found to hold, each with its next date."""
    if not finished:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            statements.FINISH,
            {
                "ids": [item.claim.poll_id for item in finished],
                "leases": [item.claim.lease for item in finished],
                "waits": [item.wait for item in finished],
                "failures": [item.failures for item in finished],
            },
        )


@transaction.atomic
def bring_forward(key_ids: Iterable[UUID], kind: PollKind) -> None:
    """Make keys due for one kind of poll at once, also while one is in flight."""
    rows = PollState.objects.filter(key__in=list(key_ids), kind=kind)
    _make_due(_locked(rows))


@transaction.atomic
def hold_team_back(team_id: UUID, wait: timedelta) -> None:
    """Poll no key of a team before `wait` has passed.

    Polls in flight and rows that somebody is just claiming are left alone.
    """
    rows = PollState.objects.select_for_update(no_key=True, skip_locked=True)
    idle = rows.filter(team=team_id, lease=None).order_by("pk")
    until = StatementTime() + wait
    PollState.objects.filter(
        pk__in=list(idle.values_list("pk", flat=True)), due_at__lt=until
    ).update(due_at=until)


def ask_now(api_key: ApiKey) -> bool:
    """Make a key due at once, at most once a minute; return whether it was done."""
    return bool(ask_these([api_key]))


@transaction.atomic
def ask_these(api_keys: Sequence[ApiKey]) -> list[ApiKey]:
    """Make keys due at once, each at most once a minute; return those that are.

    A key without rows yet gets them, as `fill` would have given it.
    """
    PollState.objects.bulk_create(
        (
            PollState(
                key=api_key, team_id=api_key.team_id, kind=kind, due_at=StatementTime()
            )
            for api_key in api_keys
            for kind in PollKind
        ),
        ignore_conflicts=True,
    )
    ids = _locked(PollState.objects.filter(key__in=api_keys))
    rows = PollState.objects.filter(pk__in=ids)
    lately = rows.filter(asked_at__gt=StatementTime() - ASK_EVERY)
    waiting = set(lately.values_list("key_id", flat=True))
    asked = [api_key for api_key in api_keys if api_key.pk not in waiting]
    rows.filter(key__in=asked).update(due_at=StatementTime(), asked_at=StatementTime())
    return asked


@transaction.atomic
def ask_for_lists(api_keys: QuerySet[ApiKey]) -> int:
    """Make the model lists of keys due at once, each at most once a minute.

    Return how many are. By the database alone, as there may be very many keys.
    """
    lately = Q(asked_at__gt=StatementTime() - ASK_EVERY)
    rows = PollState.objects.filter(_WATCHED, key__in=api_keys, kind=PollKind.MODELS)
    ids = _locked(rows.filter(~lately | Q(asked_at=None)))
    now = {"due_at": StatementTime(), "asked_at": StatementTime()}
    return PollState.objects.filter(pk__in=ids).update(**now)


def next_lists_at(user: User | AnonymousUser) -> datetime | None:
    """Return when the models are asked for with any good key that a person sees.

    None: there is no such key. Others are asked too, but are not told prices.
    """
    keys = ApiKey.objects.visible_to(user)
    rows = PollState.objects.filter(
        _WATCHED, kind=PollKind.MODELS, key__state=KeyState.ACTIVE
    )
    if not (isinstance(user, User) and user.sees_all_teams):
        rows = rows.filter(key__in=keys)
    found: datetime | None = rows.aggregate(next=Min("due_at"))["next"]
    return found


def ask_all() -> int:
    """Make all watched keys due at once; return how many polls that are."""
    fill()
    with transaction.atomic():
        ids = _locked(PollState.objects.filter(_WATCHED))
        _make_due(ids)
    return len(ids)


def pending() -> int:
    """Return how many polls are due or in flight now."""
    due = Q(due_at__lte=StatementTime()) | Q(lease_until__gt=StatementTime())
    return PollState.objects.filter(_WATCHED, due).count()


def shut_out() -> int:
    """Return how many due polls wait for a host whose breaker is open."""
    hosts = list(breaker.open_hosts())
    due = PollState.objects.filter(_WATCHED, due_at__lte=StatementTime())
    return due.filter(key__host__in=hosts).count()


def due_now() -> tuple[int, datetime | None]:
    """Return how many polls are due, and since when the oldest; None: none is."""
    due = PollState.objects.filter(_WATCHED, due_at__lte=StatementTime())
    found = due.aggregate(number=Count("id"), oldest=Min("due_at"))
    return found["number"], found["oldest"]


_WATCHED = Q(key__watched=True, key__removed_at=None)


def _locked(rows: QuerySet[PollState]) -> list[int]:
    """Lock rows in one order for all, so that nobody waits in a circle."""
    locked = rows.select_for_update(of=("self",), no_key=True).order_by("pk")
    return list(locked.values_list("pk", flat=True))


def _make_due(ids: Sequence[int]) -> None:
    later = PollState.objects.filter(pk__in=ids, due_at__gt=StatementTime())
    later.update(due_at=StatementTime())
