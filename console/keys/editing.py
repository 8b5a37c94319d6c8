"""Changing what people here say of keys, one by one or many at once.

Every act writes an audit entry for each key that it changes, in one transaction with
all of them. Rules are judged by the caller, who also says which keys are visible.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from console.audit import trail
from console.audit.actors import Actor
from console.keys import assessment, intake
from console.keys.models import ApiKey
from console.keys.refusals import NotStored

SAID = ("label", "owner", "note", "tags")  # by people; xAI knows none of it
Values = Mapping[str, Any]
ValuesOf = Callable[[ApiKey], Values]


@dataclass(frozen=True, slots=True)
class Change:
    """What differs now in one key."""

    key: ApiKey  # as it is now
    before: Values
    after: Values
    entry: int  # the number of its audit entry


def said_of(api_key: ApiKey) -> dict[str, Any]:
    """Return what people say of the key, for a form."""
    return {field: getattr(api_key, field) for field in SAID}


def edit(*, api_key: ApiKey, values: Values, actor: Actor) -> ApiKey:
    """Change some of what we say of the key. Unchanged values leave no audit entry.

    Raises SecretInText, or NotStored if it was removed.
    """
    return _one(api_key, lambda _: values, "key.edited", actor)


def pause(*, api_key: ApiKey, actor: Actor) -> ApiKey:
    """Stop polling the key. What is known of it stays and grows old."""
    return _one(api_key, lambda _: {"watched": False}, "key.watch_paused", actor)


def resume(*, api_key: ApiKey, actor: Actor) -> ApiKey:
    """Poll the key again; it is long due, so it is polled at the next ring."""
    return _one(api_key, lambda _: {"watched": True}, "key.watch_resumed", actor)


def _one(api_key: ApiKey, values_of: ValuesOf, action: str, actor: Actor) -> ApiKey:
    changes = change(
        key_ids=[api_key.pk], values_of=values_of, action=action, actor=actor
    )
    if changes:
        return changes[0].key
    stored = ApiKey.objects.filter(pk=api_key.pk, removed_at=None).first()
    if stored is None:
        raise NotStored
    return stored


@transaction.atomic
def change(
    *, key_ids: Collection[UUID], values_of: ValuesOf, action: str, actor: Actor
) -> list[Change]:
    """Give each key the values made for it; return the keys that differ now.

    Keys that were removed meanwhile are left out; changed ones are judged anew.
    Raises SecretInText, or vault.Sealed; then nothing at all was changed.
    """
    locked = ApiKey.objects.select_for_update().filter(pk__in=key_ids, removed_at=None)
    rows = locked.defer("sealed_secret", "search_text").order_by("pk")
    differences = [(key, *_difference(key, values_of(key))) for key in rows]
    differences = [each for each in differences if each[1]]
    _write(differences)
    acts = [_act(action, key, before, after) for key, before, after in differences]
    entries = trail.record_all(acts, actor=actor)
    return [
        Change(key, before, after, entry.seq)
        for (key, before, after), entry in zip(differences, entries, strict=True)
    ]


def _difference(key: ApiKey, wanted: Values) -> tuple[Values, Values]:
    """Put the wanted values into the key; return what differs, as it was and is."""
    before = {
        field: getattr(key, field)
        for field, value in wanted.items()
        if getattr(key, field) != value
    }
    after = {field: wanted[field] for field in before}
    intake.refuse_secrets_in(*_texts(after))
    for field, value in after.items():
        setattr(key, field, value)
    return before, after


def _write(differences: Sequence[tuple[ApiKey, Values, Values]]) -> None:
    keys = [key for key, _, _ in differences]
    fields = {field for _, _, after in differences for field in after}
    if keys:
        ApiKey.objects.bulk_update(keys, sorted(fields), batch_size=500)
        assessment.assess([key.pk for key in keys], now=timezone.now())


def _act(action: str, key: ApiKey, before: Values, after: Values) -> trail.Act:
    return trail.Act(
        action=action,
        object_kind="key",
        object_id=str(key.pk),
        object_name=key.label,
        team_id=key.team_id,
        detail={"before": dict(before), "after": dict(after)},
    )


def _texts(values: Values) -> list[str]:
    return [
        text
        for value in values.values()
        for text in (value if isinstance(value, list) else [value])
        if isinstance(text, str)
    ]
