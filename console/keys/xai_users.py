"""Who xAI's user ids are, as far as people here know."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from console.accounts.models import User
from console.audit import trail
from console.audit.actors import Actor
from console.keys import intake
from console.keys.models import XaiUser


def names_of(xai_ids: Iterable[str]) -> dict[str, str]:
    """Return the names of those of these ids that somebody has linked; one query."""
    wanted = {xai_id for xai_id in xai_ids if xai_id}
    if not wanted:
        return {}
    users = XaiUser.objects.filter(xai_id__in=wanted)
    return dict(users.values_list("xai_id", "name"))


def all_names() -> dict[str, str]:
    """Return the names of all linked ids, for a file."""
    return dict(XaiUser.objects.values_list("xai_id", "name"))


@transaction.atomic
def link(*, xai_id: str, name: str, person: User | None, actor: Actor) -> XaiUser:
    """Say who an id is: a name, and the person here if it is one.

    Saying the same again leaves no audit entry. Raises SecretInText or vault.Sealed.
    """
    intake.refuse_secrets_in(xai_id, name)
    before = _shown(XaiUser.objects.select_for_update().filter(pk=xai_id).first())
    user, _ = XaiUser.objects.update_or_create(
        xai_id=xai_id, defaults={"name": name, "person": person}
    )
    after = _shown(user)
    if before != after:
        _record("xai_user.linked", xai_id, actor, before=before, after=after)
    return user


@transaction.atomic
def unlink(*, xai_id: str, actor: Actor) -> None:
    """Forget who an id is. Raises vault.Sealed."""
    user = XaiUser.objects.select_for_update().filter(pk=xai_id).first()
    if user is not None:
        before = _shown(user)
        user.delete()
        _record("xai_user.unlinked", xai_id, actor, before=before, after={})


def _shown(user: XaiUser | None) -> dict[str, object]:
    if user is None:
        return {}
    return {"name": user.name, "person": user.person.username if user.person else None}


def _record(
    action: str,
    xai_id: str,
    actor: Actor,
    *,
    before: dict[str, object],
    after: dict[str, object],
) -> None:
    trail.record(
        action=action,
        actor=actor,
        object_kind="xai_user",
        object_id=xai_id,
        object_name=str((after or before).get("name", "")),
        detail={"before": before, "after": after},
    )
