"""The filters of the access matrix and the cell it explains, read from an address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from console.accounts.models import Team
from console.keys.acls import ENDPOINTS
from console.keys.breadth import Breadth
from console.keys.forms.filters import clean_search
from console.keys.matrix import Address
from console.keys.matrix_keys import SIZES, SORTS, Filters
from console.keys.shown import ShownState

NAME_LENGTH = 200  # of a model


def filters_of(values: dict[str, Any], *, teams: Sequence[Team]) -> Filters:
    """Read the filters of an address; what makes no sense is left out."""
    known_teams = {str(team.pk): team.pk for team in teams}
    text = {name: str(value) for name, value in values.items()}
    state, breadth = text.get("state", ""), text.get("breadth", "")
    sort, size = text.get("sort", ""), text.get("size", "")
    return Filters(
        search=clean_search(text.get("q", "")),
        team=known_teams.get(text.get("team", "")),
        state=ShownState(state) if state in ShownState.values else None,
        breadth=Breadth(breadth) if breadth in Breadth.values else None,
        sort=sort if sort in SORTS else "broadest",
        size=int(size) if size in map(str, SIZES) else SIZES[1],
        cursor=text.get("page", ""),
    )


def address_of(text: str) -> Address | None:
    """Read which cell is asked for, as `key:model:name`; None for nonsense."""
    key, _, rest = text.partition(":")
    kind, _, name = rest.partition(":")
    known = name in ENDPOINTS if kind == "endpoint" else kind == "model" and name
    if not known or len(name) > NAME_LENGTH or "\0" in name:
        return None
    key_id = uuid_of(key)
    return None if key_id is None else Address(key_id, kind, name)


def uuid_of(text: str) -> UUID | None:
    """Read the id of a key; None for nonsense."""
    try:
        return UUID(text)
    except ValueError:
        return None
