"""Spend and tokens over time, as charts of the same buckets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from console.finance.charts import BarChart, DayOf, bar_chart
from console.finance.charts.bars import MOST_SERIES, OTHER, TALL
from console.finance.usage.periods import Bucket, Span, buckets
from console.lib.dollars import usd_round, usd_sum
from console.lib.templatetags.gatehouse import brief
from console.usage.report import Moment, Part, Sums

FRESH, CACHED, OUTPUT = "fresh input", "cached input", "output and reasoning"
TOP: Final = MOST_SERIES  # series of the chart of spend


@dataclass(frozen=True, slots=True)
class Drawings:
    """Both charts; None where there is nothing to draw."""

    spend: BarChart | None
    tokens: BarChart | None


def top(parts: Sequence[Part]) -> list[str | None]:
    """Return the parts that are series of their own."""
    dear = [one for one in parts if not one.others and one.sums.cost_ticks]
    return [one.what for one in dear[:TOP]]


def drawings(
    moments: Sequence[Moment],
    *,
    span: Span,
    bucket: Bucket,
    series: Sequence[str | None],
    names: Mapping[str | None, str],
) -> Drawings:
    """Draw the moments of a span; `series` is what they were asked to tell apart."""
    starts = buckets(span, bucket)
    spend: dict[date, dict[str, int]] = {start: {} for start in starts}
    tokens: dict[date, Sums] = dict.fromkeys(starts, Sums())
    for moment in moments:
        start = bucket.start(moment.at)
        if start not in spend or moment.at < span.first:
            continue
        tokens[start] += moment.sums
        if moment.sums.cost_ticks:
            name = _series_of(moment.part, series, names)
            spent = spend[start]
            spent[name] = spent.get(name, 0) + moment.sums.cost_ticks
    shown = [names[one] for one in series]
    if any(OTHER in parts for parts in spend.values()):
        shown.append(OTHER)
    kinds = {start: _kinds(sums) for start, sums in tokens.items()}
    return Drawings(
        _chart(spend, span, bucket, shown, money=True),
        _chart(kinds, span, bucket, [FRESH, CACHED, OUTPUT], money=False),
    )


def _series_of(
    place: int | None, series: Sequence[str | None], names: Mapping[str | None, str]
) -> str:
    """Return the series of a place as `over_time` counts them."""
    if place is None or (place == 0 and None not in series):
        return OTHER
    if place == 0:
        return names[None]
    return names[[one for one in series if one is not None][place - 1]]


def _kinds(sums: Sums) -> dict[str, int]:
    return {
        FRESH: max(sums.prompt_tokens - sums.cached_tokens, 0),
        CACHED: sums.cached_tokens,
        OUTPUT: sums.output_tokens,
    }


def _chart(
    amounts: Mapping[date, dict[str, int]],
    span: Span,
    bucket: Bucket,
    names: Sequence[str],
    *,
    money: bool,
) -> BarChart | None:
    if not any(any(parts.values()) for parts in amounts.values()):
        return None
    days = [
        DayOf(start, parts, _row_of(start, parts), bucket.words(start))
        for start, parts in amounts.items()
    ]
    today = bucket.start(span.today)
    if money:
        return bar_chart(
            days, today=today, words=usd_sum, at_axis=usd_round, names=names, base=TALL
        )
    return bar_chart(days, today=today, words=_tokens, at_axis=brief, names=names)


def _row_of(start: date, parts: Mapping[str, int]) -> str:
    return f"#at-{start}" if any(parts.values()) else ""


def _tokens(count: int) -> str:
    return f"{count:,} tokens"
