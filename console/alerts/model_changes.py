"""Incidents of changed prices and models. Called by the poller, as a look is written.

One model of one host has one open incident of a kind, however many teams are told of
a change: newer changes are written into it, beside the steps before them. A person ends
it by acknowledging; an odd price stays until it is confirmed, or until xAI tells a
plausible one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import transaction

from console.alerts import catalog_wording, incidents
from console.alerts.catalog_wording import Effect
from console.alerts.causes import Cause, Place
from console.alerts.models import Ending, Incident, IncidentKind
from console.audit.actors import SYSTEM, Actor
from console.catalog.models import CatalogChange, ChangeKind, ChangeSight, PriceVersion
from console.usage.models import ChangeEffect

CHANGES = "catalog_changes"  # in an incident's detail: ids of what it is about
STEPS = "steps"  # when what changed, in words; the first one opened the incident
BEFORE = "prices_before"  # each price that moved, as it was at first
AFTER = "prices_after"  # as it is now
OF_MODEL = "changes_of_model"  # what changed in the newest step, field by field
STEPS_LEFT_OUT = "steps_left_out"  # how many between the first and the others
CHANGES_LEFT_OUT = "changes_left_out"
MOST_STEPS: Final = 50  # beside the first
MOST_CHANGES: Final = 50  # of one look; and, of all, beside the first
LONGEST: Final = 500  # of a sentence
T = TypeVar("T")


@transaction.atomic(savepoint=False)
def note(sights: Sequence[ChangeSight]) -> int:
    """Open or renew the incidents of these changes; return how many were opened.

    `sights` are what `record_models` returned, in whose transaction this runs, with
    their effects written. None costs no statement.
    """
    if not sights:
        return 0
    incidents.hold()
    effects = _effects([sight.change for sight in sights])
    causes = _causes([sight.change for sight in sights], effects)
    newest = _newest(causes)
    opened = [
        cause
        for place, cause in causes.items()
        if not _is_told(newest.get(place), cause)
    ]
    settle_odd_prices({sight.change.model_id for sight in sights})
    return len(incidents.open_(opened))


def settle_odd_prices(models: Iterable[UUID], *, actor: Actor = SYSTEM) -> int:
    """Close the incidents of odd prices of which no team is told any more.

    Return how many. A confirmed price is one of them.
    """
    doubted = PriceVersion.objects.newest().doubted().filter(missing_at=None)
    models = set(models)
    still = {str(row.model_id) for row in doubted.filter(model__in=models)}
    asked = {str(model) for model in models}
    rows = Incident.objects.open().filter(
        kind=IncidentKind.ODD_PRICE, subject__in=asked - still
    )
    ending = Ending.RECOVERED if actor is SYSTEM else Ending.CONFIRMED
    ended = dict.fromkeys(rows.select_related("team", "key"), ending)
    return incidents.close(ended, actor=actor) if ended else 0


def _effects(changes: Iterable[CatalogChange]) -> dict[UUID, list[Effect]]:
    """Return what each change would have cost, by team, dearest first."""
    rows = ChangeEffect.objects.filter(change__in=changes).exclude(ticks=None)
    found: dict[UUID, list[Effect]] = defaultdict(list)
    for row in rows.select_related("team"):
        found[row.change_id].append(Effect(row.team.name, row.ticks or 0, row.calls))
    for effects in found.values():
        effects.sort(key=lambda one: (-abs(one.ticks), one.team))
    return found


def _causes(
    changes: Iterable[CatalogChange], effects: Mapping[UUID, Sequence[Effect]]
) -> dict[Place, Cause]:
    by_place: dict[tuple[IncidentKind, UUID], list[CatalogChange]] = defaultdict(list)
    for change in changes:
        by_place[_kind(change), change.model_id].append(change)
    found = {}
    for (kind, model_id), together in by_place.items():
        title, sentence = catalog_wording.of_changes(kind, together, effects)
        cause = Cause(
            kind=kind,
            subject=str(model_id),
            title=title,
            sentence=sentence,
            began_at=min(change.first_seen_at for change in together),
            detail=_detail(together, sentence),
        )
        found[cause.place] = cause
    return found


def _kind(change: CatalogChange) -> IncidentKind:
    if change.kind == ChangeKind.PRICE:
        return IncidentKind.ODD_PRICE if change.odd else IncidentKind.PRICE_CHANGE
    return IncidentKind.MODEL_CHANGE


def _detail(changes: Sequence[CatalogChange], sentence: str) -> dict[str, Any]:
    model, named = changes[0].model, changes[:MOST_CHANGES]
    prices = [
        (change.before or {}, change.after or {})
        for change in changes
        if change.kind == ChangeKind.PRICE
    ]
    step = {
        "at": max(change.last_joined_at for change in changes).isoformat(),
        "newest": max(change.first_seen_at for change in changes).isoformat(),
        "text": sentence,
        CHANGES: [str(change.pk) for change in named],
    }
    return {
        "host": model.host,
        "model": model.model_id,
        CHANGES: step[CHANGES],
        CHANGES_LEFT_OUT: len(changes) - len(named),
        STEPS: [step],
        BEFORE: {name: told for old, _ in prices for name, told in old.items()},
        AFTER: {name: told for _, new in prices for name, told in new.items()},
        OF_MODEL: [
            {
                "kind": change.kind,
                "field": change.field,
                "before": change.before,
                "after": change.after,
            }
            for change in named
        ],
    }


def _newest(places: Iterable[Place]) -> dict[Place, Incident]:
    """Return the newest incident of each place, open or ended."""
    wanted = list(places)
    rows = (
        Incident.objects.filter(
            kind__in={kind for kind, _ in wanted},
            subject__in={subject for _, subject in wanted},
        )
        .order_by("kind", "subject", "-opened_at")
        .distinct("kind", "subject")
    )
    return {(row.kind, row.subject): row for row in rows}


def _is_told(incident: Incident | None, cause: Cause) -> bool:
    """Write a cause into the open incident; return whether it needs none of its own."""
    if incident is None:
        return False
    (step,) = cause.detail[STEPS]
    if incident.closed_at is not None:
        return _names(incident, step)
    steps = incident.detail.get(STEPS) or [_first_step(incident)]
    if not _names(incident, step):
        steps = [*steps, step]
        incident.detail = _together(incident.detail, cause.detail)
    elif set(step[CHANGES]) == set(steps[-1][CHANGES]):
        steps = [*steps[:-1], {**steps[-1], "text": step["text"]}]  # others pay, too
    else:
        return True  # a team is told now what is past for others
    kept = _bounded(steps, MOST_STEPS)
    left_out = incident.detail.get(STEPS_LEFT_OUT, 0) + len(steps) - len(kept)
    incident.detail = {**incident.detail, STEPS: kept, STEPS_LEFT_OUT: left_out}
    incident.sentence = _sentence(cause, incident.detail)
    incident.save(update_fields=["sentence", "detail"])
    return True


def _names(incident: Incident, step: Mapping[str, Any]) -> bool:
    """Tell whether an incident is about these changes already.

    It names the first and the newest alone; what is older than all the others of them
    is among those that were left out.
    """
    named = set(incident.detail.get(CHANGES, ()))
    if named.issuperset(step[CHANGES]):
        return True
    if not incident.detail.get(CHANGES_LEFT_OUT):
        return False
    whole = [
        datetime.fromisoformat(one["at"])
        for one in incident.detail[STEPS][1:]
        if named.issuperset(one[CHANGES])
    ]
    return bool(whole) and datetime.fromisoformat(step["newest"]) < min(whole)


def _bounded(found: Sequence[T], most: int) -> list[T]:
    """Return the first one and so many of the newest."""
    return [*found[:1], *found[1:][-most:]]


def _first_step(incident: Incident) -> dict[str, Any]:
    """Return it for an incident of before steps were kept."""
    return {
        "at": incident.opened_at.isoformat(),
        "text": incident.sentence,
        CHANGES: incident.detail.get(CHANGES, []),
    }


def _together(known: Mapping[str, Any], newer: Mapping[str, Any]) -> dict[str, Any]:
    told = list(dict.fromkeys([*known.get(CHANGES, ()), *newer[CHANGES]]))
    kept = _bounded(told, MOST_CHANGES)
    left_out = known.get(CHANGES_LEFT_OUT, 0) + newer[CHANGES_LEFT_OUT]
    return {
        **newer,
        CHANGES: kept,
        CHANGES_LEFT_OUT: left_out + len(told) - len(kept),
        STEPS_LEFT_OUT: known.get(STEPS_LEFT_OUT, 0),
        BEFORE: {**newer[BEFORE], **known.get(BEFORE, {})},
        AFTER: {**known.get(AFTER, {}), **newer[AFTER]},
    }


def _sentence(cause: Cause, detail: Mapping[str, Any]) -> str:
    """Say the newest step; after several the way from the first, if there is room."""
    before, after = detail.get(BEFORE, {}), detail.get(AFTER, {})
    if len(detail[STEPS]) < 2 or not after:
        return cause.sentence[:LONGEST]
    moved = {name: told for name, told in after.items() if before.get(name) != told}
    whole = "All prices are what they were when the incident began."
    if moved:
        way = catalog_wording.steps_in_words(before, moved)
        whole = f"Since the incident began: {way}."
    both = f"{cause.sentence} {whole}"
    return both if len(both) <= LONGEST else cause.sentence[:LONGEST]
