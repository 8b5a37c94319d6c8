"""Adding teams. Called by commands and imports, later by the page of teams."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from console.accounts.models import Team
from console.accounts.refusals import Refused
from console.audit import trail
from console.audit.actors import Actor

__all__ = ["BadName", "Refused", "TeamExists", "add_team"]


class TeamExists(Refused):
    """There is a team of this name."""


class BadName(Refused):
    """The name does not fit."""


@transaction.atomic
def add_team(*, name: str, actor: Actor, sample: bool = False) -> Team:
    """Store a team and return it. `sample` marks what try-out mode made.

    Raises a subclass of Refused, and vault.Sealed if it cannot be recorded.
    """
    name = name.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise BadName("A team's name has 1 to 100 visible characters.")
    try:
        with transaction.atomic():
            team = Team.objects.create(name=name, sample=sample)
    except IntegrityError:
        raise TeamExists(f"There is a team named {name} already.") from None
    trail.record(
        action="team.added",
        actor=actor,
        object_kind="team",
        object_id=str(team.pk),
        object_name=team.name,
        team_id=team.pk,
    )
    return team
