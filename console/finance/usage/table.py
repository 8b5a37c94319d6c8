"""The rows of the table: one for each part, or for each day, week or month."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from console.finance.usage.forms import Filters, Tab
from console.finance.usage.names import Name
from console.finance.usage.periods import Bucket, Span
from console.finance.usage.price_marks import PriceMark
from console.finance.usage.words import (
    Delta,
    Source,
    delta,
    percent,
    prompt_told,
    source_of,
)
from console.lib.dollars import usd_sum
from console.lib.hundreds import Cell
from console.lib.templatetags.gatehouse import brief, tokens_told
from console.usage.report import Moment, Part, Sums

NEXT: Final = {  # what a row is split by when it is followed
    Tab.TEAM: Tab.KEY,
    Tab.MODEL: Tab.TEAM,
    Tab.KEY: Tab.MODEL,
    Tab.PERSON: Tab.MODEL,
    Tab.ENDPOINT: Tab.MODEL,
}


def input_words(sums: Sums) -> str:
    """Write the tokens of the input, a told 0 as 0."""
    prompt = prompt_told(sums)
    return "none told" if prompt is None else brief(prompt)


def cached_share(sums: Sums) -> str:
    """Return the share of the input that was told to come from a cache.

    Of none it is not known whether they were none, or left out.
    """
    if not sums.cached_tokens:
        return "none told"
    return percent(sums.cached_tokens, sums.prompt_tokens)


@dataclass(frozen=True, slots=True)
class Row:
    """One row; the sum of all is that of the range."""

    id: str
    name: Name
    sums: Sums
    share: str  # of the range's cost
    bar: str  # width, of the largest
    delta: Delta | None  # None: not compared
    source: Source
    url: str = ""  # the page, narrowed to this row
    calls_url: str = ""  # its single calls
    runs: bool = False  # it is not over
    others: int = 0
    mark: PriceMark | None = None  # prices that changed in it

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Return its figures."""
        return cells_of(self.sums, share=self.share, calls_url=self.calls_url)


def cells_of(sums: Sums, *, share: str, calls_url: str = "") -> tuple[Cell, ...]:
    """Return the figures of a row, in the order of the columns."""
    shown = "Show the single calls" if calls_url else ""
    prompt, output, reasoning = (
        sums.prompt_tokens, sums.output_tokens, sums.reasoning_tokens
    )  # fmt: skip
    cost, ticks = "unknown", ""
    if not sums.is_unknown:
        cost, ticks = usd_sum(sums.cost_ticks), f"{sums.cost_ticks:,} ticks"
    return (
        Cell("Calls", f"{sums.calls:,}", shown, calls_url),
        Cell("Input", input_words(sums), f"{prompt:,}"),
        Cell("", cached_share(sums), look="p2"),
        Cell("Output", tokens_told(output), f"{output:,}"),
        Cell("", tokens_told(reasoning), f"{reasoning:,} told", look="p2"),
        Cell("Cost", cost, ticks, look="c-cost", bold=True),
        Cell("", share),
    )


def rows_by_part(
    parts: Sequence[Part],
    *,
    names: Mapping[str | None, Name],
    filters: Filters,
    span: Span,
    compared: bool,
    calls_of: Callable[..., str],
) -> list[Row]:
    """Return a row for each part with calls, in the order asked for."""
    shown = [part for part in parts if part.sums.calls or part.sums.cost_ticks]
    total = sum(part.sums.cost_ticks for part in shown)
    most = max((one.sums.cost_ticks for one in shown if not one.others), default=0)
    tab = filters.tab
    found = []
    for part in shown:
        name = _name(part, names)
        narrow = {tab.value: name.asked_as} if name.asked_as else {}
        row = Row(
            id="part-others" if part.others else f"part-{part.what or 'none'}",
            name=name,
            sums=part.sums,
            share=percent(part.sums.cost_ticks, total),
            bar=_width(part.sums.cost_ticks, most),
            delta=delta(part.sums.cost_ticks, part.sums.ticks_before)
            if compared
            else None,
            source=source_of(part.sums),
            url=filters.link(by=NEXT[tab], **narrow) if narrow else "",
            calls_url=calls_of(span.first, span.until, **narrow) if narrow else "",
            others=part.others,
        )
        found.append(row)
    return _sorted(found, filters)


def rows_by_time(
    moments: Sequence[Moment],
    *,
    span: Span,
    bucket: Bucket,
    filters: Filters,
    calls_of: Callable[..., str],
    marks: Mapping[date, PriceMark],
) -> list[Row]:
    """Return a row for each bucket with calls, the newest first if not asked else."""
    sums: dict[date, Sums] = {}
    for moment in moments:
        if span.first <= moment.at <= span.last:
            start = bucket.start(moment.at)
            sums[start] = sums.get(start, Sums()) + moment.sums
    shown = {at: one for at, one in sums.items() if one.calls or one.cost_ticks}
    total = sum(one.cost_ticks for one in shown.values())
    most = max((one.cost_ticks for one in shown.values()), default=0)
    rows = [
        Row(
            id=f"at-{start}",
            name=Name(_title(bucket, start)),
            sums=one,
            share=percent(one.cost_ticks, total),
            bar=_width(one.cost_ticks, most),
            delta=None,
            source=source_of(one),
            calls_url=calls_of(
                max(start, span.first), min(bucket.last(start), span.until)
            ),
            runs=bucket.last(start) >= span.today,
            mark=marks.get(start),
        )
        for start, one in sorted(shown.items(), reverse=True)
    ]
    return rows if filters.is_usually_sorted else _sorted(rows, filters)


def _title(bucket: Bucket, start: date) -> str:
    if bucket is Bucket.DAY:
        return f"{start:%a} {start.day} {start:%b %Y}"
    if bucket is Bucket.WEEK:
        return f"Week of {start.day} {start:%b %Y}"
    return f"{start:%B %Y}"


def _name(part: Part, names: Mapping[str | None, Name]) -> Name:
    if part.others:
        return Name(f"{part.others:,} others")
    return names.get(part.what) or names[None]


def _width(ticks: int, most: int) -> str:
    """Return the width of a bar; what stands for many may be more than the most."""
    return f"{min(ticks * 1000 // most, 1000) / 10 if most else 0:.1f}%"


def _sorted(rows: list[Row], filters: Filters) -> list[Row]:
    """Sort by a column; what stands for several stays at the end."""
    keys: dict[str, Callable[[Row], Any]] = {
        "name": lambda row: row.name.title.lower(),
        "calls": lambda row: row.sums.calls,
        "input": lambda row: row.sums.prompt_tokens,
        "output": lambda row: row.sums.output_tokens,
        "cost": lambda row: row.sums.cost_ticks,
    }
    if filters.sort == "name" and filters.tab is Tab.DAY:
        keys["name"] = lambda row: row.id
    found = sorted(rows, key=keys[filters.sort], reverse=filters.backwards)
    return sorted(found, key=lambda row: row.others > 0)
