"""The inventory, and the page of one key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from console import vault
from console.accounts.acting import actor_of
from console.accounts.models import Team
from console.accounts.rules import rule
from console.audit import trail
from console.keys import findings, inventory, saved_views, words
from console.keys.dossier import dossier
from console.keys.forms.filters import WHOLE_KEY, filters_of, picked_of
from console.keys.forms.findings import assumption_form
from console.keys.leak import leak_of
from console.keys.narrowing import SIZES, Filters
from console.keys.selection import MOST
from console.keys.sorting import SORT_NAMES
from console.keys.views.answers import not_done, visible_key
from console.lib import export
from console.lib.htmx import render_page, wants_part


@require_GET
@rule("keys.view")
def key_list(request: HttpRequest) -> HttpResponseBase:
    """The key inventory; its filters live in the address and rule the files too."""
    teams = inventory.visible_teams(request.user)
    filters = filters_of(request.GET, teams=teams)
    if WHOLE_KEY.search(request.GET.get("q", "")):
        return HttpResponseRedirect(f"?{urlencode({'q': filters.search})}")
    if format := export.format_of(request.GET.get("format", "")):
        picked = picked_of(request.GET, teams=teams)
        return _export(request, picked or filters, format)
    if view := saved_views.chosen(request.user, request.GET.get("view", "")):
        return HttpResponseRedirect(f"?{view.query}")

    found = inventory.inventory(user=request.user, filters=filters, now=timezone.now())
    context = {"inventory": found, **_around(request, filters, teams)}
    return render_page(request, "keys/key_list.html", context, part="key-table")


@require_GET
@rule("keys.view")
def key_words(request: HttpRequest, kind: words.Kind) -> HttpResponse:
    """Owners or tags in use, as somebody types into a field."""
    start = request.GET.get(kind, "").replace("\0", "")
    found = words.in_use(kind, user=request.user, start=start)
    return render(request, "keys/_words.html", {"words": found})


@require_GET
@rule("keys.view")
def key_detail(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Everything known about one key; it refreshes itself, fast after "check now"."""
    key, now = visible_key(request, key_id), timezone.now()
    found, assume = dossier(key=key, now=now), assumption_form(request.GET.dict())
    context = {
        "dossier": found,
        "findings": findings.of_key(key, seen=found.seen, viewer=request.user, now=now),
        "leak": leak_of(
            key,
            seen=found.seen,
            prices=found.prices,
            viewer=request.user,
            assumption=assume.assumption,
        ),
        "assume": assume,
    }
    return render_page(request, "keys/key_detail.html", context, part="key-live")


def _around(
    request: HttpRequest, filters: Filters, teams: Sequence[Team]
) -> dict[str, Any]:
    """Return what stands around the table."""
    views = saved_views.views_of(request.user)
    return {
        "filters": filters,
        "teams": teams,
        "team": next((team for team in teams if team.pk == filters.team), None),
        "sorts": SORT_NAMES,
        "sizes": SIZES,
        "most": MOST,
        "views": views,
        "view": next((view for view in views if view.query == filters.query), None),
        "alone": wants_part(request),
    }


def _export(
    request: HttpRequest, filters: Filters, format: export.Format
) -> HttpResponseBase:
    try:
        with transaction.atomic():
            trail.record(
                action="keys.exported",
                actor=actor_of(request),
                object_kind="keys",
                detail={"format": format.value, **filters.in_words()},
            )
    except vault.Sealed as refusal:
        return not_done(request, refusal)
    return export.file_response(
        inventory.records(user=request.user, filters=filters, now=timezone.now()),
        fields=inventory.EXPORT_FIELDS,
        format=format,
        name="keys",
    )
