"""What a page draws over time: one measure by its parts, and tokens by their kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from operator import attrgetter
from typing import Any, Final, NamedTuple

from console.finance.charts import BarChart, DayNote, DayOf, bar_chart
from console.finance.charts.bars import MOST_SERIES, OTHER, TALL
from console.finance.usage.forms import Measure
from console.finance.usage.periods import Bucket, Span, buckets
from console.lib.dollars import usd_round, usd_sum
from console.lib.templatetags.gatehouse import brief
from console.usage.report import Moment, Part, Sums

FRESH, CACHED, OUTPUT = "fresh input", "cached input", "output and reasoning"
TOP: Final = MOST_SERIES  # series of the first chart


def _all_tokens(sums: Sums) -> int:
    return sums.prompt_tokens + sums.output_tokens


def _tokens(count: int) -> str:
    return f"{count:,} tokens"


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count:,} calls"


class Shown(NamedTuple):
    """How one measure is read and written."""

    amount: Callable[[Sums], int]
    words: Callable[[int], str]
    at_axis: Callable[[int], str]


SHOWN: Final[Mapping[Measure, Shown]] = {
    Measure.SPEND: Shown(attrgetter("cost_ticks"), usd_sum, usd_round),
    Measure.TOKENS: Shown(_all_tokens, _tokens, brief),
    Measure.CALLS: Shown(attrgetter("calls"), _calls, brief),
}


@dataclass(frozen=True, slots=True)
class Drawings:
    """Both charts; None where there is nothing to draw."""

    parts: BarChart | None
    tokens: BarChart | None


def top(parts: Sequence[Part], measure: Measure) -> list[str | None]:
    """Return the parts that are series of their own, the largest first."""
    amount = SHOWN[measure].amount
    drawn = [one for one in parts if not one.others and amount(one.sums)]
    drawn.sort(key=lambda one: -amount(one.sums))
    return [one.what for one in drawn[:TOP]]


def drawings(
    moments: Sequence[Moment],
    *,
    span: Span,
    bucket: Bucket,
    measure: Measure,
    series: Sequence[str | None],
    names: Mapping[str | None, str],
    notes: Mapping[date, DayNote],
) -> Drawings:
    """Draw the moments of a span; `series` is what they were asked to tell apart.

    `notes` stand over the buckets that begin on these days.
    """
    amount, words, at_axis = SHOWN[measure]
    starts = buckets(span, bucket)
    amounts: dict[date, dict[str, int]] = {start: {} for start in starts}
    tokens: dict[date, Sums] = dict.fromkeys(starts, Sums())
    for moment in moments:
        start = bucket.start(moment.at)
        if start not in amounts or moment.at < span.first:
            continue
        tokens[start] += moment.sums
        if size := amount(moment.sums):
            name = _series_of(moment.part, series, names)
            stack = amounts[start]
            stack[name] = stack.get(name, 0) + size
    shown = [names[one] for one in series]
    if any(OTHER in parts for parts in amounts.values()):
        shown.append(OTHER)
    kinds = {start: _kinds(sums) for start, sums in tokens.items()}
    chart = partial(_chart, span=span, bucket=bucket)
    return Drawings(
        chart(amounts, shown, words=words, at_axis=at_axis, base=TALL, notes=notes),
        chart(kinds, [FRESH, CACHED, OUTPUT], words=_tokens, at_axis=brief),
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
    names: Sequence[str],
    *,
    span: Span,
    bucket: Bucket,
    **how: Any,
) -> BarChart | None:
    if not any(any(parts.values()) for parts in amounts.values()):
        return None
    days = [
        DayOf(start, parts, _row_of(start, parts), bucket.words(start))
        for start, parts in amounts.items()
    ]
    return bar_chart(days, today=bucket.start(span.today), names=names, **how)


def _row_of(start: date, parts: Mapping[str, int]) -> str:
    return f"#at-{start}" if any(parts.values()) else ""
