"""The filters of the inventory, read from its address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from console.accounts.models import Team
from console.keys.inventory import SIZES, SORTS, Filters
from console.keys.shown import ShownState

WHOLE_KEY = re.compile(r"xai-[A-Za-z0-9_-]{12,}")
SEARCH_LENGTH = 100


def filters_of(values: dict[str, Any], *, teams: Sequence[Team]) -> Filters:
    """Read the filters of the inventory's address; what makes no sense is left out.

    A whole key that somebody pasted becomes its last four characters at once.
    """
    known_teams = {str(team.pk): team.pk for team in teams}
    state, sort = str(values.get("state", "")), str(values.get("sort", ""))
    name = sort.removeprefix("-")
    size = str(values.get("size", ""))
    return Filters(
        state=ShownState(state) if state in ShownState.values else None,
        team=known_teams.get(str(values.get("team", ""))),
        search=clean_search(str(values.get("q", ""))),
        sort=name if name in SORTS else "attention",
        backwards=sort.startswith("-") and name in SORTS,
        size=int(size) if size in map(str, SIZES) else SIZES[0],
        cursor=str(values.get("page", "")),
    )


def clean_search(text: str) -> str:
    """Return what to search for, without control characters and without a secret."""
    printable = "".join(c for c in text if c.isprintable()).strip()
    return WHOLE_KEY.sub(lambda key: key[0][-4:], printable)[:SEARCH_LENGTH]
