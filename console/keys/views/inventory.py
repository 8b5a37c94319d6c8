"""The inventory, and the page of one key."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET

from console import vault
from console.accounts.acting import actor_of
from console.accounts.rules import rule
from console.audit import trail
from console.keys import inventory, saved_views
from console.keys.dossier import dossier
from console.keys.forms.filters import WHOLE_KEY, filters_of, ticked
from console.keys.narrowing import SIZES, Filters
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
        return _export(request, filters, format)
    if view := saved_views.chosen(request.user, request.GET.get("view", "")):
        return HttpResponseRedirect(f"?{view.query}")

    context = {
        "filters": filters,
        "inventory": inventory.inventory(
            user=request.user, filters=filters, now=timezone.now()
        ),
        "teams": teams,
        **_frame(request, filters),
    }
    return render_page(request, "keys/key_list.html", context, part="key-table")
