"""Options, bars, times: tags of templates for what stands on a page by hundreds.

By hand and not with a template: a list of 200 people took 8 ms, and the bars of a
month 15. Whatever is put between the marks is escaped here, also what is our own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import NamedTuple, Protocol

from django.utils import timezone
from django.utils.html import format_html
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


class Cell(NamedTuple):
    """A figure in a row of a table."""

    label: str  # of its column, where there are none; empty: it is left out there
    text: str
    title: str = ""
    href: str = ""
    look: str = ""  # classes beside "num"
    bold: bool = False


class Source(Protocol):
    """Where an amount comes from."""

    @property
    def kind(self) -> str: ...
    @property
    def icon(self) -> str: ...  # of the sprite
    @property
    def words(self) -> str: ...
    @property
    def title(self) -> str: ...  # empty: none


class Delta(Protocol):
    """How an amount stands to an earlier one."""

    @property
    def words(self) -> str: ...
    @property
    def icon(self) -> str: ...  # of the sprite; empty: no direction
    @property
    def more(self) -> str: ...  # the direction, for those who hear it


@lru_cache(maxsize=512)
def icon(name: str, size: str = "") -> SafeString:
    """Draw one icon of the sprite; size "s", "l", "inline", or none for 16 px."""
    classes = f"i {size}" if size else "i"
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="#i-{}"/></svg>', classes, name
    )


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


def delta(one: Delta) -> SafeString:
    """Write how an amount stands to an earlier one; tables have a column of them."""
    return format_html(
        '<span class="delta">{}{}{}</span>',
        icon(one.icon) if one.icon else "",
        one.words,
        format_html('<span class="vh"> {}</span>', one.more) if one.more else "",
    )


def source(one: Source) -> SafeString:
    """Write how far an amount can be trusted."""
    title = f' title="{escape(one.title)}"' if one.title else ""
    return mark_safe(
        f'<span class="src" data-src="{escape(one.kind)}"{title}>{icon(one.icon)}'
        f"{escape(one.words)}</span>"
    )


def cells(row: Iterable[Cell]) -> SafeString:
    """Write the figures of a row."""
    return mark_safe("".join(map(_cell, row)))


def lines(
    label: str, look: str, first: str, second: str, aside: str = ""
) -> SafeString:
    """Write a cell of two lines, which may be from outside.

    `aside` stands there, too, where its own column is left out.
    """
    told = (
        f'<span class="l1">{escape(escaped(first))}</span>'
        f'<span class="l2">{escape(escaped(second))}</span>'
    )
    if aside:
        told += f'<span class="l2 if-p2">{escape(escaped(aside))}</span>'
    classes = f' class="{escape(look)}"' if look else ""
    return mark_safe(
        f'<td{classes} data-label="{escape(label)}"><div>{told}</div></td>'
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


def _cell(cell: Cell) -> str:
    text, title = escape(cell.text), ""
    if cell.title:
        title = f' title="{escape(cell.title)}"'
    if cell.href:
        text, title = f'<a href="{escape(cell.href)}"{title}>{text}</a>', ""
    if cell.bold:
        text = f"<b>{text}</b>"
    label = f' data-label="{escape(cell.label)}"' if cell.label else ""
    look = f"num{'' if cell.label else ' hide-s'}{' ' if cell.look else ''}{cell.look}"
    return f'<td class="{escape(look)}"{label}{title}>{text}</td>'


def _bar_mark(bar: Bar) -> str:
    rect = (
        f'<rect class="{escape(bar.look)}{" partial" if bar.partial else ""}" '
        f'x="{escape(bar.x)}" y="{escape(bar.y)}" width="{escape(bar.width)}" '
        f'height="{escape(bar.height)}">'
        f"<title>{escape(bar.words)}</title></rect>"
    )
    if not bar.href:
        return rect
    return f'<a href="{escape(bar.href)}" tabindex="-1">{rect}</a>'
