"""Saved estimates: a person's own, and the links under which colleagues open them."""

from __future__ import annotations

import re
import secrets
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone

from console.accounts.models import User
from console.audit import trail
from console.audit.actors import Actor
from console.finance.estimate.inputs import Inputs
from console.finance.models import Scenario

MOST = 100  # of one person
TOKEN_BYTES = 32
LINK = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Refused(Exception):
    """A scenario that was not saved; `sentence` is for the person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def scenarios_of(user: User | AnonymousUser, *, most: int = MOST) -> list[Scenario]:
    """Return this person's scenarios, the last changed first."""
    return list(Scenario.objects.visible_to(user)[:most])


def inputs_of(scenario: Scenario) -> Inputs:
    """Return what a scenario holds; what is odd in it takes its default."""
    return Inputs.from_json(scenario.inputs)


def opened_by(token: str) -> Scenario | None:
    """Return what a link opens, unless it was unshared or its owner left."""
    if LINK.fullmatch(token) is None:
        return None  # empty, as of all that are not shared, or nothing we made
    shared = Scenario.objects.select_related("owner").filter(owner__is_active=True)
    return shared.filter(share_token=token).first()


@transaction.atomic
def save(*, owner: User, name: str, inputs: Inputs) -> Scenario:
    """Keep a job under a name; names may repeat. Raises Refused."""
    User.objects.select_for_update().get(pk=owner.pk)  # two tabs count one by one
    if Scenario.objects.filter(owner=owner).count() >= MOST:
        raise Refused(f"You have {MOST} scenarios. Delete one first.")
    return Scenario.objects.create(owner=owner, name=name, inputs=inputs.to_json())


def update(
    scenario: Scenario, *, name: str | None = None, inputs: Inputs | None = None
) -> None:
    """Give a scenario another name or other inputs. Its link shows them at once."""
    changed = ["changed_at"]
    scenario.changed_at = timezone.now()
    if name is not None:
        scenario.name = name
        changed.append("name")
    if inputs is not None:
        scenario.inputs = inputs.to_json()
        changed.append("inputs")
    scenario.save(update_fields=changed)


@transaction.atomic
def share(scenario_id: UUID, *, actor: Actor) -> Scenario:
    """Make the link of a scenario; harmless when there is one. Raises vault.Sealed."""
    scenario = Scenario.objects.select_for_update().get(pk=scenario_id)
    if not scenario.share_token:
        scenario.share_token = secrets.token_urlsafe(TOKEN_BYTES)
        scenario.save(update_fields=["share_token"])
        _record("scenario.shared", scenario, actor)
    return scenario


@transaction.atomic
def unshare(scenario_id: UUID, *, actor: Actor) -> Scenario:
    """Kill the link of a scenario; harmless when there is none. Raises vault.Sealed."""
    scenario = Scenario.objects.select_for_update().get(pk=scenario_id)
    if scenario.share_token:
        scenario.share_token = ""
        scenario.save(update_fields=["share_token"])
        _record("scenario.unshared", scenario, actor)
    return scenario


@transaction.atomic
def delete(scenario: Scenario, *, actor: Actor) -> None:
    """Delete a scenario and with it its link, once. Raises vault.Sealed."""
    deleted, _ = Scenario.objects.filter(pk=scenario.pk).delete()
    if deleted:
        _record("scenario.deleted", scenario, actor)


def _record(action: str, scenario: Scenario, actor: Actor) -> None:
    trail.record(
        action=action,
        actor=actor,
        object_kind="scenario",
        object_id=str(scenario.pk),
        object_name=scenario.name,
    )
