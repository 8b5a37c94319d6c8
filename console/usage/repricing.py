"""What a change would have cost: the calls of the 30 days before it, re-priced.

Called in the transaction that stores the change. Booked costs are only read. Calls
are summed by the tiers that they fall into, before and after, since within a tier a
cost is tokens times price; so one statement does for any number of calls.

Of a tokenizer that changed, only the text of prompts is scaled, as the whole corpus
was: answers are cut anew as well, but how long they would be is not known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from console.catalog import costs
from console.catalog.models import ChangeKind, ChangeSight, PriceVersion
from console.lib.ticks import MAX_TICKS
from console.usage.models import ChangeEffect

PERIOD: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which calls are re-priced, and how. No prices: they are only counted."""

    sight: ChangeSight
    model: UUID  # that the calls were made with
    alias: str = ""  # only calls that asked for it; empty: all
    before: costs.Prices | None = None
    after: costs.Prices | None = None
    growth: Fraction | None = None  # of prompts, where a tokenizer changed


@dataclass(frozen=True, slots=True)
class Sums:
    """The calls of one pair of tiers, in tokens."""

    question: int
    long_before: bool
    long_after: bool
    calls: int
    unknown_calls: int  # their tokens were not all told
    fresh: int
    cached: int
    image: int
    completion: int  # reasoning included


# Tokens that were not told are none in the dialect that leaves out what is zero,
# and do not matter where their price is that of the other input tokens.
SUMS: Final = """
    SELECT asked.n,
           asked.threshold_before > 0 AND prompt >= asked.threshold_before,
           asked.threshold_after > 0 AND prompt >= asked.threshold_after,
           count(*) FILTER (WHERE known), count(*) FILTER (WHERE NOT known),
           coalesce(sum(greatest(0, prompt - image - cached)) FILTER (WHERE known), 0),
           coalesce(sum(cached) FILTER (WHERE known), 0),
           coalesce(sum(image) FILTER (WHERE known), 0),
           coalesce(sum(completion) FILTER (WHERE known), 0)
      FROM unnest(%(n)s::int[], %(models)s::uuid[], %(aliases)s::text[],
                  %(thresholds_before)s::bigint[], %(thresholds_after)s::bigint[],
                  %(cached_matter)s::bool[], %(images_matter)s::bool[])
           AS asked (n, model, alias, threshold_before, threshold_after,
                     cached_matters, image_matters)
     CROSS JOIN LATERAL (
           SELECT prompt_tokens::numeric AS prompt,
                  CASE WHEN endpoint = 'messages' OR NOT asked.cached_matters
                       THEN coalesce(cached_tokens, 0) ELSE cached_tokens END AS cached,
                  CASE WHEN endpoint = 'messages' OR NOT asked.image_matters
                       THEN coalesce(image_tokens, 0) ELSE image_tokens END AS image,
                  completion_tokens::numeric + CASE WHEN endpoint = 'messages'
                       THEN coalesce(reasoning_tokens, 0) ELSE reasoning_tokens END
                       AS completion
             FROM usage_usagerecord
            WHERE model_id = asked.model AND team_id = %(team)s
              AND (asked.alias = '' OR model_asked = asked.alias)
              AND id >= usage_first_id(%(start)s)
              AND id < usage_first_id(%(until)s::timestamptz + interval '1 ms')
              AND opened_at >= %(start)s AND opened_at < %(until)s
              AND state = 'settled' AND endpoint <> 'tokenize'
              AND NOT (prompt_tokens IS NULL AND cost_ticks IS NOT DISTINCT FROM 0)
     ) AS call
     CROSS JOIN LATERAL (
           SELECT num_nulls(prompt, cached, image, completion) = 0 AS known
     ) AS told
     GROUP BY 1, 2, 3
"""


def record_effects(sights: Sequence[ChangeSight]) -> list[ChangeEffect]:
    """Write what these changes would have cost the team that was told of them.

    `sights` are new ones of one look, so of one team. Of an odd price nothing is
    written until it is confirmed (`record_confirmed`), nor of the way back from one;
    of a model that is no longer listed only how often it was called.
    """
    questions = _questions(sights)
    if not questions:
        return []
    team, until = questions[0].sight.team_id, questions[0].sight.seen_at
    answers: dict[int, list[Sums]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            SUMS,
            {
                **_columns(questions),
                "team": team,
                "start": until - PERIOD,
                "until": until,
            },
        )
        for row in cursor:
            sums = Sums(*row[:3], *(int(number) for number in row[3:]))
            answers[sums.question].append(sums)
    effects = [_effect(one, answers[n], until) for n, one in enumerate(questions)]
    return ChangeEffect.objects.bulk_create(effects)


def record_confirmed(*, most: int) -> int:
    """Write what odd prices cost that were confirmed since; return for how many teams.

    Those come after `record_effects` passed them by. Rung after a confirmation, and
    now and then, so that a lost message loses nothing; twice writes nothing twice.
    """
    written = 0
    while written < most and _record_next():
        written += 1
    return written


@transaction.atomic
def _record_next() -> bool:
    """Take the next one that nobody else works at; return whether there was one."""
    done = ChangeEffect.objects.filter(change=OuterRef("change"), team=OuterRef("team"))
    sound_before = Q(price_before__odd=[]) | Q(price_before__confirmed_at__isnull=False)
    sight = (
        ChangeSight.objects.filter(
            sound_before,
            ~Exists(done),
            change__kind=ChangeKind.PRICE,
            change__odd=True,
            price_after__confirmed_at__isnull=False,
        )
        .select_related("change__model", "price_before", "price_after")
        .select_for_update(of=("self",), skip_locked=True)
        .first()
    )
    if sight is None:
        return False
    if not ChangeEffect.objects.filter(change=sight.change, team=sight.team).exists():
        record_effects([sight])  # nobody was faster before the row was held
    return True


def _questions(sights: Sequence[ChangeSight]) -> list[Question]:
    newest = _newest(sights)
    found = []
    for sight in sights:
        change = sight.change
        before, after = sight.price_before, sight.price_after
        if change.kind == ChangeKind.UNLISTED:
            found.append(Question(sight=sight, model=change.model_id))
        elif change.kind == ChangeKind.ALIAS and change.before and change.after:
            before, after = newest.get(change.before), newest.get(change.after)
            if before and after:
                found.append(_priced(sight, before, after, alias=change.field))
        elif change.kind == ChangeKind.TOKENIZER:
            found += _recut(sight)
        elif (
            change.kind == ChangeKind.PRICE
            and (before and before.is_sound)
            and (after and after.is_sound)
        ):
            found.append(_priced(sight, before, after))
    return found


def _newest(sights: Sequence[ChangeSight]) -> dict[str, PriceVersion]:
    """Return the newest sound prices of the models that aliases moved between."""
    moved = [sight for sight in sights if sight.change.kind == ChangeKind.ALIAS]
    names = {name for s in moved for name in (s.change.before, s.change.after) if name}
    if not names:
        return {}
    rows = (
        PriceVersion.objects.newest()
        .sound()
        .filter(
            team=moved[0].team_id,
            model__host=moved[0].change.model.host,
            model__model_id__in=names,
        )
    )
    return {row.model.model_id: row for row in rows.select_related("model")}


def _recut(sight: ChangeSight) -> list[Question]:
    """Return the question what another tokenizer costs; none without sound prices."""
    change = sight.change
    prices = PriceVersion.objects.newest().sound()
    price = prices.filter(model=change.model_id, team=sight.team_id).first()
    if price is None or not change.before or change.after is None:
        return []
    growth = Fraction(change.after - change.before, change.before)
    return [replace(_priced(sight, price, price), growth=growth)]


def _priced(
    sight: ChangeSight, before: PriceVersion, after: PriceVersion, *, alias: str = ""
) -> Question:
    return Question(
        sight=sight,
        model=before.model_id,
        alias=alias,
        before=costs.Prices.of(before),
        after=costs.Prices.of(after),
    )


def _columns(questions: Sequence[Question]) -> dict[str, list[Any]]:
    pairs = [(one.before, one.after) for one in questions]
    return {
        "n": list(range(len(questions))),
        "models": [one.model for one in questions],
        "aliases": [one.alias for one in questions],
        "thresholds_before": [_threshold(before) for before, _ in pairs],
        "thresholds_after": [_threshold(after) for _, after in pairs],
        "cached_matter": [any(_split("cached", p) for p in pair) for pair in pairs],
        "images_matter": [any(_split("image", p) for p in pair) for pair in pairs],
    }


def _threshold(prices: costs.Prices | None) -> int:
    return (prices.long_context_threshold or 0) if prices else 0


def _split(kind: str, prices: costs.Prices | None) -> bool:
    """Tell whether tokens of this kind have a price of their own, in either tier."""
    if prices is None:
        return False
    tiers = [costs.tier_for(prices, prompt_tokens=n) for n in (0, MAX_TICKS)]
    free = {0} if kind == "image" else set()  # as costs are computed
    return any(getattr(tier, kind) not in {tier.text, *free} for tier in tiers)


def _effect(question: Question, found: Sequence[Sums], until: Any) -> ChangeEffect:
    ticks, calls = 0, 0
    unknown_calls = sum(sums.unknown_calls for sums in found)
    for sums in found:
        difference = _difference(question, sums)
        if difference is None or abs(ticks + difference) > MAX_TICKS:
            unknown_calls += sums.calls
        else:
            ticks, calls = ticks + difference, calls + sums.calls
    return ChangeEffect(
        change=question.sight.change,
        team_id=question.sight.team_id,
        ticks=None if question.before is None else ticks,
        calls=calls,
        unknown_calls=unknown_calls,
        until=until,
    )


def _difference(question: Question, sums: Sums) -> int | None:
    """Return new minus old in ticks; None if a price in use is not told."""
    if question.before is None or question.after is None:
        return 0
    if question.growth is not None:
        return _growth_cost(question.before, sums, question.growth)
    before = _cost(question.before, sums, long=sums.long_before)
    after = _cost(question.after, sums, long=sums.long_after)
    return None if before is None or after is None else after - before


def _growth_cost(prices: costs.Prices, sums: Sums, growth: Fraction) -> int | None:
    tier = costs.tier_for(prices, prompt_tokens=MAX_TICKS if sums.long_before else 0)
    cost = costs.sum_ticks((sums.fresh, tier.text), (sums.cached, tier.cached))
    return None if cost is None else round(cost * growth)


def _cost(prices: costs.Prices, sums: Sums, *, long: bool) -> int | None:
    tier = costs.tier_for(prices, prompt_tokens=MAX_TICKS if long else 0)
    return costs.sum_ticks(
        (sums.fresh, tier.text),
        (sums.cached, tier.cached),
        (sums.image, tier.image),
        (sums.completion, tier.completion),
    )
