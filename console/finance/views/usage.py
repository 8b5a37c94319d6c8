"""The pages of sums below /usage/."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from console.accounts.acting import person_of
from console.accounts.rules import rule
from console.finance.usage import saved_views
from console.finance.usage.files import FIELDS, records
from console.finance.usage.forms import Filters, ZoneForm, filters_of
from console.finance.usage.page import usage_page
from console.finance.views.answers import back, file_of
from console.lib import export
from console.lib.htmx import render_page
from console.usage.zones import keep_zone, zone_names, zone_of


@require_GET
@rule("usage.view")
def usage(request: HttpRequest) -> HttpResponseBase:
    """What calls cost: of all teams, or for staff the totals of their own."""
    return _answer(request, own=False)


@require_GET
@rule("usage.view")
def mine(request: HttpRequest) -> HttpResponseBase:
    """What the viewer's own calls cost."""
    return _answer(request, own=True)


@require_http_methods(["GET", "HEAD", "POST"])
@rule("usage.view")
def zone(request: HttpRequest) -> HttpResponse:
    """Choose in which zone's days one's sums are."""
    user = person_of(request)
    form = ZoneForm(request.POST or None, initial={"zone": zone_of(user).name})
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["zone"]
        keep_zone(user=user, name=name)
        messages.success(request, f"You see the days of {name} from now on.")
        return back(request, "usage:usage")
    context = {
        "form": form,
        "zones": zone_names(),
        "back": request.POST.get("back", request.GET.get("back", "")),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "finance/usage_zone.html", context, status=status)


def _file(
    request: HttpRequest, filters: Filters, format: export.Format, *, own: bool
) -> HttpResponseBase:
    now = timezone.now()
    lines = list(records(user=person_of(request), filters=filters, own=own, now=now))
    return file_of(
        request, lines, fields=FIELDS, format=format,
        name="usage", file=f"usage-by-{filters.tab}",
        about={"object_kind": "usage"},
        detail={"lines": len(lines), "own": own, "asked": filters.link()},
    )  # fmt: skip


def _answer(request: HttpRequest, *, own: bool) -> HttpResponseBase:
    user, now = person_of(request), timezone.now()
    filters = filters_of(request.GET.dict(), viewer=user, own=own)
    if format := export.format_of(request.GET.get("format", "")):
        return _file(request, filters, format, own=own)
    page = usage_page(user=user, filters=filters, own=own, now=now)
    shown = f"{request.path}{filters.link()}"
    context = {
        "page": page,
        "filters": filters,
        "back": shown,
        "views": saved_views.views_of(user),
    }
    return render_page(request, "finance/usage.html", context, part="usage")
