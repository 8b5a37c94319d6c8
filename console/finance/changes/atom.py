"""The feed of changes for a feed reader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from console.accounts.models import User
from console.alerts.catalog_wording import in_words
from console.catalog.models import CatalogChange
from console.finance.changes.doubts import Doubt
from console.finance.changes.rows import ChangeRow, rows_of
from console.lib.dollars import signed_usd

ENTRIES: Final = 50


def atom_of(
    *, user: User, page: str, address: str, model_page: Callable[[UUID], str]
) -> tuple[str, datetime | None]:
    """Return the newest changes that this person may see as Atom, and its time.

    `page` is the address of the feed's page, and the feed's id. `address` is the
    feed's own, with its token: whoever has the document came by it.
    """
    newest = CatalogChange.objects.visible_to(user).select_related("model")
    changes = list(newest.defer("model__raw", "model__capabilities")[:ENTRIES])
    feed = Atom1Feed(
        title="Changes of xAI's prices and models",
        link=page,
        feed_url=address,
        author_name="Gatehouse",
        description="As the keys of your teams are told, by Gatehouse.",
        language="en",
    )
    rows = rows_of(changes, user=user)
    for row in rows:
        feed.add_item(
            title=row.title,
            link=model_page(row.change.model_id),
            description=_text(row),
            unique_id=f"urn:uuid:{row.change.pk}",
            pubdate=row.seen_at,
            updateddate=_updated(row),
            categories=[row.change.get_kind_display()],
        )
    updated = max(map(_updated, rows), default=None)
    return feed.writeString("utf-8"), updated


def _updated(row: ChangeRow) -> datetime:
    """Return when the newest team was told it, or a person confirmed its price."""
    confirmed = row.doubt.confirmed_at if row.doubt else None
    return max(row.last_seen_at, confirmed or row.last_seen_at)


def _text(row: ChangeRow) -> str:
    """Return the lines as HTML, which a feed reader expects of a summary."""
    return "".join(f"<p>{escape(line)}</p>" for line in _lines(row))


def _lines(row: ChangeRow) -> list[str]:
    since = row.unchanged_at
    interval = f"Seen by {_time(row.seen_at)}" + (
        f", last seen unchanged {_time(since)}." if since else "."
    )
    more = row.team_count - len(row.teams)
    teams = ", ".join(row.teams) + (f" and {more} more" if more else "")
    lines = [in_words(row.change), interval, f"Told to {teams}."]
    effect = row.effect
    if effect is not None and effect.ticks is not None and effect.calls:
        lines.append(
            f"At the use of the 30 days before: {signed_usd(effect.ticks)} per month. "
            "Booked costs do not change."
        )
    if row.doubt is not None:
        lines.append(_doubted(row.doubt))
    return lines


def _doubted(doubt: Doubt) -> str:
    if doubt.is_past:
        return "Not plausible and never confirmed; no cost was computed with it."
    if doubt.unsure or doubt.confirmed_at is None:
        return "Not plausible; no cost is computed with it until confirmed."
    by = f" by {doubt.confirmed_by}" if doubt.confirmed_by else ""
    return f"Not plausible when it was told; confirmed {_time(doubt.confirmed_at)}{by}."


def _time(moment: datetime) -> str:
    return f"{moment:%-d %b %Y, %H:%M} UTC"
