"""What differs between teams, and two teams side by side."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from console.accounts.rules import rule
from console.finance.differences import files, overview, pairs
from console.finance.model_forms import clean, uuid_of
from console.finance.views.answers import file_of
from console.lib import export
from console.lib.htmx import render_page


@require_GET
@rule("prices.view")
def differences(request: HttpRequest) -> HttpResponseBase:
    """Models and prices that differ between teams; `?a=` and `?b=` compare two."""
    search = clean(request.GET.get("q", ""))
    a, b = (_side(request, request.GET.get(name, "")) for name in ("a", "b"))
    found: pairs.Pair | None = None
    if a.team and b.team and a.team != b.team:
        found = pairs.pair(user=request.user, a=a.team, b=b.team)
    if format := export.format_of(request.GET.get("format", "")):
        return _export(request, found, search, format)

    context: dict[str, Any] = {"search": search, "a": a, "b": b, "pair": found}
    context["offered"] = pairs.names(user=request.user, search="")
    context["sides"] = (("a", "First team", a), ("b", "Second team", b))
    if found is None:
        context["overview"] = overview.overview(user=request.user, search=search)
    return render_page(request, "finance/differences.html", context, part="differences")


@require_GET
@rule("prices.view")
def team_names(request: HttpRequest) -> HttpResponse:
    """Some names for the fields of the two teams, as one types."""
    text = clean(request.GET.get("a", "") or request.GET.get("b", ""))
    offered = pairs.names(user=request.user, search=text)
    return render(request, "finance/_team_names.html", {"offered": offered})


def _side(request: HttpRequest, text: str) -> pairs.Side:
    asked = clean(text)
    return pairs.side(user=request.user, team=uuid_of(asked), text=asked)


def _export(
    request: HttpRequest, pair: pairs.Pair | None, search: str, format: export.Format
) -> HttpResponseBase:
    if pair is not None:
        detail = {"a": pair.a.name, "b": pair.b.name}
        records, fields = pairs.records(pair), pairs.EXPORT_FIELDS
    else:
        detail = {"search": search} if search else {}
        every = overview.overview(user=request.user, search=search, most=10_000)
        records, fields = files.records(every), files.EXPORT_FIELDS
    return file_of(
        request,
        records,
        fields=fields,
        format=format,
        name="price_differences",
        file="price-differences",
        detail=detail,
    )
