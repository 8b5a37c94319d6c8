"""The access matrix, the reason of each of its cells, and two keys side by side."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from console import vault
from console.accounts.acting import actor_of
from console.accounts.models import Team
from console.accounts.rules import rule
from console.audit import trail
from console.keys import comparison, matrix, matrix_keys
from console.keys.breadth import Breadth
from console.keys.forms.access import address_of, filters_of, uuid_of
from console.keys.forms.filters import WHOLE_KEY, clean_search
from console.keys.inventory import visible_teams
from console.keys.marks import Mark
from console.keys.models import ApiKey
from console.keys.shown import ShownState
from console.keys.views.answers import not_done, visible_key
from console.keys.why import why
from console.lib import export
from console.lib.htmx import render_page, wants_part

SIDES = {"left": "First key", "right": "Second key"}


@require_GET
@rule("keys.view")
def access(request: HttpRequest) -> HttpResponseBase:
    """The matrix; `?cell=` explains one cell, for htmx with the card alone."""
    teams = visible_teams(request.user)
    filters = filters_of(request.GET.dict(), teams=teams)
    if WHOLE_KEY.search(request.GET.get("q", "")):
        return HttpResponseRedirect(f"?{urlencode({'q': filters.search})}")
    if format := export.format_of(request.GET.get("format", "")):
        return _export(request, filters, format)

    now, address = timezone.now(), address_of(request.GET.get("cell", ""))
    context: dict[str, Any] = {"filters": filters, "why": None}
    if address:
        key = visible_key(request, address.key_id)
        context["why"] = why(key=key, address=address, now=now)
    part = "why" if _wants_card(request) else "access"
    if part == "access":
        found = matrix.matrix(
            user=request.user, filters=filters, now=now, chosen=address
        )
        context |= {"matrix": found, **_choices(teams), **_sides(request)}
    response = render_page(request, "keys/access.html", context, part=part)
    patch_vary_headers(response, ["HX-Target"])
    return response


@require_GET
@rule("keys.view")
def compare(request: HttpRequest) -> HttpResponse:
    """Two keys side by side; the pickers offer some keys and search in all."""
    sides = _sides(request)
    left, right = (side["key"] for side in sides["sides"])
    found = comparison.compare(left, right) if left and right else None
    context = {**sides, "left": left, "right": right, "comparison": found}
    return render_page(request, "keys/compare.html", context, part="compare")


def _wants_card(request: HttpRequest) -> bool:
    return wants_part(request) and request.headers.get("HX-Target") == "why"


def _choices(teams: list[Team]) -> dict[str, Any]:
    return {
        "teams": teams,
        "states": ShownState,
        "breadths": Breadth,
        "sorts": matrix_keys.SORT_NAMES,
        "sizes": matrix_keys.SIZES,
        "marks": Mark,
    }


def _sides(request: HttpRequest) -> dict[str, Any]:
    """Return what the two pickers show; a chosen key that is not visible is a 404."""
    return {"sides": [_side(request, name, title) for name, title in SIDES.items()]}


def _side(request: HttpRequest, name: str, title: str) -> dict[str, Any]:
    key_id = uuid_of(request.GET.get(name, ""))
    key: ApiKey | None = visible_key(request, key_id) if key_id else None
    search = clean_search(request.GET.get(f"find_{name}", ""))
    return {
        "name": name,
        "title": title,
        "key": key,
        "search": search,
        "options": comparison.options(
            user=request.user, search=search, chosen=key.pk if key else None
        ),
    }


def _export(
    request: HttpRequest, filters: matrix_keys.Filters, format: export.Format
) -> HttpResponseBase:
    try:
        with transaction.atomic():
            trail.record(
                action="access.exported",
                actor=actor_of(request),
                object_kind="keys",
                detail={"format": format.value, **filters.in_words()},
            )
    except vault.Sealed as refusal:
        return not_done(request, refusal)
    return export.file_response(
        matrix.records(user=request.user, filters=filters, now=timezone.now()),
        fields=matrix.EXPORT_FIELDS,
        format=format,
        name="access",
    )
