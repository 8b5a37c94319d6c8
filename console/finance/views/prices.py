"""The price page."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from console import vault
from console.accounts.acting import actor_of
from console.accounts.rules import rule
from console.audit import trail
from console.finance import price_list
from console.finance.forms import filters_of
from console.lib import export
from console.lib.htmx import render_page


@require_GET
@rule("prices.view")
def prices(request: HttpRequest) -> HttpResponseBase:
    """What each model costs now, as the teams this person sees are told."""
    filters = filters_of(request.GET.dict())
    found = price_list.price_list(
        user=request.user, filters=filters, now=timezone.now()
    )
    if format := export.format_of(request.GET.get("format", "")):
        return _export(request, found, format)

    context = {"filters": filters, "list": found}
    return render_page(request, "finance/prices.html", context, part="price-table")


def _export(
    request: HttpRequest, found: price_list.PriceList, format: export.Format
) -> HttpResponseBase:
    try:
        with transaction.atomic():
            trail.record(
                action="export.prices",
                actor=actor_of(request),
                object_kind="prices",
                detail={"format": format.value, "lines": len(found.rows)},
            )
    except vault.Sealed as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(reverse("finance:prices"), status=303)
    return export.file_response(
        price_list.records(found),
        fields=price_list.EXPORT_FIELDS,
        format=format,
        name="prices",
    )
