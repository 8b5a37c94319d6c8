"""The access matrix: keys by models and endpoints, narrowed, sorted and paged.

visible keys --filters--> one page --sights, ACLs--> rows of cells
models those keys see, names the ACLs of the page mention -----> heads
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple
from uuid import UUID

from console.keys import acls, sight
from console.keys.acls import ENDPOINTS, Access, Model
from console.keys.marks import Mark, mark_of
from console.keys.matrix_keys import (
    SORTS,
    Filters,
    Listed,
    Viewer,
    keys_found,
    matching,
)
from console.keys.models import ApiKey
from console.keys.shown import ShownState
from console.lib.export import Record
from console.lib.paging import ordered, page_of

MODEL_COLUMNS: Final = 60
AT_ONCE: Final = 500  # keys of an export whose models are read together
EXPORT_FIELDS: Final = (
    "key_id", "key", "team", "state", "kind", "name", "listed", "effect", "verdict",
    "reason", "entries", "acls_read_at", "models_read_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """One cell: a key, and a model or endpoint."""

    key_id: UUID
    kind: str  # "model" or "endpoint"
    name: str

    def __str__(self) -> str:
        return f"{self.key_id}:{self.kind}:{self.name}"


class Head(NamedTuple):
    """One column; `listed` is False for a name that ACLs mention and xAI does not."""

    name: str
    listed: bool = True


class Cell(NamedTuple):
    """One cell as the page shows it."""

    address: str
    label: str  # for those who cannot see the mark
    mark: Mark
    stop: bool  # the one that Tab reaches


@dataclass(frozen=True, slots=True)
class Row:
    """One key; None for a figure that is not known."""

    id: UUID
    label: str
    team: str
    state: ShownState
    models: list[Cell]
    endpoints: list[Cell]
    models_in_reach: int | None
    models_listed: int  # to any of the keys on its host
    endpoints_in_reach: int | None


class _Judged(NamedTuple):
    """What one set of rules comes to, whatever the key; the rest as in Row."""

    models: list[tuple[str, acls.Cell]]
    endpoints: list[tuple[str, acls.Cell]]
    models_in_reach: int | None
    models_listed: int
    endpoints_in_reach: int | None


@dataclass(frozen=True, slots=True)
class Matrix:
    """One page of the grid."""

    models: list[Head] = field(default_factory=list)
    endpoints: Mapping[str, str] = field(default_factory=lambda: ENDPOINTS)
    rows: list[Row] = field(default_factory=list)
    left_out: int = 0  # columns of models
    chosen: bool = False  # one of its cells is explained
    total: int = 0  # keys
    before: str | None = None
    after: str | None = None


def matrix(
    *, user: Viewer, filters: Filters, now: datetime, chosen: Address | None = None
) -> Matrix:
    """Return one page; the number of queries does not depend on keys and models."""
    keys, listed = keys_found(user=user, filters=filters, now=now)
    page = page_of(
        keys.select_related("team").defer("sealed_secret"),
        columns=SORTS[filters.sort],
        cursor=filters.cursor,
        size=filters.size,
    )
    heads = _heads(page.rows, listed, filters.search)
    shown = heads[:MODEL_COLUMNS]
    sights = sight.sights_of(page.rows)
    stop = _stop(page.rows, shown, chosen)
    return Matrix(
        models=shown,
        rows=_rows(page.rows, sights, shown, listed, stop),
        left_out=len(heads) - len(shown),
        chosen=stop == str(chosen),
        total=keys.count(),
        before=page.before,
        after=page.after,
    )


def records(*, user: Viewer, filters: Filters, now: datetime) -> Iterator[Record]:
    """Yield a line per key and model or endpoint, in the order shown, all pages."""
    keys, listed = keys_found(user=user, filters=filters, now=now)
    rows = ordered(
        keys.select_related("team").defer("sealed_secret"), SORTS[filters.sort]
    ).iterator(chunk_size=AT_ONCE)
    while some := list(islice(rows, AT_ONCE)):
        sights = sight.sights_of(some)
        for key in some:
            access = acls.resolve(key.acls, seen=sights[key.pk])
            heads = _heads([key], listed, filters.search)
            yield from _records(key, access, heads, listed)


def _heads(keys: Iterable[ApiKey], listed: Listed, search: str) -> list[Head]:
    """Return the columns of models: what is listed, then what only ACLs mention.

    A search that models match leaves only those.
    """
    ids = {name for models in listed.values() for name in models}
    known = {host: ids.union(*_aliases(models)) for host, models in listed.items()}
    mentioned: set[str] = set()
    for key in keys:
        allowed = acls.models_of(key.acls)
        if allowed is not None:
            mentioned.update(set(allowed.names) - known.get(key.host, ids))
    if search:
        every = [model for models in listed.values() for model in models.values()]
        found = set(matching(every, search))
        also = set(matching(map(Model, mentioned), search))
        if found or also:
            ids, mentioned = found, also
    return [
        *(Head(name) for name in sorted(ids)),
        *(Head(name, listed=False) for name in sorted(mentioned)),
    ]


def _aliases(models: Mapping[str, Model]) -> Iterator[tuple[str, ...]]:
    return (model.aliases for model in models.values())


def _stop(keys: list[ApiKey], heads: list[Head], chosen: Address | None) -> str:
    """Return the cell that Tab reaches: the chosen one, else the first."""
    names = {"model": [head.name for head in heads], "endpoint": list(ENDPOINTS)}
    if (
        chosen
        and chosen.key_id in {key.pk for key in keys}
        and chosen.name in names[chosen.kind]
    ):
        return str(chosen)
    kind = "model" if heads else "endpoint"
    return str(Address(keys[0].pk, kind, names[kind][0])) if keys else ""


def _rows(
    keys: list[ApiKey],
    sights: Mapping[UUID, sight.Sight | None],
    heads: list[Head],
    listed: Listed,
    stop: str,
) -> list[Row]:
    """Judge each set of rules once: many keys have the same, and see the same."""
    judged: dict[Hashable, _Judged] = {}
    rows = []
    for key in keys:
        seen, entries = sights[key.pk], key.acls
        same = (key.host, seen, None if entries is None else tuple(entries))
        if same not in judged:
            access = acls.resolve(entries, seen=seen)
            judged[same] = _judge(access, heads, listed.get(key.host, {}))
        rows.append(_row(key, judged[same], stop))
    return rows


def _judge(access: Access, heads: list[Head], models: Mapping[str, Model]) -> _Judged:
    in_reach, endpoints = access.models_in_reach, access.endpoints_in_reach
    return _Judged(
        models=[
            (name, access.of_model(models.get(name) or Model(name)))
            for name, _ in heads
        ],
        endpoints=[(name, access.of_endpoint(name)) for name in ENDPOINTS],
        models_in_reach=None if in_reach is None else len(in_reach),
        models_listed=len(models),
        endpoints_in_reach=None if endpoints is None else len(endpoints),
    )


def _row(key: ApiKey, judged: _Judged, stop: str) -> Row:
    state = ShownState(key.shown)  # type: ignore[attr-defined]

    def cell(kind: str, name: str, found: acls.Cell) -> Cell:
        mark = mark_of(found, state)
        address = f"{key.pk}:{kind}:{name}"
        return Cell(
            address, f"{key.label}, {name}: {mark.label}", mark, address == stop
        )

    return Row(
        id=key.pk,
        label=key.label,
        team=key.team.name,
        state=state,
        models=[cell("model", name, found) for name, found in judged.models],
        endpoints=[cell("endpoint", name, found) for name, found in judged.endpoints],
        models_in_reach=judged.models_in_reach,
        models_listed=judged.models_listed,
        endpoints_in_reach=judged.endpoints_in_reach,
    )


def _records(
    key: ApiKey, access: Access, heads: list[Head], listed: Listed
) -> Iterator[Record]:
    state = ShownState(key.shown)  # type: ignore[attr-defined]
    seen = None if access.seen is None else {model.model_id for model in access.seen}
    models = listed.get(key.host, {})
    shared = {
        "key_id": str(key.pk),
        "key": key.label,
        "team": key.team.name,
        "state": state.value,
        "acls_read_at": key.verified_at,
        "models_read_at": key.models_checked_at,
    }
    cells = [
        ("model", name, access.of_model(models.get(name) or Model(name)))
        for name, _ in heads
    ]
    cells += [("endpoint", name, access.of_endpoint(name)) for name in ENDPOINTS]
    for kind, name, cell in cells:
        yield {
            **shared,
            "kind": kind,
            "name": name,
            "listed": name in seen if kind == "model" and seen is not None else None,
            "effect": mark_of(cell, state).value,
            "verdict": cell.verdict.value,
            "reason": cell.reason,
            "entries": list(cell.entries),
        }
