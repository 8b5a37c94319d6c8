"""Time in which every look found what was known: thousands of polls, a few statements.

A look that finds nothing new only moves on when its key, its models and their versions
were last seen; so all looks of such a time come to the dates of the last of them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from console.catalog.models import FactsVersion, LanguageModel, PriceVersion
from console.keys import team_checks
from console.keys.models import ApiKey, KeySnapshot


def keys_seen(
    answering: Collection[UUID], *, silent: Collection[UUID], until: datetime
) -> None:
    """Write that these keys were asked up to a moment, and told what is known.

    `silent` are those that are known to be refused or to get no answer.
    """
    if not answering and not silent:
        return  # all of them are new
    known = ApiKey.objects.filter(checked_at__lt=until)
    known.filter(pk__in=silent).update(checked_at=until)
    known.filter(pk__in=answering).update(checked_at=until, verified_at=until)
    newest = (
        KeySnapshot.objects.filter(key__in=answering)
        .order_by("key", "-first_seen_at")
        .distinct("key")
    )
    KeySnapshot.objects.filter(
        pk__in=newest.values("pk"), last_seen_at__lt=until
    ).update(last_seen_at=until)


def lists_seen(looking: Collection[UUID], *, until: datetime) -> None:
    """Write that these keys were told the same models and prices up to a moment."""
    rows = ApiKey.objects.filter(pk__in=looking)
    rows.filter(models_checked_at__lt=until).update(models_checked_at=until)
    teams = list(rows.values_list("team_id", flat=True).distinct())
    listed = PriceVersion.objects.newest().filter(team__in=teams, missing_at=None)
    ids = list(listed.values_list("pk", flat=True))
    listed = PriceVersion.objects.filter(pk__in=ids)
    of_facts = listed.filter(model=OuterRef("model"), team=OuterRef("team"))
    of_model = listed.filter(model=OuterRef("pk"))
    FactsVersion.objects.filter(
        Exists(of_facts), superseded_at=None, last_seen_at__lt=until
    ).update(last_seen_at=until)
    LanguageModel.objects.filter(Exists(of_model), last_seen_at__lt=until).update(
        last_seen_at=until
    )
    listed.filter(last_seen_at__lt=until).update(last_seen_at=until)


def note_teams(
    *, asked: Collection[UUID], looking: Collection[UUID], until: datetime
) -> None:
    """Write when any key of each team was asked last, and any of its lists read."""
    teams = dict(ApiKey.objects.filter(pk__in=asked).values_list("pk", "team_id"))
    team_checks.note_keys(dict.fromkeys(teams.values(), until))
    for team in {teams[key] for key in looking}:
        team_checks.note_models(team=team, read_at=until)
