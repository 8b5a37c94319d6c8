"""What the overview asks a person to look at, and the sentence above it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Case, Value, When
from django.urls import reverse

from console.accounts.models import User
from console.alerts.models import Incident, IncidentKind
from console.keys.models import ApiKey
from console.keys.shown import ShownState

ENTRIES = 4  # of changed rights that are written out
TEAMS_NAMED = 2  # in the sentence; more are counted
IN_SENTENCE = {
    ShownState.KEY_BLOCKED: "blocked",
    ShownState.REJECTED: "rejected",
    ShownState.DISABLED: "disabled",
    ShownState.UNREACHABLE: "unreachable",
    ShownState.STALE: "not verified",
    ShownState.UNKNOWN: "never checked",
}
BLOCKS = (ShownState.TEAM_BLOCKED, ShownState.KEY_BLOCKED, ShownState.REJECTED)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many keys of one team show one state; `since` is the earliest of them."""

    team: str
    state: str  # a ShownState
    keys: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of the sentence of health, with the keys behind it."""

    text: str
    url: str
    tone: str
    after: str = ""  # what joins it to the next


@dataclass(frozen=True, slots=True)
class Attention:
    """One cause that asks for a person."""

    kind: str  # an IncidentKind, or "stale"
    since: datetime | None
    title: str
    url: str
    text: str
    incident: Incident | None = None
    review_id: int | None = None  # the outside change that waits for a person
    added: Sequence[str] = ()  # entries of the rights
    removed: Sequence[str] = ()
    key_id: UUID | None = None  # the unsure key


def list_url(**filters: str) -> str:
    """Return the address of the inventory, narrowed."""
    return f"{reverse('keys:list')}?{urlencode(filters)}"


def key_url(key_id: UUID) -> str:
    """Return the address of one key's page."""
    return reverse("keys:detail", args=[key_id])


def clauses(tallies: Sequence[Tally]) -> list[Clause]:
    """Return what follows "8 of 14 keys can be used.", worst first."""
    teams, states = list(_team_clauses(tallies)), list(_state_clauses(tallies))
    joined = [replace(one, after=f"{one.after}; ") for one in teams]
    for left, one in zip(range(len(states))[::-1], states, strict=True):
        joined.append(replace(one, after=" and " if left == 1 else ", "))
    if joined:
        joined[-1] = replace(joined[-1], after=joined[-1].after.rstrip("; ,") + ".")
    return joined


def _team_clauses(tallies: Iterable[Tally]) -> Iterator[Clause]:
    blocked = [one for one in tallies if one.state == ShownState.TEAM_BLOCKED]
    url = list_url(state=ShownState.TEAM_BLOCKED)
    if len(blocked) > TEAMS_NAMED:
        stopped = sum(one.keys for one in blocked)
        text = f"xAI has blocked {len(blocked)} teams"
        yield Clause(text, url, "tone-bad", f", which stops {_keys(stopped)}")
        return
    for one in blocked:
        text = f"xAI has blocked the team {one.team}"
        yield Clause(text, url, "tone-bad", f", which stops {_keys(one.keys)}")


def _state_clauses(tallies: Iterable[Tally]) -> Iterator[Clause]:
    counts: Counter[str] = Counter()
    for one in tallies:
        counts[one.state] += one.keys
    first = True
    for state, word in IN_SENTENCE.items():
        if number := counts[state]:
            verb = ("is " if number == 1 else "are ") if first else ""
            tone = "tone-bad" if state in BLOCKS else ""
            yield Clause(f"{number:,} {verb}{word}", list_url(state=state), tone)
            first = False


ORDER = (
    IncidentKind.TEAM_BLOCKED,
    IncidentKind.KEY_BLOCKED,
    IncidentKind.IDENTITY,
    IncidentKind.POLLER_SILENT,
    IncidentKind.REJECTED,
    IncidentKind.OUTSIDE_CHANGE,
    IncidentKind.UNREACHABLE,
    IncidentKind.BUDGET,
    IncidentKind.ODD_PRICE,
    IncidentKind.OVERRUN,
    IncidentKind.COST_DIFFERENCE,
    IncidentKind.PRICE_CHANGE,
    IncidentKind.MODEL_CHANGE,
    IncidentKind.KEY_DISABLED,
)


def worst_first() -> list[Case | str]:
    """Return the order of open incidents: those nobody looks after, then by kind."""
    known = Case(When(acknowledged_at=None, then=Value(0)), default=Value(1))
    ranks = [When(kind=kind, then=Value(rank)) for rank, kind in enumerate(ORDER)]
    return [known, Case(*ranks, default=Value(len(ORDER))), "-began_at", "pk"]


def attention(
    *, incidents: Sequence[Incident], stale: Iterable[ApiKey], reader: User
) -> list[Attention]:
    """Return what asks for a person: the open causes as ordered, then unsure keys.

    While the poller is silent no key can be verified, so they are no cause apart.
    """
    silent = any(one.kind == IncidentKind.POLLER_SILENT for one in incidents)
    unsure = [] if silent else [_unsure(key) for key in stale]
    return [*(_of_incident(one, reader) for one in incidents), *unsure]


def _of_incident(incident: Incident, reader: User) -> Attention:
    added, removed = _rights(incident)
    return Attention(
        kind=incident.kind,
        since=incident.began_at,
        title=incident.title,
        url=reverse("incidents:detail", args=[incident.pk]),
        text=incident.told_to(reader),
        incident=incident,
        review_id=None if incident.escalated_at else incident.detail.get("change"),
        added=added,
        removed=removed,
    )


def _rights(incident: Incident) -> tuple[list[str], list[str]]:
    """Return the entries that an outside change added to the rights, and took."""
    for change in incident.detail.get("changes", ()):
        before, after = change["before"], change["after"]
        lists = isinstance(before, list) and isinstance(after, list)
        if change["field"] == "acls" and lists:
            added = [str(entry) for entry in after if entry not in before]
            removed = [str(entry) for entry in before if entry not in after]
            return added[:ENTRIES], removed[:ENTRIES]
    return [], []


def _unsure(key: ApiKey) -> Attention:
    owner = f" {key.owner} owns it." if key.owner else ""
    return Attention(
        kind=ShownState.STALE,
        since=key.checked_at,
        title=f"{key.label} has not been verified lately",
        url=key_url(key.id),
        text="What xAI last told of it is too old to rely on; Gatehouse goes on "
        f"checking.{owner}",
        key_id=key.id,
    )


def _keys(number: int) -> str:
    return "1 key" if number == 1 else f"{number:,} keys"
