"""Options, bars, times: tags of templates for what stands on a page by hundreds.

By hand and not with a template: a list of 200 people took 8 ms, and the bars of a
month 15.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Protocol

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from console.lib.redact import escaped


class Bar(Protocol):
    """One part of one day of a chart."""

    @property
    def look(self) -> str: ...
    @property
    def x(self) -> str: ...
    @property
    def y(self) -> str: ...
    @property
    def width(self) -> str: ...
    @property
    def height(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def href(self) -> str: ...  # to the row behind it; empty: none
    @property
    def partial(self) -> bool: ...  # the day is not over


class Delta(Protocol):
    """How an amount stands to an earlier one."""

    @property
    def words(self) -> str: ...
    @property
    def icon(self) -> str: ...  # of the sprite; empty: no direction
    @property
    def more(self) -> str: ...  # the direction, for those who hear it


def options(choices: Iterable[tuple[str, str]], chosen: object = "") -> SafeString:
    """Write the options of a list from values and names, which may be from outside."""
    picked = str(chosen or "")
    return mark_safe(
        "".join(
            f'<option value="{escape(value)}"{" selected" if value == picked else ""}>'
            f"{escape(escaped(name))}</option>"
            for value, name in choices
        )
    )


def bar_marks(bars: Iterable[Bar]) -> SafeString:
    """Draw the bars of a chart, each with its words and the way to its row.

    Tab passes over them: there are many, and the same is in the rows.
    """
    return mark_safe("".join(map(_bar_mark, bars)))


def began(moment: datetime) -> SafeString:
    """Write a time element with the second; its title has the year."""
    local = moment.astimezone(timezone.get_current_timezone())
    day, clock = f"{local.day} {local:%b}", f"{local:%H:%M:%S}"
    return mark_safe(
        f'<time datetime="{local.isoformat()}" title="{day} {local.year}, {clock}">'
        f"{day}, {clock}</time>"
    )


def _bar_mark(bar: Bar) -> str:
    rect = (
        f'<rect class="{bar.look}{" partial" if bar.partial else ""}" x="{bar.x}" '
        f'y="{bar.y}" width="{bar.width}" height="{bar.height}">'
        f"<title>{escape(bar.words)}</title></rect>"
    )
    if not bar.href:
        return rect
    return f'<a href="{escape(bar.href)}" tabindex="-1">{rect}</a>'
