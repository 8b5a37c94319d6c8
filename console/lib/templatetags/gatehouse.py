"""Tags and filters of all templates; what is written by hundreds is beside them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from html import escape
from zoneinfo import ZoneInfo

from django.template import Library
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from console.lib import ticks
from console.lib.dollars import signed_usd, usd, usd_given, usd_left, usd_sum
from console.lib.hundreds import (
    bar_marks,
    began,
    cells,
    delta,
    icon,
    lines,
    options,
    source,
)
from console.lib.price_cells import UNKNOWN, price_cell, price_or_unknown, price_td
from console.lib.redact import escaped

register = Library()
for tag in (bar_marks, began, cells, delta, icon, lines, options, source):
    register.simple_tag(tag)
for amount in (signed_usd, usd, usd_given, usd_sum):
    register.filter(amount)
for cell in (price_cell, price_or_unknown, price_td):
    register.simple_tag(cell)


RELATIVE_UNTIL = timedelta(days=14)


@register.simple_tag
def when(moment: datetime | None, never: str = "never") -> SafeString | str:
    """Write a time element: relative for 14 days, absolute in its title."""
    if moment is None:
        return never
    exact = f"{moment.astimezone(timezone.get_current_timezone()):%-d %b %Y, %H:%M:%S}"
    return format_html(
        '<time datetime="{}" title="{} UTC"{}>{}</time>',
        moment.isoformat(),
        exact,
        format_html(" {}", "data-age") if _is_recent(moment) else "",
        ago(moment),
    )


@register.filter
def ago(moment: datetime | None) -> str:
    """Say how long ago, or the date when that is more than 14 days."""
    if moment is None:
        return "never"
    if not _is_recent(moment):
        return f"{moment.astimezone(timezone.get_current_timezone()):%-d %b %Y}"
    lasted = span(timezone.now() - moment)
    return lasted if lasted == "just now" else f"{lasted} ago"


@register.filter
def span(length: timedelta) -> str:
    """Say a duration in its one or two leading units; static/js/ages.js agrees."""
    seconds = int(length.total_seconds())
    if seconds < 1:
        return "just now"
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 86_400:
        hours, minutes = seconds // 3600, seconds % 3600 // 60
        return f"{hours} h {minutes} min" if minutes and hours < 10 else f"{hours} h"
    days = seconds // 86_400
    return "1 day" if days == 1 else f"{days} days"


@register.simple_tag
def summed(amount: int) -> SafeString:
    """Write a sum with its whole ticks in a title."""
    return _with_ticks(amount, usd_sum(amount))


@register.simple_tag
def left(amount: int) -> SafeString:
    """Write what is left of a limit, never rounded up, with its ticks in a title."""
    return _with_ticks(amount, usd_left(amount))


def _with_ticks(amount: int, text: str) -> SafeString:
    return format_html('<span title="{} ticks">{}</span>', f"{amount:,}", text)


@register.filter
def usd_per_million(price: int | None) -> str:
    """Write ticks per token as dollars per million tokens, exact, 2 to 4 decimals."""
    if price is None:
        return UNKNOWN
    whole, _, decimals = f"{ticks.usd_per_million(price):,.4f}".partition(".")
    return f"{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"


@register.simple_tag
def since(moment: datetime) -> SafeString:
    """Write a time element with date and minute; its title has the second."""
    return _since(moment, timezone.get_current_timezone())


@lru_cache(maxsize=1024)
def _since(moment: datetime, zone: tzinfo) -> SafeString:
    local = moment.astimezone(zone)
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        local.isoformat(),
        f"{moment.astimezone(UTC):%-d %b %Y, %H:%M:%S}",
        f"{local:%-d %b %Y, %H:%M}",
    )


@register.simple_tag
def zoned(moment: datetime, zone: str) -> SafeString:
    """Write the same on the clocks of a zone, with its name; "" is UTC."""
    name = zone or "UTC"
    return format_html("{} {}", _since(moment, ZoneInfo(name)), name)


@register.simple_tag
def between(start: datetime | None, end: datetime) -> SafeString:
    """Write when something happened, as near as two looks tell; its title has both.

    `start` is the last look that saw the old, None: none did; `end` the first that
    saw the new.
    """
    zone = timezone.get_current_timezone()
    until = end.astimezone(zone)
    day, seen = f"{until:%-d %b %Y}", f"seen {until:%-d %b %Y, %H:%M:%S} UTC"
    if start is None:
        shown = f"{day}, {until:%H:%M}"
    else:
        since = start.astimezone(zone)
        seen += f"; last seen unchanged {since:%-d %b %Y, %H:%M:%S} UTC"
        if since.date() != until.date():
            shown = f"between {since:%-d %b, %H:%M} and {day}, {until:%H:%M}"
        else:
            clock = "%H:%M:%S" if f"{since:%H%M}" == f"{until:%H%M}" else "%H:%M"
            shown = f"{day}, between {since:{clock}} and {until:{clock}}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', until.isoformat(), seen, shown
    )


@register.simple_tag
@lru_cache(maxsize=256)
def bars(filled: int, number: int) -> SafeString:
    """Draw a board of bars, 4 wide on a grid of 5, the first ones filled."""
    return format_html_join(
        "",
        '<rect class="{}" x="{}" y="0" width="4" height="10"/>',
        (("" if n < filled else "dim", 5 * n) for n in range(number)),
    )


SQUARE = {"x": "4.5", "y": "4.5", "width": "11", "height": "11", "rx": "2"}
MARKS = {  # by name: the shapes of a cell of a matrix, on a grid of 20
    "named": [("rect", "by-name", SQUARE)],
    "wildcard": [
        ("circle", "by-all", {"cx": "10", "cy": "10", "r": "5.5"}),
        ("circle", "by-all-dot", {"cx": "10", "cy": "10", "r": "2.2"}),
    ],
    "halted": [("path", "halt", {"d": "M5 5h10v10H5zM4 16 16 4"})],
    "no-effect": [("rect", "gone", SQUARE)],
    "denied": [("circle", "no", {"cx": "10", "cy": "10", "r": "1.3"})],
    "unknown": [
        ("path", "open", {"d": "M7 8a3 3 0 1 1 4.2 2.7c-.8.4-1.2 1-1.2 1.8"}),
        ("circle", "no", {"cx": "10", "cy": "15.2", "r": "1.1"}),
    ],
}


@register.simple_tag
@lru_cache(maxsize=32)
def mark(name: str, classes: str = "") -> SafeString:
    """Draw one mark of MARKS."""
    shapes = format_html_join(
        "",
        '<{} class="{}"{}/>',
        (
            (tag, look, format_html_join("", ' {}="{}"', place.items()))
            for tag, look, place in MARKS[name]
        ),
    )
    return format_html(
        '<svg{} viewBox="0 0 20 20" aria-hidden="true">{}</svg>',
        format_html(' class="{}"', classes) if classes else "",
        shapes,
    )


# Of one day in a strip: offset within 4.4, y, width, height.
STRIP_MARKS = {
    "ok": (0, 13, 3.2, 7),
    "warn": (0, 7, 3.2, 13),
    "bad": (0, 0, 3.2, 20),
    "off": (0.5, 14.5, 2.4, 5),
    "stale": (0.6, 7.6, 2, 11.8),
    "gap": (1, 17.5, 1.4, 1.4),
}


@register.simple_tag
@lru_cache(maxsize=512)
def strip_bars(marks: tuple[str, ...]) -> SafeString:
    """Draw one bar per mark on a grid of 4.4; most rows of a list look the same."""
    return format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>',
        (
            (mark, f"{4.4 * n + offset:.1f}", y, width, height)
            for n, mark in enumerate(marks)
            for offset, y, width, height in [STRIP_MARKS[mark]]
        ),
    )


@register.simple_tag
def matrix_cells(
    cells: Iterable[tuple[str, str, str, bool]], chosen: bool
) -> SafeString:
    """Write buttons of the access matrix: address, words, mark, is Tab's stop.

    A page has up to 1,850, so they are escaped and joined by hand: with
    format_html_join the whole page took 240 ms in place of 186.
    """
    states = {
        False: 'tabindex="-1" aria-pressed="false"',
        True: f'tabindex="0" aria-pressed="{"true" if chosen else "false"}"',
    }
    return mark_safe(
        "".join(
            f'<td><button class="cell" name="cell" value="{escape(address)}" '
            f'aria-label="{escape(words)}" {states[stop]}>{mark(look)}</button></td>'
            for address, words, look, stop in cells
        )
    )


@register.filter
def tokens(count: int | None) -> str:
    """Write a number of tokens or calls with separators."""
    return UNKNOWN if count is None else f"{count:,}"


@register.filter
def brief(count: int) -> str:
    """Write a number of tokens in a narrow column, such as 1M or 256k; rounded."""
    if count >= 999_950_000:
        return f"{round(count / 1_000_000_000, 2):g}B"
    if count < 10_000:
        return f"{count:,}"
    if count < 999_500:
        return f"{round(count / 1_000):,}k"
    return f"{round(count / 1_000_000, 1):g}M"


@register.filter
def tokens_told(count: int) -> str:
    """Write a sum of tokens that were told; of none it is not known how many were."""
    return brief(count) if count else "none told"


@register.filter
def visible(text: str) -> str:
    """Write a name from outside so that nothing in it hides or turns the line."""
    return escaped(text)


def _is_recent(moment: datetime) -> bool:
    return timezone.now() - moment < RELATIVE_UNTIL
