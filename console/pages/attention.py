"""What the overview asks a person to look at, and the sentence above it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from console.keys.models import ApiKey, KeyChange
from console.keys.shown import ShownState
from console.keys.wording import change_in_words

NEWS_FOR = timedelta(days=1)  # a change of rights asks for attention this long
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

    kind: str  # a ShownState or "access"
    since: datetime | None
    title: str
    url: str
    text: str
    key_id: UUID | None = None  # the key a check of which may help


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


def attention(
    *, tallies: Iterable[Tally], worst: Iterable[ApiKey], news: Iterable[KeyChange]
) -> list[Attention]:
    """Return the open causes, worst first: a blocked team is one, not one per key.

    `worst` are keys with their `shown` state, `news` the changes of one day.
    """
    found = [_blocked_team(one) for one in tallies if one.state == BLOCKS[0]]
    found += [_bad_key(key) for key in worst]
    found += [_changed_rights(change) for change in news if change.field == "acls"]
    order = {kind: rank for rank, kind in enumerate((*BLOCKS, "access"))}
    return sorted(found, key=lambda one: order.get(one.kind, len(order)))


def _blocked_team(tally: Tally) -> Attention:
    stop = "stops" if tally.keys == 1 else "stop"
    return Attention(
        kind=ShownState.TEAM_BLOCKED,
        since=tally.since,
        title=f"xAI has blocked the team {tally.team}",
        url=list_url(state=ShownState.TEAM_BLOCKED),
        text=f"{_keys(tally.keys)} {stop}. Only the team's owner can settle this with "
        "xAI; Gatehouse goes on checking.",
    )


BAD_KEYS = {
    ShownState.KEY_BLOCKED: (
        "xAI has blocked {}",
        "The key can do nothing until xAI lifts the block. Ask xAI for the reason.",
    ),
    ShownState.REJECTED: (
        "xAI does not accept {}",
        "Most likely it was deleted or replaced at xAI. Replace its secret here, or "
        "remove it.",
    ),
    ShownState.UNREACHABLE: (
        "{} gets no answer",
        "Three checks in a row had no answer, so nothing is known of it. It may still "
        "work; Gatehouse tries again by itself.",
    ),
    ShownState.STALE: (
        "{} has not been verified lately",
        "What xAI last told of it is too old to rely on; Gatehouse goes on checking.",
    ),
}


def _bad_key(key: ApiKey) -> Attention:
    shown: str = key.shown  # type: ignore[attr-defined]
    title, text = BAD_KEYS[ShownState(shown)]
    owner = f" {key.owner} owns it." if key.owner else ""
    return Attention(
        kind=shown,
        since=key.checked_at if shown == ShownState.STALE else key.state_since,
        title=title.format(key.label),
        url=key_url(key.id),
        text=text + owner,
        key_id=key.id,
    )


def _changed_rights(change: KeyChange) -> Attention:
    before, after = change_in_words(change)
    by = f" by {change.modified_by}" if change.modified_by else ""
    return Attention(
        kind="access",
        since=change.gap_until,
        title=f"The rights of {change.key.label} changed",
        url=key_url(change.key_id),
        text=f"From {before} to {after}. Changed in xAI's console{by}, not here.",
    )


def _keys(number: int) -> str:
    return "1 key" if number == 1 else f"{number:,} keys"
