"""Opening and closing incidents, so that they say what is wrong now.

    stored states -> causes -> compared with what is open -> opened, updated, closed
                                                                   |
                                        audit entries and deliveries, in the same
                                        transaction

Called by the poller in the transaction that wrote the states, and every minute for
everything, so that nothing is missed. Calling it twice is harmless.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from console import vault
from console.alerts import deciding
from console.alerts.causes import Cause, Place, Scope
from console.alerts.diagnosis import causes_in
from console.alerts.models import Ending, Event, Incident, IncidentKind
from console.audit import trail
from console.audit.actors import SYSTEM, Actor
from console.keys.models import ApiKey, KeyState

AT_ONCE = 200  # opened or closed in one transaction
TAKEN_OVER = (Ending.MERGED, Ending.REPLACED)  # of these nobody is told apart


@dataclass(frozen=True, slots=True)
class End:
    """Why an incident ended, and which cause took over, if one did."""

    ending: Ending
    by: Place | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is wrong, beside what is open."""

    causes: Mapping[Place, Cause]
    new: Sequence[Cause]
    gone: Sequence[Incident]
    moved: Sequence[Incident]  # with the words and facts to write

    @property
    def differs(self) -> bool:
        """There is something to write."""
        return bool(self.new or self.gone or self.moved)


@dataclass(frozen=True, slots=True)
class Settled:
    """How many incidents were opened and closed."""

    opened: int = 0
    closed: int = 0


@transaction.atomic(savepoint=False)
def reconcile(key_ids: Collection[UUID]) -> Settled:
    """Make the incidents of these keys, their teams and hosts say what is stored."""
    return _settle(Scope.of(key_ids)) if key_ids else Settled()


def sweep() -> Settled:
    """Do it for everything, in transactions of bounded length.

    It looks before it holds anybody up, since mostly nothing differs. With a sealed
    vault nothing happens: what cannot be recorded does not happen.
    """
    opened = closed = 0
    while vault.state().is_open and _compare(Scope()).differs:
        with transaction.atomic():
            done = _settle(Scope())
        opened, closed = opened + done.opened, closed + done.closed
        if max(done.opened, done.closed) < AT_ONCE:
            break
    return Settled(opened, closed)


def hold() -> None:
    """Let nobody else open, close or mark incidents until this transaction ends.

    It is the trail's lock, since each of these writes an entry: two locks would be
    taken in different orders by different acts.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [trail.CHAIN_LOCK])


def _compare(scope: Scope) -> Comparison:
    """Compare what is wrong with what is open."""
    current = list(scope.incidents().select_related("team", "key"))
    causes = causes_in(scope, current)
    still = {(one.kind, one.subject): one for one in current}
    gone = [one for place, one in still.items() if place not in causes]
    return Comparison(
        causes=causes,
        new=[cause for place, cause in causes.items() if place not in still],
        gone=[*gone, *_silenced(causes, known=current)],
        moved=_moved(still, causes),
    )


def _settle(scope: Scope) -> Settled:
    hold()
    found = _compare(scope)
    Incident.objects.bulk_update(found.moved, ["sentence", "detail"])
    ends = _ends(found.gone[:AT_ONCE], found.causes)
    closed = close({one: end.ending for one, end in ends.items()})
    opened = open_(islice(_with_replaced(found.new, ends), AT_ONCE))
    return Settled(opened=len(opened), closed=closed)


def _silenced(
    causes: Mapping[Place, Cause], *, known: Iterable[Incident]
) -> Iterable[Incident]:
    """Return the incidents of single keys that the outage of their host takes over.

    Those of keys outside the scope too, since the whole host is judged.
    """
    hosts = [
        cause.subject
        for cause in causes.values()
        if cause.kind == IncidentKind.UNREACHABLE and cause.key_id is None
    ]
    if not hosts:
        return []
    rows = Incident.objects.open().filter(
        kind=IncidentKind.UNREACHABLE, key__host__in=hosts
    )
    seen = [one.pk for one in known]
    return rows.exclude(pk__in=seen).select_related("team", "key")


def _moved(
    still: Mapping[Place, Incident], causes: Mapping[Place, Cause]
) -> list[Incident]:
    """Return what goes on with newer words or facts; nobody is told of that."""
    moved = []
    for place, incident in still.items():
        cause = causes.get(place)
        if cause is None:
            continue
        detail = {**incident.detail, **cause.detail}
        if (incident.sentence, incident.detail) != (cause.sentence[:500], detail):
            incident.sentence, incident.detail = cause.sentence[:500], detail
            moved.append(incident)
    return moved


def _ends(
    gone: Sequence[Incident], causes: Mapping[Place, Cause]
) -> dict[Incident, End]:
    """Say why each of these has ended."""
    if not gone:
        return {}
    watched = ApiKey.objects.filter(watched=True, removed_at=None)
    keys = watched.only("state", "host", "team_id").in_bulk(
        [one.key_id for one in gone if one.key_id]
    )
    teams = [one.team_id for one in gone if one.kind == IncidentKind.TEAM_BLOCKED]
    kept = set(watched.filter(team__in=teams).values_list("team_id", flat=True))
    of_key = {
        cause.key_id: cause.place
        for cause in causes.values()
        if cause.key_id and cause.kind != IncidentKind.OUTSIDE_CHANGE
    }
    ends = {}
    for one in gone:
        key = keys.get(one.key_id) if one.key_id else None
        if one.key_id is None:
            there = one.team_id is None or one.team_id in kept
            ends[one] = End(Ending.RECOVERED if there else Ending.REMOVED)
        elif key is None:
            ends[one] = End(Ending.REMOVED)
        elif one.kind == IncidentKind.OUTSIDE_CHANGE:
            ends[one] = End(Ending.CONFIRMED)
        elif (place := _wider(key)) in causes:
            ends[one] = End(Ending.MERGED, place)
        elif key.pk in of_key:
            ends[one] = End(Ending.REPLACED, of_key[key.pk])
        else:
            ends[one] = End(Ending.RECOVERED)
    return ends


def _wider(key: ApiKey) -> Place:
    """Return the place of the cause that would stop this key with others."""
    if key.state == KeyState.TEAM_BLOCKED:
        return (IncidentKind.TEAM_BLOCKED, str(key.team_id))
    if key.state == KeyState.UNREACHABLE:
        return (IncidentKind.UNREACHABLE, key.host)
    return ("", "")


def _with_replaced(
    new: Iterable[Cause], ends: Mapping[Incident, End]
) -> Iterator[Cause]:
    """Add to each cause the incidents it takes over, for receivers that count."""
    over: dict[Place, list[str]] = defaultdict(list)
    for one, end in ends.items():
        if end.by:
            over[end.by].append(str(one.pk))
    for cause in new:
        taken = over.get(cause.place, [])
        yield replace(cause, detail={**cause.detail, "replaces": taken})


def open_(causes: Iterable[Cause]) -> list[Incident]:
    """Open one incident for each cause, unless one is; return those opened here.

    Inside a transaction that holds `hold`. Channels are told by their rules.
    """
    made = [
        Incident(
            kind=cause.kind,
            subject=cause.subject,
            team_id=cause.team_id,
            key_id=cause.key_id,
            title=cause.title[:200],
            sentence=cause.sentence[:500],
            detail=cause.detail,
            began_at=cause.began_at,
            opened_at=timezone.now(),
        )
        for cause in causes
    ]
    if not made:
        return []
    Incident.objects.bulk_create(made, ignore_conflicts=True)
    ids = [one.pk for one in made]
    opened = list(
        Incident.objects.filter(pk__in=ids)
        .select_related("team", "key")
        .order_by("opened_at", "pk")
    )
    deciding.decide(opened, Event.OPENED)
    for incident in opened:
        record("incident.opened", incident, SYSTEM, {"began_at": incident.began_at})
    return opened


def close(endings: Mapping[Incident, Ending], *, actor: Actor = SYSTEM) -> int:
    """Close incidents that are open; return how many were.

    Inside a transaction that holds `hold`. Whoever was told of the opening is told
    of the end, but not where a wider cause took over.
    """
    now = timezone.now()
    closed = []
    for incident, ending in endings.items():
        rows = Incident.objects.open().filter(pk=incident.pk)
        if rows.update(closed_at=now, ending=ending):
            incident.closed_at, incident.ending = now, ending
            closed.append(incident)
    deciding.decide(
        [one for one in closed if one.ending not in TAKEN_OVER], Event.CLOSED
    )
    for incident in closed:
        record("incident.closed", incident, actor, {"ending": str(incident.ending)})
    return len(closed)


def record(
    action: str, incident: Incident, actor: Actor, detail: Mapping[str, object]
) -> None:
    """Write an audit entry about an incident."""
    trail.record(
        action=action,
        actor=actor,
        object_kind="incident",
        object_id=str(incident.pk),
        object_name=incident.title,
        team_id=incident.team_id,
        detail={"kind": str(incident.kind), "subject": incident.subject, **detail},
    )
