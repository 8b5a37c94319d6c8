"""The page of one model."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_GET

from console.accounts.acting import person_of
from console.accounts.rules import rule
from console.finance.model_forms import choice_of, reporting_zone
from console.finance.one_model import page
from console.finance.one_model.drawings import Span
from console.finance.views.answers import file_of
from console.lib import export
from console.lib.htmx import render_page


@require_GET
@rule("prices.view")
def model(request: HttpRequest, model: UUID) -> HttpResponseBase:
    """One model: its prices over time, what it is and was, and who may call it."""
    choice = choice_of(request.GET.dict())
    told = page.told(user=request.user, model=model, choice=choice)
    if told is None:
        raise Http404
    if format := export.format_of(request.GET.get("format", "")):
        return _export(request, told, format)

    found = page.model_page(
        told,
        user=request.user,
        choice=choice,
        now=timezone.now(),
        zone=reporting_zone(),
    )
    context = {
        "page": found,
        "told": told,
        "choice": choice,
        "spans": list(Span),
        "back": request.get_full_path(),
    }
    return render_page(request, "finance/model.html", context, part="model-prices")


def _export(
    request: HttpRequest, told: page.Told, format: export.Format
) -> HttpResponseBase:
    return file_of(
        request,
        page.records(told, names=person_of(request).sees_all_teams),
        fields=page.EXPORT_FIELDS,
        format=format,
        name="model_prices",
        file="model-prices",
        about={
            "object_kind": "model",
            "object_id": str(told.model.pk),
            "object_name": told.model.model_id,
            "team_id": told.team.id,
        },
        detail={"lines": len(told.versions)},
    )
