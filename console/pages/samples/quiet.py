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
    answering: Collection[UUID], silent: Collection[UUID], at: datetime
) -> None:
    """Write that these keys were asked up to a moment, and told what is known.

    `silent` are those that are known to be refused or to get no answer.
    """
    known = ApiKey.objects.filter(checked_at__lt=at)
    known.filter(pk__in=silent).update(checked_at=at)
    known.filter(pk__in=answering).update(checked_at=at, verified_at=at)
    newest = (
        KeySnapshot.objects.filter(key__in=answering)
        .order_by("key", "-first_seen_at")
        .distinct("key")
    )
    KeySnapshot.objects.filter(pk__in=newest.values("pk"), last_seen_at__lt=at).update(
        last_seen_at=at
    )
    teams = ApiKey.objects.filter(pk__in=[*answering, *silent]).values_list("team_id")
    team_checks.note_keys({team: at for (team,) in teams.distinct()})


def lists_seen(looking: Collection[UUID], at: datetime) -> None:
    """Write that these keys were told the same models and prices up to a moment."""
    rows = ApiKey.objects.filter(pk__in=looking)
    rows.filter(models_checked_at__lt=at).update(models_checked_at=at)
    teams = list(rows.values_list("team_id", flat=True).distinct())
    listed = PriceVersion.objects.newest().filter(team__in=teams, missing_at=None)
    ids = list(listed.values_list("pk", flat=True))
    listed = PriceVersion.objects.filter(pk__in=ids)
    of_facts = listed.filter(model=OuterRef("model"), team=OuterRef("team"))
    of_model = listed.filter(model=OuterRef("pk"))
    FactsVersion.objects.filter(
        Exists(of_facts), superseded_at=None, last_seen_at__lt=at
    ).update(last_seen_at=at)
    LanguageModel.objects.filter(Exists(of_model), last_seen_at__lt=at).update(
        last_seen_at=at
    )
    listed.filter(last_seen_at__lt=at).update(last_seen_at=at)
    for team in teams:
        team_checks.note_models(team=team, read_at=at)
