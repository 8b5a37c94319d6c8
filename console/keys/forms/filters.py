"""The filters of the inventory, read from its address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.http import QueryDict

from console.accounts.models import Team
from console.keys import tags
from console.keys.narrowing import ATTENTION, SIZES, Filters, Risk
from console.keys.shown import ShownState
from console.keys.sorting import SORTS

WHOLE_KEY = re.compile(r"xai-[A-Za-z0-9_-]{12,}")
SEARCH_LENGTH = 100


def filters_of(values: QueryDict, *, teams: Sequence[Team]) -> Filters:
    """Read the filters of the inventory's address; what makes no sense is left out.

    A whole key that somebody pasted becomes its last four characters at once.
    """
    known_teams = {str(team.pk): team.pk for team in teams}
    state, sort = values.get("state", ""), values.get("sort", "")
    name = sort.removeprefix("-")
    size = values.get("size", "")
    wanted = values.getlist("risk")
    return Filters(
        state=ShownState(state) if state in ShownState.values else None,
        risks=tuple(risk for risk in Risk if risk.value in wanted),
        team=known_teams.get(values.get("team", "")),
        owner=clean_search(values.get("owner", "")),
        tag=_one_tag(values.get("tag", "")),
        search=clean_search(values.get("q", "")),
        sort=name if name in SORTS else ATTENTION,
        backwards=sort.startswith("-") and name in SORTS,
        size=int(size) if size in map(str, SIZES) else SIZES[0],
        cursor=values.get("page", ""),
    )


def picked_of(values: QueryDict, *, teams: Sequence[Team]) -> Filters | None:
    """Return filters that leave exactly what was picked; None if nothing was.

    Each tick is sent as one `key`, what a dialog carries as `keys`, since a form may
    have few fields. `all` picks what the list in `back` matched.
    """
    listed = came_from(values, teams=teams)
    if values.get("all"):
        return listed
    texts = [*values.getlist("key"), *values.get("keys", "").split(",")]
    only = tuple(dict.fromkeys(found for text in texts if (found := _id_in(text))))
    return replace(Filters(only=only), sort=listed.sort) if only else None


def came_from(values: QueryDict, *, teams: Sequence[Team]) -> Filters:
    """Return the filters of the list that a form was sent from."""
    return filters_of(QueryDict(values.get("back", "")), teams=teams)


def clean_search(text: str) -> str:
    """Return what to search for, without control characters and without a secret."""
    printable = "".join(c for c in text if c.isprintable()).strip()
    return WHOLE_KEY.sub(lambda key: key[0][-4:], printable)[:SEARCH_LENGTH]


def _one_tag(text: str) -> str:
    try:
        found = tags.in_text(clean_search(text))
    except tags.BadTag:
        return ""
    return found[0] if found else ""


def _id_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
